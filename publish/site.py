"""The page of a release: one HTML file that opens without network, in French, Italian and English."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection

from publish.formats import PublishedFile, describe
from publish.site_data import collect

TEMPLATES = Path(__file__).resolve().parent / "templates"


def write_site(connection: Connection, release_id: str, schema: str, folder: Path) -> list[PublishedFile]:
    """Write ``index.html``, which shows a release and leads to its files.

    Args:
        connection: reads the release; one snapshot for the whole page.
        schema: schema of the release's tables.
        folder: where the release's files lie; the page links to those that exist.
    """
    path = folder / "index.html"
    path.write_text(render(collect(connection, release_id, schema, folder)), encoding="utf-8")
    return [describe("", "html", path, None)]


def strings() -> dict[str, dict[str, str]]:
    """Texts of the page: key → language → text."""
    texts: dict[str, dict[str, str]] = yaml.safe_load((TEMPLATES / "strings.yml").read_text(encoding="utf-8"))
    return texts


def render(data: dict[str, Any]) -> str:
    """The page for ``data`` (see ``publish.site_data.collect``); every text from a source is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "site.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "site.js").read_text(encoding="utf-8")
    texts = strings()
    return environment.get_template("index.html.j2").render(
        data=data,
        t=texts,
        style=style,
        script=script,
        embedded=json_for_html({"data": data, "strings": texts}),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def json_for_html(value: Any) -> str:
    """JSON that can stand inside a ``script`` element: no character in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _hash(text: str) -> str:
    """Source expression of the Content Security Policy that allows exactly this inline text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
