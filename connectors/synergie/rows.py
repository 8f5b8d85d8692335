"""What a row of a list is, by its cells alone: a heading again, a total with a word, the heading of a section."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.core.formats import Cell
from connectors.synergie.cells import AMOUNT_FIELDS, as_text
from connectors.synergie.headings import Columns, is_heading, map_columns, normalise
from connectors.synergie.labels import nature_of

NAMES_A_LINE = frozenset(("numero_depense", "numero_facture", "date_facture", "date_paiement", "reference_paiement"))
"""Fields that only an expense has."""
BARE = ("total", "totale")
"""Labels that do not say of what they are the total."""


def is_same_heading(columns: Columns, cells: Mapping[int, Cell]) -> bool:
    """The heading of the table, or one of its two rows, stands here again."""
    headings = columns.headings
    same = sum(
        1
        for c, cell in cells.items()
        if c in headings and isinstance(cell.value, str) and cell.value.strip() == headings[c].strip()
    )
    return same >= max(2, len(cells) // 2)


def other_heading(columns: Columns, row: int, cells: Mapping[int, Cell]) -> Columns | None:
    """The columns of a heading that does not agree with the one above it; None for every other row."""
    kind, first = columns.kind, next(iter(cells.values())).value
    # Nearly every line is told by its first cell; looking the headings up is dear.
    if kind is None or len(cells) < kind.min_fields or not isinstance(first, str) or _has_digit(first):
        return None
    texts = {c: cell.value.strip() for c, cell in cells.items() if isinstance(cell.value, str)}
    if len(texts) < kind.min_fields or any(map(_has_digit, texts.values())):
        return None
    found = map_columns(row, texts, {}, kind)
    if not is_heading(found, kind) or len(found.columns) * 2 <= len(cells):
        return None
    agrees = all(columns.columns.get(c) == name for c, name in found.columns.items())
    return None if agrees else found


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


def total_label(names: Mapping[int, str], cells: Mapping[int, Cell]) -> str | None:
    """The label of a row that sums others: starts with a word for total, and names no line of its own.

    A supplier may be called Total; such a line has a number, a document, a payment or a text beside it.

    Args:
        names: column index → field.
        cells: column index → cell that is not empty.
    """
    texts = {c: v.strip() for c, cell in cells.items() if isinstance(v := cell.value, str)}
    label = next((t for _, t in sorted(texts.items()) if nature_of(t)), None)
    if label is None:
        return None
    if any(names.get(c) in NAMES_A_LINE and as_text(cell.value) != label for c, cell in cells.items()):
        return None
    if {"fournisseur", "libelle"} <= {names.get(c) for c in texts} and normalise(label) not in BARE:
        return None
    others = {t for c, t in texts.items() if t != label and names.get(c) not in AMOUNT_FIELDS and not nature_of(t)}
    has_sum = any(names.get(c) in AMOUNT_FIELDS for c in cells)
    return label if has_sum and len(others) <= 1 else None


def section_text(names: Mapping[int, str], cells: Mapping[int, Cell]) -> str | None:
    """The text of a row that holds one text and nothing else; None where it is what is left of a line."""
    texts = {as_text(cell.value) for cell in cells.values()}
    text = next(iter(texts))
    if len(texts) != 1 or not text or not isinstance(next(iter(cells.values())).value, str):
        return None
    name = names.get(next(iter(cells)))
    is_rest = name in AMOUNT_FIELDS or (name in NAMES_A_LINE and not any(c.isalpha() for c in text))
    return None if is_rest and _has_digit(text) else text
