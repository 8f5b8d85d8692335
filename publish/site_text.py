"""Texts of the page in the three languages, and safe ways to put data into it."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = Path(__file__).resolve().parent / "templates"


@cache
def strings() -> dict[str, dict[str, str]]:
    """Texts of the page: key → language → text."""
    texts: dict[str, dict[str, str]] = yaml.safe_load((TEMPLATES / "strings.yml").read_text(encoding="utf-8"))
    return texts


def json_for_html(value: Any) -> str:
    """JSON that can stand inside a ``script`` element: nothing in it can end the element or open a comment."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written


def csp_hash(inline: str) -> str:
    """Source expression of a Content Security Policy that allows exactly this inline text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
