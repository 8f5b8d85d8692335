"""Records of the stream ``controles``: what a file prints beside what its lines give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from connectors.core.source import LandedPart, RawRecord
from connectors.synergie.cells import as_text
from connectors.synergie.newer import Newer, base_key, is_replaced, keyed_records
from connectors.synergie.totals import Check
from connectors.synergie.workbook import Sheet


def check_records(part: LandedPart, sheets: list[Sheet], newer: Mapping[str, Newer]) -> Iterator[RawRecord]:
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
