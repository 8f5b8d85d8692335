"""Synergie-CTE: files drawn by hand and dropped into a folder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.core.errors import BadConfig, Defect, Fatal, NotConfigured
from connectors.core.inbox import claim_files, read_unchanged, safe_name, shown_name
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream
from connectors.synergie.cells import as_text
from connectors.synergie.lines import SplitRule
from connectors.synergie.newer import Newer, as_record, base_key, is_replaced, keyed_records, newer_lines
from connectors.synergie.totals import Check
from connectors.synergie.workbook import CONTRACTS, Settings, Sheet, read_workbook

MAX_FILE_BYTES = 200_000_000
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Every complete file of the inbox and every listed file, newest first.

    The same bytes under two names are taken once. A file that cannot be read as it is (still being written,
    no permission, too large) is noted under ``refused`` and does not stop the others.

    Raises:
        NotConfigured: this deployment names no file and no folder.
        BadConfig: the inbox is not a readable folder, or an entry of ``budgets`` is incomplete.
    """
    seen: dict[str, str] = {}
    refused: list[dict[str, str]] = []
    repeated: list[dict[str, str]] = []
    context.notes.update({"refused": refused, "same_content": repeated})
    for path, meta in _newest_first(_files(context.source.options)):
        shown = shown_name(path.name)
        try:
            body = read_unchanged(path, MAX_FILE_BYTES)
            changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        except (OSError, ValueError) as error:
            refused.append({"file": shown, "reason": str(error)})
            continue
        name = safe_name(path.name, body)
        digest = hashlib.sha256(body).hexdigest()
        if digest in seen:
            repeated.append({"file": shown, "as": seen[digest]})
            continue
        newer = list(seen.values())
        seen[digest] = name
        yield Part(
            name=name,
            body=body,
            media_type=_media_type(body, path),
            url=f"file:{shown}",
            meta={"fichier": shown, "modified_at": changed_at, "newer": newer, **meta},
        )


def _files(options: Mapping[str, Any]) -> list[tuple[Path, dict[str, Any]]]:
    if not any(options.get(name) for name in ("inbox", "files", "budgets")):
        raise NotConfigured(
            "set 'inbox' (folder into which files are dropped), 'files' or 'budgets' under options",
            source="synergie",
            rule="inbox_missing",
        )
    plans: list[tuple[Path, dict[str, Any]]] = []
    for entry in options.get("budgets") or ():
        if not {"path", "project"} <= set(entry):
            raise BadConfig("each entry of 'budgets' needs 'path' and 'project'", source="synergie", rule="budgets")
        meta = {"project": str(entry["project"]), "columns": dict(entry.get("columns") or {})}
        plans.append((Path(entry["path"]), meta))
    paths = [Path(name) for name in options.get("files") or ()]
    if options.get("inbox"):
        paths += _quiet_files(Path(options["inbox"]), options)
    return plans + [(path, {}) for path in paths]


def _quiet_files(inbox: Path, options: Mapping[str, Any]) -> list[Path]:
    """Complete files; a file that just came is waited for, within bounds."""
    patterns, quiet = options.get("patterns", ["*"]), float(options.get("quiet_seconds", 2))
    if len(claim_files(inbox, patterns, 0)) > len(claim_files(inbox, patterns, quiet)):
        time.sleep(min(quiet, float(options.get("max_wait_seconds", 10))))
    return claim_files(inbox, patterns, quiet)


def _newest_first(files: list[tuple[Path, dict[str, Any]]]) -> list[tuple[Path, dict[str, Any]]]:
    def changed(entry: tuple[Path, dict[str, Any]]) -> tuple[int, str]:
        try:
            return entry[0].stat().st_mtime_ns, entry[0].name
        except OSError:  # reported when it is read
            return 0, entry[0].name

    return sorted(files, key=changed, reverse=True)


def _media_type(body: bytes, path: Path) -> str:
    if body.startswith(b"PK\x03\x04"):
        return _XLSX
    return "text/csv" if path.suffix.lower() in _TEXT_SUFFIXES else "application/octet-stream"


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
    """The part's records; a file that cannot be read is one rejected record that says why.

    The whole file is read before the first record is given, so no half of a broken file is loaded. A line
    that a newer file of the same fetch holds as well is left out: the newer one counts.
    """
    settings = _settings(source, part.meta)
    try:
        sheets = read_workbook(part.path, settings)
    except Fatal as error:
        if stream.name == "depenses":  # the other streams read the same file: one reject is enough
            where = f" ({error.where})" if error.where and error.where != part.path.name else ""
            defect = Defect("(file)", part.meta["fichier"], error.rule, error.message + where)
            yield RawRecord("file", {"fichier": part.meta["fichier"], "sha256_fichier": part.sha256}, (defect,))
        return
    kinds = CONTRACTS if stream.name == "controles" else (stream.name,)
    newer = {kind: newer_lines(part, settings, kind) for kind in kinds} if part.meta.get("newer") else {}
    if stream.name == "controles":
        yield from _check_records(part, sheets, newer)
        return
    for sheet in sheets:
        if sheet.kind == stream.name:
            yield from _kept(part, sheet, newer.get(stream.name, {}))


def _settings(source: Source, meta: Mapping[str, Any]) -> Settings:
    rules = source.options.get("split") or ()
    splits = tuple(SplitRule(tuple(rule["columns"]), rule["separator"]) for rule in rules)
    return Settings(splits, meta.get("project"), meta.get("columns") or {})


def _kept(part: LandedPart, sheet: Sheet, newer: Newer) -> Iterator[RawRecord]:
    """The records of a sheet that no newer file holds; another expense under a number of a newer file stays."""
    if not newer:
        yield from (as_record(part, sheet, line) for line in sheet.lines)
        return
    for record, key in keyed_records(part, sheet):
        others = newer.get(base_key(key), ()) if key else ()
        if not others:
            yield record
        elif not is_replaced(record.data, others):
            yield record._replace(data={**record.data, "occurrence": record.data["occurrence"] + len(others)})


def _check_records(part: LandedPart, sheets: list[Sheet], newer: Mapping[str, Newer]) -> Iterator[RawRecord]:
    """Printed totals against lines, sheets that no stream reads, lines that a newer file replaces."""
    for sheet in sheets:
        for check in sheet.checks:
            yield _check_record(part, sheet, check)
        if sheet.kind is None:
            yield from _passed_over(part, sheet)
        elif sheet.columns and newer.get(sheet.kind):
            held = newer[sheet.kind]
            replaced = sum(
                1
                for record, key in keyed_records(part, sheet)
                if key and is_replaced(record.data, held.get(base_key(key), ()))
            )
            if replaced:
                check = Check("lignes_remplacees", sheet.kind, sheet.columns.row, None, Decimal(replaced))
                yield _check_record(part, sheet, check, conforme=True)


def _passed_over(part: LandedPart, sheet: Sheet) -> Iterator[RawRecord]:
    """A sheet without known heading; in order when it holds no number, so no amount can be lost."""
    rows = [row for row in sheet.table.rows if any(cell.value is not None for cell in row.cells)]
    if rows:
        has_numbers = any(isinstance(cell.value, (int, float)) for row in rows for cell in row.cells)
        label = as_text(next(cell.value for cell in rows[0].cells if cell.value is not None))
        check = Check("feuille_sans_entete", "(sheet)", rows[0].number, None, Decimal(len(rows)), label)
        yield _check_record(part, sheet, check, conforme=not has_numbers)


def _check_record(part: LandedPart, sheet: Sheet, check: Check, *, conforme: bool | None = None) -> RawRecord:
    data = {
        **check.as_dict(),
        "projet": part.meta.get("project"),
        "fichier": part.meta["fichier"],
        "feuille": sheet.table.name,
        "sha256_fichier": part.sha256,
    }
    if conforme is not None:
        data["conforme"] = conforme
    return RawRecord(sheet.table.place(check.ligne), data)
