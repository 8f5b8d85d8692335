"""Lines that several files of one fetch hold: which of them the newer file replaces."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from connectors.core.errors import Fatal
from connectors.core.source import LandedPart, RawRecord
from connectors.synergie.lines import Line, SplitRule
from connectors.synergie.workbook import CONTRACTS, Settings, Sheet, read_workbook


class Document(NamedTuple):
    """What a line says about its document; None where the line names no whole document."""

    supplier: str | None
    invoice: str | None
    amount: str


Newer = Mapping[str, Sequence[Document]]
"""Key without occurrence → the documents of the lines under this key in newer files."""


def as_record(part: LandedPart, sheet: Sheet, line: Line) -> RawRecord:
    """A line with its place, as the contract wants it."""
    data = {
        **line.values,
        "fichier": part.meta["fichier"],
        "feuille": sheet.table.name,
        "ligne": line.row,
        "sha256_fichier": part.sha256,
        "langue": sheet.columns.language if sheet.columns else "und",
        "montant_ambigu": bool(line.alternatives),
        "lectures_alternatives": line.alternatives,
        "avertissements": line.notes,
    }
    return RawRecord(sheet.table.place(line.row), data, tuple(line.defects))


def keyed_records(part: LandedPart, sheet: Sheet) -> Iterator[tuple[RawRecord, str | None]]:
    """The records of a sheet with their keys; no key for a record that its contract rejects."""
    contract = CONTRACTS[str(sheet.kind)]
    for line in sheet.lines:
        record = as_record(part, sheet, line)
        try:
            key = None if line.defects else contract.model_validate(record.data).record_key()
        except ValidationError:
            key = None
        yield record, key


def newer_lines(part: LandedPart, settings: Settings, kind: str) -> Newer:
    """The good records of one kind in the newer files of the same fetch."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for name in part.meta.get("newer", ()):
        landed = _Landed(name, part.path.with_name(name))
        for key, documents in _lines_of(landed, settings.splits).get(kind, {}).items():
            found[key] += documents
    return found


@dataclass(frozen=True)
class _Landed:
    """A landed file; its name holds the hash of its content, so every stream's copy is the same file."""

    name: str
    path: Path = field(compare=False)


@functools.lru_cache(maxsize=256)
def _lines_of(landed: _Landed, splits: tuple[SplitRule, ...]) -> Mapping[str, Newer]:
    """Kind → the lines of one landed file; read once for all streams."""
    shown = LandedPart(landed.path, landed.name, "", "", "", 0, {"fichier": landed.name})
    found: defaultdict[str, defaultdict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    try:
        sheets = read_workbook(landed.path, Settings(splits))
    except Fatal:
        return {}
    for sheet in sheets:
        if sheet.kind:
            for record, key in keyed_records(shown, sheet):
                if key:
                    found[sheet.kind][base_key(key)].append(_document(record.data))
    return found


def is_replaced(data: Mapping[str, Any], others: Sequence[Document]) -> bool:
    """A newer file holds this expense.

    It does not where supplier, invoice and amount all differ from every line under the same number: that is one number
    for two expenses, and none of them may disappear because they stand in two files.
    """
    mine = _document(data)
    return any(
        mine.supplier is None or other.supplier is None or any(a == b for a, b in zip(mine, other, strict=True))
        for other in others
    )


def _document(data: Mapping[str, Any]) -> Document:
    supplier, invoice = data.get("fournisseur"), data.get("numero_facture")
    amount = str(data.get("montant_declare"))
    return Document(str(supplier), str(invoice), amount) if supplier and invoice else Document(None, None, amount)


def base_key(key: str) -> str:
    """The key without the mark of a repetition inside one file."""
    return key.rpartition("#")[0] if key.rpartition("#")[2].isdigit() and "#" in key else key
