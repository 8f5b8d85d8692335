"""GoGoCarto: ``/api/elements.json``, the whole map in one answer without paging or total."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.core.errors import Fatal
from connectors.core.formats import read_json_items
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "gogocarto.yml"
ENABLED = True
TABULAR = False
_HEAD = 2048
_WAITING = {-1, 0}
"""``status`` of elements that were proposed or changed and not yet moderated; the public list holds them."""


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one answer; a wrong token comes as 200 with a sentence, and is an error here."""
    yield from one_document(instance, context, media_type="application/json", extension="json", check=require_json)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Elements of the ``gogofull`` form, under ``data`` (a list, or one object) or as a bare list.

    Raises:
        Fatal: ``jsonld`` and ``compact``, forms whose fields are other ones.
    """
    for number, element in _elements(part.path):
        if isinstance(element, list):
            raise Fatal(
                "elements come in the compact form, whose positions differ between versions; "
                "ask without ontology=gogocompact", where=part.name, rule="compact",
            )  # fmt: skip
        if not isinstance(element, dict):
            raise Fatal(f"element {number} is no object", where=part.name, rule="unexpected_shape")
        doubts = ("non_modere",) if element.get("status") in _WAITING else ()
        yield Item(f"item {number}", element, doubts=doubts)


def _elements(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open("rb") as stream:
        head = stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        yield from read_json_items(path, "item")
        return
    if b'"@graph"' in head:
        raise Fatal("the answer is JSON-LD; ask for elements.json", where=path.name, rule="jsonld")
    try:
        yield from read_json_items(path, "data.item")
    except Fatal as error:
        if error.rule != "json_prefix_missing":
            raise
        one = list(read_json_items(path, "data"))
        if not one:
            raise
        yield from one
