"""Synergie-CTE: files drawn by hand and dropped into a folder."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.core.errors import BadConfig, Defect, Fatal, NotConfigured
from connectors.core.inbox import claim_files, read_unchanged, safe_name, shown_name
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream
from connectors.synergie.budget import read_plan
from connectors.synergie.cells import as_text
from connectors.synergie.headings import Columns, profile
from connectors.synergie.lists import Line, ListReader, SplitRule
from connectors.synergie.tables import Table, find_heading, load_tables
from connectors.synergie.totals import Check
from schemas.sources.synergie import Demande, Depense

MAX_FILE_BYTES = 200_000_000
_KINDS: dict[str, type[Depense] | type[Demande]] = {"depenses": Depense, "demandes": Demande}
_NOT_CONTENT = frozenset(("section", "ligne_masquee", "extrait_le"))


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Every complete file of the inbox, oldest first, so that what was drawn last wins; or the plans.

    The same bytes under two names are taken once. A file that cannot be read as it is (still being written,
    no permission, too large) is noted under ``refused`` and does not stop the others.

    Raises:
        BadConfig: nothing is configured to be read, or the inbox is not a readable folder.
    """
    options = context.source.options
    seen: dict[str, str] = {}
    notes: dict[str, list[dict[str, str]]] = {"refused": [], "same_content": []}
    context.notes.update(notes)
    files: list[tuple[Path, dict[str, Any]]] = []
    if stream.name != "budgets":
        files += _list_files(options)
    if stream.name in ("budgets", "controles"):
        files += _budget_files(options)
    for path, meta in files:
        shown = shown_name(path.name)
        try:
            body = read_unchanged(path, MAX_FILE_BYTES)
            changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        except (OSError, ValueError) as error:
            notes["refused"].append({"file": shown, "reason": str(error)})
            continue
        digest = hashlib.sha256(body).hexdigest()
        if digest in seen:
            notes["same_content"].append({"file": shown, "as": seen[digest]})
            continue
        seen[digest] = shown
        yield Part(
            name=safe_name(path.name, body),
            body=body,
            media_type=_media_type(body, path),
            url=f"file:{shown}",
            meta={"fichier": shown, "modified_at": changed_at, **meta},
        )


def _list_files(options: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not any(options.get(name) for name in ("inbox", "files", "budgets")):
        raise NotConfigured(
            "set 'inbox' (folder into which expense lists are dropped), 'files' or 'budgets' under options",
            source="synergie",
            rule="inbox_missing",
        )
    paths: list[Path] = []
    if options.get("inbox"):
        patterns, quiet = options.get("patterns", ["*"]), float(options.get("quiet_seconds", 2))
        inbox = Path(options["inbox"])
        if len(claim_files(inbox, patterns, 0)) > len(claim_files(inbox, patterns, quiet)):
            time.sleep(min(quiet, float(options.get("max_wait_seconds", 10))))
        paths += claim_files(inbox, patterns, quiet)
    paths += [Path(name) for name in options.get("files") or ()]
    for path in paths:
        yield path, {}


def _budget_files(options: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for entry in options.get("budgets") or ():
        if not {"path", "project"} <= set(entry):
            raise BadConfig("each entry of 'budgets' needs 'path' and 'project'", source="synergie", rule="budgets")
        yield Path(entry["path"]), {"project": str(entry["project"]), "columns": entry.get("columns") or {}}


def _media_type(body: bytes, path: Path) -> str:
    if body.startswith(b"PK\x03\x04"):
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return "text/csv" if path.suffix.lower() in (".csv", ".tsv", ".txt") else "application/octet-stream"


@dataclass
class Outcome:
    """What one file gave for one stream."""

    records: list[RawRecord] = field(default_factory=list)
    checks: list[tuple[Table, Check]] = field(default_factory=list)
    known_sheets: int = 0


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
    """The part's records; a file that cannot be read is one rejected record that says why.

    The whole file is read before the first record is given, so no half of a broken file is loaded.
    """
    try:
        if stream.name == "budgets":
            records = _plan_records(part)
        elif stream.name == "controles":
            records = _check_records(source, part)
        else:
            records = _list_records(source, stream.name, part)
    except Fatal as error:
        # The other streams read the same file: one reject is enough.
        if stream.name in ("depenses", "budgets"):
            where = f" ({error.where})" if error.where and error.where != part.path.name else ""
            defect = Defect("(file)", part.meta["fichier"], error.rule, error.message + where)
            yield RawRecord("file", {"fichier": part.meta["fichier"], "sha256_fichier": part.sha256}, (defect,))
        return
    yield from records


def _list_records(source: Source, kind: str, part: LandedPart) -> list[RawRecord]:
    tables = load_tables(part.path)
    outcome = _read_lists(source, kind, part, tables)
    if kind == "depenses" and not outcome.known_sheets:
        others = [table for table in tables if find_heading(table, profile("demandes")).columns]
        if not others:
            raise Fatal(_no_heading(tables), rule="no_heading")
    return outcome.records


def _no_heading(tables: list[Table]) -> str:
    nearest = [n for t in tables if (n := find_heading(t, profile("depenses")).nearest)]
    message = (
        "no sheet holds the heading of an expense list: a declared amount, one of number, label, supplier, "
        "document or category, and at least three known columns"
    )
    if nearest:
        best = max(nearest, key=lambda columns: len(columns.columns))
        known = ", ".join(sorted(set(best.columns.values())))
        message += f". Row {best.row} comes nearest and has: {known}"
    return message


def _read_lists(source: Source, kind: str, part: LandedPart, tables: list[Table]) -> Outcome:
    outcome = Outcome()
    occurrences: Counter[str] = Counter()
    splits = tuple(SplitRule(tuple(rule["columns"]), rule["separator"]) for rule in source.options.get("split") or ())
    for table in tables:
        columns = find_heading(table, profile(kind)).columns
        if columns is None:
            continue
        outcome.known_sheets += 1
        reader = ListReader(table, columns, frozenset(_KINDS[kind].model_fields), splits)
        for line in reader.lines():
            values = {**line.values, "occurrence": _occurrence(line.values, occurrences, kind)}
            outcome.records.append(_record(part, table, columns, line, values))
        outcome.checks += [(table, check) for check in reader.checks]
    return outcome


def _occurrence(values: Mapping[str, Any], seen: Counter[str], kind: str) -> int:
    """1, or n for the n-th line of the file with the same key; see ``Depense.record_key``."""
    if kind == "demandes":
        names = ["code_projet", "partenaire", "numero_demande"]
    elif values.get("numero_depense"):
        names = list(Depense.KEY_FIELDS)
    else:
        names = sorted(set(values) - _NOT_CONTENT)
    key = repr([(name, str(values.get(name) or "")) for name in names])
    seen[key] += 1
    return seen[key]


def _record(
    part: LandedPart, table: Table, columns: Columns | None, line: Line, values: Mapping[str, Any]
) -> RawRecord:
    data = {
        **values,
        "fichier": part.meta["fichier"],
        "feuille": table.name,
        "ligne": line.row,
        "sha256_fichier": part.sha256,
        "langue": columns.language if columns else "und",
        "montant_ambigu": bool(line.alternatives),
        "lectures_alternatives": line.alternatives,
        "avertissements": line.notes,
    }
    return RawRecord(table.place(line.row), data, tuple(line.defects))


def _plan_records(part: LandedPart) -> list[RawRecord]:
    records = []
    occurrences: Counter[str] = Counter()
    for table in load_tables(part.path)[:1]:
        plan = read_plan(table, part.meta["columns"])
        for line in plan.lines:
            values = {**line.values, "projet": part.meta["project"]}
            key = f"{values['type_ligne']}|{values['partenaire']}"
            occurrences[key] += 1
            columns = Columns(0, language=plan.language)
            records.append(_record(part, table, columns, line, {**values, "occurrence": occurrences[key]}))
    return records


def _check_records(source: Source, part: LandedPart) -> list[RawRecord]:
    """Printed totals against lines, and the sheets that no stream reads."""
    if "project" in part.meta:
        tables = load_tables(part.path)[:1]
        found = [(table, check) for table in tables for check in read_plan(table, part.meta["columns"]).checks]
        return [_check_record(part, table, check, part.meta["project"]) for table, check in found]
    tables = load_tables(part.path)
    records = []
    for kind in _KINDS:
        checks = _read_lists(source, kind, part, tables).checks
        records += [_check_record(part, table, check, None) for table, check in checks]
    for table in tables:
        if not any(find_heading(table, profile(kind)).columns for kind in _KINDS):
            records += _passed_over(part, table)
    return records


def _passed_over(part: LandedPart, table: Table) -> Iterator[RawRecord]:
    rows = [row for row in table.rows if any(cell.value is not None for cell in row.cells)]
    if not rows:
        return
    has_numbers = any(isinstance(cell.value, (int, float)) for row in rows for cell in row.cells)
    label = as_text(next(cell.value for cell in rows[0].cells if cell.value is not None))
    check = Check("feuille_sans_entete", "(sheet)", rows[0].number, None, Decimal(len(rows)), label)
    data = {**_check_record(part, table, check, None).data, "conforme": not has_numbers}
    yield RawRecord(table.place(rows[0].number), data)


def _check_record(part: LandedPart, table: Table, check: Check, project: str | None) -> RawRecord:
    data = {
        "projet": project,
        "fichier": part.meta["fichier"],
        "feuille": table.name,
        "sha256_fichier": part.sha256,
        **check.as_dict(),
    }
    return RawRecord(table.place(check.ligne), data)
