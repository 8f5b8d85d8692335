"""The page of a release: one HTML file that opens without network, in French, Italian and English."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection

from publish.formats import PublishedFile, describe
from publish.site_data import collect
from publish.site_text import TEMPLATES, csp_hash, json_for_html, strings

SCRIPTS = ("base", "charts", "sections", "view", "markers", "map", "page")


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


def render(data: dict[str, Any]) -> str:
    """The page for ``data`` (see ``publish.site_data.collect``).

    Every text from a source is escaped by the template or reaches the page as JSON and then as text content. The
    content policy allows our own style and script by their hashes and nothing else: no request ever leaves the page.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    script = _script()
    texts = strings()
    return environment.get_template("index.html.j2").render(
        data=data,
        t=texts,
        style=style,
        script=script,
        embedded=json_for_html({"data": data, "strings": texts}),
        style_hash=csp_hash(style),
        script_hash=csp_hash(script),
    )


def _script() -> str:
    """The scripts as one: modules do not load from ``file://``."""
    parts = [(TEMPLATES / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return '(() => {\n"use strict";\n' + "".join(parts) + "})();\n"
