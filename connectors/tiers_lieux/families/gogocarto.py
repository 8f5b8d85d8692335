"""GoGoCarto: ``/api/elements.json`` or ``.jsonld``, the whole map in one answer without paging or total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.core.errors import Defect, Fatal
from connectors.core.formats import read_json_items
from connectors.core.http import Response
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "gogocarto.yml"
ENABLED = True
TABULAR = False
_HEAD = 2048
_WITHDRAWN_SENT = re.compile(rb'"status"\s*:\s*"?-(?:[2-9]|\d{2,})')
_WAITING = {-1, 0}
"""``status`` of elements that were proposed or changed and not yet moderated; the public list holds them."""


_COMPACT = ("id", "name", "latitude", "longitude", "categories", "status", "moderation")
_COMPACT_LEAST = 4


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one answer; a wrong token comes as 200 with a sentence, and is an error here."""

    def check(response: Response) -> None:
        require_json(response)
        if withdrawn := len(_WITHDRAWN_SENT.findall(response.body)):
            context.notes[f"withdrawn_left_out.{instance.id}"] = withdrawn

    yield from one_document(instance, context, media_type="application/json", extension="json", check=check)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Elements under ``data`` (a list, or one object), under ``@graph`` (JSON-LD), or as a bare list.

    Elements of the compact form come out as those of the full form, without what they do not hold. Those that
    the map's owner has refused or deleted, or that double others (status below -1), count as absent.
    """
    for number, sent in _elements(part.path):
        if not isinstance(sent, list | dict):
            yield not_an_object(f"item {number}", sent, "element")
            continue
        element, defects = _from_compact(sent) if isinstance(sent, list) else (_with_id(sent), ())
        if _is_withdrawn(status := _status(element)):
            continue
        doubts = ("non_modere",) if status in _WAITING else ()
        yield Item(f"item {number}", element, defects, doubts)


def _status(element: dict[str, Any]) -> int | None:
    try:
        return int(str(element.get("status")))
    except ValueError:
        return None


def _is_withdrawn(status: int | None) -> bool:
    return status is not None and status < min(_WAITING)


def _with_id(element: dict[str, Any]) -> dict[str, Any]:
    """The element with its id, which JSON-LD may hold as the end of an address only."""
    if "id" in element or not isinstance(element.get("@id"), str):
        return element
    return {**element, "id": element["@id"].rstrip("/").rpartition("/")[2].removesuffix(".jsonld")}


def _from_compact(values: list[Any]) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """``[id, name, latitude, longitude, [categories], status, moderation]``; the last three may be missing.

    Of 2018 the name is a text, later a list that begins with it; what follows it there has no name of its own.
    """
    if len(values) < _COMPACT_LEAST or len(values) > len(_COMPACT):
        message = f"a compact element has {_COMPACT_LEAST} to {len(_COMPACT)} values, this one {len(values)}"
        return {"id": values[0] if values else None}, (Defect("record", str(values)[:200], "compact_shape", message),)
    given = dict(zip(_COMPACT, values, strict=False))
    element: dict[str, Any] = {name: given[name] for name in ("id", "name", "categories", "status") if name in given}
    element["geo"] = {"latitude": given["latitude"], "longitude": given["longitude"]}
    if isinstance(given["name"], list):
        element["name"] = given["name"][0] if given["name"] else None
        element |= {f"compact_{number}": text for number, text in enumerate(given["name"][1:], 1)}
    return element, ()


def _elements(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open("rb") as stream:
        head = stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        yield from read_json_items(path, "item")
        return
    keys = ("@graph", "data") if b'"@graph"' in head else ("data", "@graph")
    missing: Fatal | None = None
    for key in keys:
        try:
            yield from read_json_items(path, f"{key}.item")
        except Fatal as error:
            if error.rule != "json_prefix_missing":
                raise
            missing = missing or error
        else:
            return
    yield from _one_element(path, keys, missing)


def _one_element(path: Path, keys: tuple[str, ...], missing: Fatal | None) -> Iterator[tuple[int, Any]]:
    """A single object instead of a list: under one of ``keys``, or (JSON-LD) the whole answer."""
    for key in keys:
        one = list(read_json_items(path, key))
        if any(value is not None for _, value in one):
            yield from one
            return
    whole = list(read_json_items(path, ""))
    if not any(isinstance(value, dict) and "@id" in value for _, value in whole) and missing:
        raise missing
    yield from whole
