"""Elenco Sottoprodotti: public pages by province and role (default), or a whole extract in XML or CSV."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from connectors.core.errors import BadConfig, Defect, Fatal, Retriable
from connectors.core.http import Response
from connectors.core.paginate import full_url
from connectors.core.parts import response_part
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream
from connectors.elenco_sottoprodotti.extracts import SOURCE, read_extract_csv, read_extract_xml
from connectors.elenco_sottoprodotti.labels import Labels, load_labels
from connectors.elenco_sottoprodotti.pages import MIN_LABELS, Sheet, is_missing, read_sheet
from connectors.elenco_sottoprodotti.records import Entries
from connectors.elenco_sottoprodotti.searches import HTML, Entry, fetch_other_roles, fetch_search, page_root

_XML = ("application/xml", "text/xml")
_CSV = ("text/csv", "text/plain", "application/csv", "application/octet-stream")
_Options = Mapping[str, Any]


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Yield the parts of one complete reading by the route that ``options.route`` names.

    Routes: ``html`` (result pages of every province and role, then every sheet), ``xml``, ``csv`` (one part).

    Raises:
        BadConfig: the route is unknown, or the address or the provinces are not set.
        Fatal, Retriable: as ``walk`` and ``HttpClient.get``; ``unexpected_page`` where a page is no sheet.
    """
    options = {**stream.options, **context.source.options}
    routes: dict[str, Callable[[_Options, FetchContext], Iterator[Part]]] = {
        "html": _fetch_html,
        "xml": lambda o, c: _fetch_extract(str(o["xml_path"]), "estratto.xml", _XML, c),
        "csv": lambda o, c: _fetch_extract(str(o["csv_path"]), "estratto.csv", _CSV, c),
    }
    route = str(options.get("route", "html"))
    if route not in routes:
        raise BadConfig(f"route '{route}' is none of {', '.join(routes)}", source=SOURCE, rule="route")
    if not context.source.base_url:
        raise BadConfig("set base_url and hosts", source=SOURCE, rule="base_url")
    yield from routes[route](options, context)


def _fetch_extract(path: str, name: str, expect: tuple[str, ...], context: FetchContext) -> Iterator[Part]:
    url = full_url(context.http, path)
    response = context.http.get(url, validators=context.validators.get(url), expect=expect, in_file=True)
    yield response_part(response, name, url=url, meta={"kind": "estratto"}, validators=context.validators)


def _fetch_html(options: _Options, context: FetchContext) -> Iterator[Part]:
    provinces = [str(province) for province in options.get("province") or ()]
    if not provinces:
        raise BadConfig("options.province is empty: nothing would be searched", source=SOURCE, rule="province")
    entries: dict[str, Entry] = {}
    declared: dict[str, int] = {}
    for province in provinces:
        for role in options["qualifiche"]:
            search = {"provincia": province, "qualifica": str(role)}
            yield from fetch_search(search, options, context, entries, declared)
        yield from fetch_other_roles(province, options, context, entries, declared)
    context.notes.update({"perimeter": provinces, "declared": declared, "sheets": len(entries)})
    yield from _fetch_sheets(list(entries.values()), options, context)


def _fetch_sheets(entries: list[Entry], options: _Options, context: FetchContext) -> Iterator[Part]:
    """Every sheet in the order of the lists, a few requests at a time."""
    labels = load_labels()
    width = max(1, int(options["parallel"]))
    waiting: deque[Future[Part]] = deque()
    missing: list[str] = []
    with ThreadPoolExecutor(max_workers=width) as pool:
        try:
            for entry in entries:
                if len(waiting) >= width:
                    yield _note_missing(waiting.popleft().result(), missing)
                waiting.append(pool.submit(partial(_fetch_sheet, entry, labels, context)))
            while waiting:
                yield _note_missing(waiting.popleft().result(), missing)
        finally:
            for future in waiting:
                future.cancel()
    allowed = max(int(options["missing_sheets"]), 0)
    if missing:
        context.notes["missing_sheets"] = missing
    if len(missing) > allowed:
        raise Retriable(
            f"{len(missing)} listed entries have no sheet (at most {allowed} may vanish between list and sheet), "
            f"e.g. {missing[0]}", source=SOURCE, rule="missing_sheets",
        )  # fmt: skip


def _note_missing(part: Part, missing: list[str]) -> Part:
    if part.meta.get("missing"):
        missing.append(str(part.meta["id"]))
    return part


def _fetch_sheet(entry: Entry, labels: Labels, context: FetchContext) -> Part:
    name = f"scheda-{re.sub(r'[^A-Za-z0-9_-]+', '_', entry.reference)[:120]}.html"
    meta: dict[str, Any] = {"kind": "scheda", "id": entry.reference, "listed": entry.listed}
    try:
        response = context.http.get(entry.url, validators=context.validators.get(entry.url), expect=HTML)
    except Fatal as error:
        if error.rule not in ("http_404", "http_410"):
            raise
        # The entry was withdrawn after the list was read: kept as a reject, so that nobody wonders.
        return Part(name, b"", "", entry.url, int(error.rule[-3:]), meta={**meta, "missing": True})
    if not response.not_modified and _says_missing(response, labels):
        meta["missing"] = True
    return response_part(response, name, url=entry.url, meta=meta, validators=context.validators)


def _says_missing(response: Response, labels: Labels) -> bool:
    """Whether a page says that there is no such entry; raises where it is no sheet at all."""
    try:
        root = page_root(response.body, response.headers.get("content-type"))
    except Fatal:
        return False  # one unreadable sheet is a reject of ``read``, not the end of the run
    if is_missing(root, labels):
        return True
    if read_sheet(root, labels).labels < MIN_LABELS:
        start = " ".join(root.text_content().split())[:120]
        raise Retriable(
            f"is no sheet of an entry: '{start}'", source=SOURCE, where=response.url, rule="unexpected_page"
        )
    return False


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
    """Yield one record a by-product; result pages yield none, their sheets do.

    Raises:
        Fatal: the part cannot be read as a whole.
    """
    labels = load_labels()
    if Path(part.name).suffix == ".xml":
        yield from read_extract_xml(part.path, labels)
    elif Path(part.name).suffix == ".csv":
        yield from read_extract_csv(part.path, labels)
    elif part.meta.get("kind") == "scheda":
        yield from _read_sheet_part(part, labels)


def _read_sheet_part(part: LandedPart, labels: Labels) -> Iterator[RawRecord]:
    reference = str(part.meta["id"])
    try:
        root = None if part.meta.get("missing") else page_root(part.path.read_bytes(), part.media_type)
    except Fatal as error:
        yield _reject(reference, error.rule or "unreadable", error.message)
        return
    if root is None or is_missing(root, labels):
        yield _reject(reference, "missing_sheet", "the entry is listed but its sheet is not there")
        return
    sheet = read_sheet(root, labels)
    entry: dict[str, Any] = {**sheet.entry}
    entry.setdefault("id_iscrizione", reference)
    roles = {str(search["qualifica"]) for search in part.meta.get("listed", ()) if "qualifica" in search}
    if "qualifica" not in entry and len(roles) == 1:
        entry["qualifica"] = roles.pop()  # the role that was searched for is what the register says too
    yield from Entries().records(
        f"scheda {reference}", entry, sheet.by_products, tuple(_defects(sheet, reference, labels))
    )


def _reject(reference: str, rule: str, message: str) -> RawRecord:
    """A sheet that cannot be read, as one rejected record."""
    return RawRecord(f"scheda {reference}", {"id_iscrizione": reference}, (Defect("scheda", reference, rule, message),))


def _defects(sheet: Sheet, reference: str, labels: Labels) -> Iterator[Defect]:
    for label, value in sheet.unknown:
        near = labels.nearest(label)
        hint = f"; is it '{near}'?" if near else ""
        yield Defect(label, value[:200], "unknown_field", f"label that no mapping knows{hint} (labels.yml)")
    for label, value in sheet.repeated:
        yield Defect(label, value[:200], "repeated_field", "the label comes twice with different values")
    sent = sheet.entry.get("id_iscrizione")
    if sent and sent != reference:
        yield Defect("id_iscrizione", sent[:200], "wrong_sheet", f"the sheet of {reference} was asked for")
