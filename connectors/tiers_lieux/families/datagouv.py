"""data.gouv.fr: files of a dataset (also several, joined on a key), or a table through the tabular interface."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.core.errors import BadConfig, Defect, Fatal
from connectors.core.formats import load_json
from connectors.core.http import Response
from connectors.core.paginate import Page, PageNumber, json_facts, walk
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import (
    Item,
    get_part,
    not_an_object,
    part_meta,
    part_name,
    require_json,
    web_url,
)
from connectors.tiers_lieux.families.tables import csv_items, require_table
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "datagouv.yml"
ENABLED = True
TABULAR = True
KEY = "ID_UNIQUE"
TABULAR_PAGE = 200
_OWN_COLUMN = "__id"
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "md5": hashlib.md5}
"""Checksums the catalogue uses; they find a damaged transfer, they are no protection."""
_LIMIT_TOLD = re.compile(r"page[_ ]size\D{0,80}?(\d{1,4})", re.IGNORECASE)


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """``options.main`` (and ``options.join``): files of the dataset at ``url``; else a table of the tabular API.

    A selector is ``{id: …}`` or ``{title: regular expression}`` and must find exactly one resource. Files
    are taken from their permanent address (``latest``), because the other one changes with each update.

    Raises:
        Fatal: no or several resources (``resource_missing``, ``resource_ambiguous``), or a file that does
            not match the catalogue's checksum.
    """
    if instance.options.get("main"):
        yield from _files(instance, context)
    else:
        yield from _table(instance, context)


def _files(instance: Instance, context: FetchContext) -> Iterator[Part]:
    response = context.http.get(web_url(instance), expect=("application/json",))
    require_json(response)
    answer = load_json(response.body)
    told = answer.get("resources") if isinstance(answer, dict) else None
    if not isinstance(told, list):
        raise Fatal("the answer has no resources; is it a dataset?", where=response.url, rule="unexpected_shape")
    resources = [resource for resource in told if isinstance(resource, dict)]
    yield Part(
        f"{instance.id}.catalogue.json", response.body, "application/json", response.url, response.status,
        response.headers, part_meta(instance, role="no_records"),
    )  # fmt: skip
    joined = list(instance.options.get("join") or [])
    for number, selector in enumerate(joined, start=2):
        yield _file(instance, context, _choose(instance, resources, selector), number, {"role": "no_records"})
    names = [part_name(instance, number, "csv") for number in range(2, len(joined) + 2)]
    main = _choose(instance, resources, instance.options["main"])
    yield _file(instance, context, main, 1, {"join": names})


def _choose(instance: Instance, resources: list[dict[str, Any]], selector: Mapping[str, Any]) -> dict[str, Any]:
    if selector.get("id"):
        found = [r for r in resources if r.get("id") == selector["id"]]
    elif selector.get("title"):
        found = [r for r in resources if re.search(str(selector["title"]), str(r.get("title", "")), re.IGNORECASE)]
    else:
        raise BadConfig("a selector needs id or title", where=instance.id, rule="datagouv")
    if len(found) != 1:
        rule = "resource_ambiguous" if found else "resource_missing"
        titles = ", ".join(str(r.get("title")) for r in (found or resources))[:300]
        raise Fatal(f"{dict(selector)} finds {len(found)} resources, among: {titles}", where=instance.id, rule=rule)
    return found[0]


def _file(
    instance: Instance, context: FetchContext, resource: dict[str, Any], number: int, meta: Mapping[str, Any]
) -> Part:
    def check(response: Response) -> None:
        require_table(response)
        if resource.get("filetype") == "file":
            _check_sum(response, resource.get("checksum"))

    url = resource.get("latest") or resource.get("url")
    return get_part(
        instance, context, media_type="text/csv", extension="csv", number=number, url=str(url), params={},
        check=check, meta={**meta, "resource": str(resource.get("id", ""))},
    )  # fmt: skip


def _check_sum(response: Response, checksum: Any) -> None:
    """Compare with the catalogue; only files it stores itself have a checksum that must match."""
    told = checksum if isinstance(checksum, Mapping) else {}
    algorithm, expected = _HASHES.get(str(told.get("type", "")).lower()), str(told.get("value", "")).lower()
    if algorithm and expected and algorithm(response.body, usedforsecurity=False).hexdigest() != expected:
        raise Fatal("the file does not match the catalogue's checksum", where=response.url, rule="checksum")


def _table(instance: Instance, context: FetchContext) -> Iterator[Part]:
    size = int(instance.options.get("page_size", TABULAR_PAGE))
    try:
        pages = list(_table_pages(instance, context, size))
    except Fatal as error:
        told = _LIMIT_TOLD.search(error.message)
        if error.rule != "http_400" or told is None or not 0 < int(told[1]) < size:
            raise
        pages = list(_table_pages(instance, context, int(told[1])))
    for page in pages:
        yield Part(
            part_name(instance, page.number, "json"), page.response.body, "application/json", page.url,
            page.response.status, page.response.headers, part_meta(instance, page=page.number),
        )  # fmt: skip


def _table_pages(instance: Instance, context: FetchContext, size: int) -> Iterator[Page]:
    return walk(
        context.http, web_url(instance), PageNumber("page", "page_size", size),
        json_facts("data", total="meta.total", key=_OWN_COLUMN),
        params=instance.params, expect=("application/json",),
        notes=context.notes.setdefault(f"listing.{instance.id}", {}),
    )  # fmt: skip


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Rows of the main file with the columns of the joined ones, or rows of one page of the table."""
    if part.name.endswith(".json"):
        for number, row in enumerate(load_json(part.path.read_bytes())["data"], start=1):
            if not isinstance(row, dict):
                yield not_an_object(f"item {number}", row, "row")
                continue
            place = f"row {row.get(_OWN_COLUMN, number)}"
            yield Item(place, {name: value for name, value in row.items() if name != _OWN_COLUMN})
        return
    key = str(instance.options.get("key", KEY))
    selectors = list(instance.options.get("join") or [])
    tables = [
        _joined(instance, part, str(name), selector, key)
        for name, selector in zip(part.meta.get("join", []), selectors, strict=True)
    ]
    seen: set[str] = set()
    for item in csv_items(instance, part.path):
        seen.add(str(item.data.get(key, "")).strip())
        yield _with_joined(item, tables, key)
    for table in tables:
        yield from _orphans(table, seen, key)


@dataclass(frozen=True)
class _Joined:
    """A joined file: the columns it brings, its rows by key, and whether rows without a main row are refused."""

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, list[Item]]
    orphans: bool


def _joined(instance: Instance, part: LandedPart, name: str, selector: Mapping[str, Any], key: str) -> _Joined:
    """A file landed beside the main one; only ``columns`` of the selector where it names some."""
    path = part.path.parent / name
    if not path.is_file():
        raise Fatal(f"'{name}' is not beside it", where=part.name, rule="part_missing")
    wanted = selector.get("columns")
    columns: tuple[str, ...] = ()
    rows: dict[str, list[Item]] = {}
    for item in csv_items(instance, path):
        if key not in item.data:
            raise Fatal(f"has no column {key}", where=name, rule="layout")
        columns = columns or tuple(n for n in item.data if n != key and (wanted is None or n in wanted))
        rows.setdefault(str(item.data[key]).strip(), []).append(item)
    return _Joined(name, columns, rows, selector.get("orphans") != "ignore")


def _with_joined(item: Item, tables: list[_Joined], key: str) -> Item:
    data, defects = dict(item.data), item.defects
    for table in tables:
        rows = table.rows.get(str(item.data.get(key, "")).strip(), [])
        if len(rows) > 1:
            defects += (Defect(key, str(item.data.get(key)), "join_ambiguous", "several rows of a joined file"),)
        defects += tuple(defect for row in rows for defect in row.defects)
        for name in table.columns:
            data.setdefault(name, rows[0].data.get(name, "") if rows else "")
    return Item(item.position, data, defects, item.doubts)


def _orphans(table: _Joined, seen: set[str], key: str) -> Iterator[Item]:
    """Rows of a joined file whose key the main file does not have: nothing is lost without a word."""
    if not table.orphans:
        return
    for value, rows in table.rows.items():
        if value in seen:
            continue
        message = "this row of a joined file has no row in the main file"
        for row in rows:
            defect = Defect(key, value, "join_orphan", message)
            yield Item(f"{table.name}, {row.position}", {**row.data, key: value}, (defect, *row.defects))
