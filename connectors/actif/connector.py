"""ACTIF: flows through the tool's listing (default), its exports, or files that a chamber drops."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.actif.coordinates import derive
from connectors.actif.layouts import Layout, choose, load_layouts, nearest
from connectors.actif.tables import read_csv_flows, read_xlsx_flows
from connectors.core.blocks import UnreadBlock
from connectors.core.errors import BadConfig, Defect, Fatal, Retriable
from connectors.core.formats import read_json_items
from connectors.core.formats_mojibake import repair_fields
from connectors.core.paginate import PageNumber, full_url, json_facts, walk
from connectors.core.parts import response_part
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream
from schemas.sources.base import fold

_JSON = ("application/json",)
_CSV = ("text/csv", "text/plain", "application/csv", "application/vnd.ms-excel", "application/octet-stream")
_XLSX = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream")
_DROPPED = {".csv": "text/csv", ".xlsx": _XLSX[0]}
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
_CHUNK = 1 << 20
_Options = Mapping[str, Any]


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Yield the parts of one complete listing by the route that ``options.route`` names.

    Routes: ``api`` (one part a page), ``export_csv``, ``export_xlsx`` (one part), ``folder`` (one part a file).

    Raises:
        BadConfig: the route is unknown, or a setting that it needs is missing.
        Fatal, Retriable: as ``walk`` and ``HttpClient.get``; a folder without files is ``Retriable``.
    """
    options = {**stream.options, **context.source.options}
    routes: dict[str, Callable[[_Options, FetchContext], Iterator[Part]]] = {
        "api": _fetch_api,
        "export_csv": lambda o, c: _fetch_export(str(o["csv_path"]), "export.csv", _CSV, c),
        "export_xlsx": lambda o, c: _fetch_export(str(o["xlsx_path"]), "export.xlsx", _XLSX, c),
        "folder": _fetch_folder,
    }
    route = str(options.get("route", "api"))
    if route not in routes:
        raise BadConfig(f"route '{route}' is none of {', '.join(routes)}", source="actif", rule="route")
    if route != "folder" and not context.source.base_url:
        raise BadConfig("ACTIF has no public address: set base_url and hosts", source="actif", rule="base_url")
    yield from routes[route](options, context)


def _fetch_api(options: _Options, context: FetchContext) -> Iterator[Part]:
    items = str(options["items_key"])
    pager = PageNumber(
        param=str(options["page_param"]), size_param=str(options["size_param"]), size=int(options["page_size"])
    )
    pages: dict[str, Any] = {}
    for page in walk(
        context.http, str(options["api_path"]), pager,
        json_facts(items, total=str(options["total_key"]), key="id_flux"),
        expect=_JSON, validators=context.validators, known=(context.since or {}).get("pages"), notes=context.notes,
    ):  # fmt: skip
        pages[page.url] = page.facts.as_dict()
        yield response_part(
            page.response, f"page-{page.number:05d}.json", url=page.url, validators=context.validators,
            meta={"page": page.number, "items": items},
        )  # fmt: skip
    # What each page held, so that the next run can count a page that answers "not modified".
    context.notes["cursor"] = {"pages": pages}


def _fetch_export(path: str, name: str, expect: tuple[str, ...], context: FetchContext) -> Iterator[Part]:
    url = full_url(context.http, path)
    response = context.http.get(url, validators=context.validators.get(url), expect=expect, in_file=True)
    yield response_part(response, name, url=url, validators=context.validators)


def _fetch_folder(options: _Options, context: FetchContext) -> Iterator[Part]:
    """Every file of the inbox, in the order of their names; together they are the whole listing."""
    if not options.get("inbox"):
        raise BadConfig("route 'folder' needs options.inbox, a folder", source="actif", rule="inbox")
    inbox = Path(str(options["inbox"]))
    if not inbox.is_dir():
        raise BadConfig(f"'{inbox}' is not a folder", source="actif", rule="inbox")
    paths = sorted(p for p in inbox.iterdir() if not _passed_over(p))
    if not paths:
        raise Retriable("the inbox holds no file", source="actif", where=str(inbox), rule="inbox_empty")
    for number, path in enumerate(paths, start=1):
        if path.is_symlink() or not path.is_file():
            raise Fatal("is not a plain file", source="actif", where=path.name, rule="not_a_file")
        if path.suffix.lower() not in _DROPPED:
            raise Fatal(
                f"'{path.suffix}' is not read; save it as .xlsx or .csv", source="actif", where=path.name,
                rule="file_type",
            )  # fmt: skip
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem)[:100]
        suffix = path.suffix.lower()
        yield Part(f"file-{number:03d}-{stem}{suffix}", _chunks(path), _DROPPED[suffix], path.name, meta={})


def _passed_over(path: Path) -> bool:
    """Files still being written, and the lock and settings files that office tools and systems leave."""
    return path.name.startswith((".", "~$")) or path.name.lower().endswith(_UNFINISHED)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord | UnreadBlock]:
    """Yield the flows of one landed part under the contract's names.

    Raises:
        Fatal: the part is no list of flows, or its header fits no layout (``unknown_layout``).
    """
    suffix = Path(part.name).suffix
    if suffix == ".csv":
        yield from read_csv_flows(part.path, _finished)
    else:
        yield from map(_finished, read_xlsx_flows(part.path) if suffix == ".xlsx" else _read_json(part))


def _finished(record: RawRecord) -> RawRecord:
    """The record with its texts repaired and what is worked out from it."""
    mended, repaired = repair_fields(record.data)
    data = {**mended, **derive(mended), "derived_repaired_fields": repaired}
    return RawRecord(record.position, data, (*record.defects, *_ambiguous(data)))


def _read_json(part: LandedPart) -> Iterator[RawRecord]:
    """Items of one page; a key that no layout knows keeps its name, and the contract reports it."""
    layout: Layout | None = None
    names: dict[str, str | None] = {}  # key as published → field, None for ignored keys
    page = part.meta.get("page")
    for number, item in read_json_items(part.path, f"{part.meta.get('items', 'resultats')}.item"):
        position = f"page {page} item {number}" if page else f"item {number}"
        if not isinstance(item, dict):
            yield RawRecord(position, {}, (Defect("item", str(item)[:200], "not_an_object", "expected an object"),))
            continue
        if layout is None:
            layout = _json_layout(item, part)
            known = layout.known()
        for name in item.keys() - names.keys():
            names[name] = known.get(fold(name), name)
        data = {field: value for name, value in item.items() if (field := names[name]) is not None}
        yield RawRecord(position, {**layout.constants, **data}, tuple(_same_field(item, names)))


def _same_field(item: Mapping[str, Any], names: Mapping[str, str | None]) -> Iterator[Defect]:
    """Two keys of one object that are the same field: which of two different values counts is not guessed."""
    first: dict[str, str] = {}
    for name in item:
        field = names[name]
        if field is not None and item[first.setdefault(field, name)] != item[name]:
            yield Defect(name, str(item[name])[:200], "repeated_field", f"is the same field as '{first[field]}'")


def _json_layout(item: Mapping[str, Any], part: LandedPart) -> Layout:
    layout, hits = nearest(item, load_layouts())
    # An object that shares not even half of its keys with a layout is something else than a flow.
    return layout if hits * 2 >= len(item) else choose(list(item), part.name).layout


def _ambiguous(data: Mapping[str, Any]) -> Iterator[Defect]:
    """``1.234`` in a French text is 1234 to some and 1.234 to others: a factor of 1000 is not guessed."""
    value = data.get("quantite")
    if isinstance(value, str) and _THOUSANDS.fullmatch(value.strip()):
        yield Defect("quantite", value, "ambiguous_number", "is the point a decimal sign? Write 1234 or 1,234")
