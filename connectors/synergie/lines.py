"""One line of a list while it is read, and the rules that cut a cell into several values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.core.errors import Defect
from connectors.core.formats import Cell
from connectors.synergie.cells import shorten
from connectors.synergie.values import Reading


@dataclass
class Line:
    """One line of the list.

    Attributes:
        values: field → value for the contract.
        defects: why the record is rejected whatever the contract says.
    """

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)
    notes: list[dict[str, str | None]] = field(default_factory=list)
    alternatives: dict[str, Decimal] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)

    def amount(self, name: str) -> Decimal | None:
        """The amount of a field, None where there is none or it could not be read."""
        value = self.values.get(name)
        return value if isinstance(value, Decimal) else None

    def take(self, name: str, cell: Cell, reading: Reading) -> None:
        """Put a reading into the line, with what there is to say about it."""
        self.values[name] = reading.value
        self.notes += [{"champ": name, "regle": rule, "valeur": shorten(cell.value)} for rule in reading.notes]
        if reading.alternative is not None:
            self.alternatives[name] = reading.alternative
        if reading.currency:
            self.currencies.add(reading.currency)


@dataclass(frozen=True)
class SplitRule:
    """Several values in one cell: these columns are cut at the separator, all into equally many."""

    columns: tuple[str, ...]
    separator: str


def split_cells(
    cells: dict[str, list[Cell]], rules: tuple[SplitRule, ...]
) -> Iterator[tuple[dict[str, list[Cell]], Defect | None]]:
    """The line as it is, or as several lines where a rule says that cells hold several values.

    Args:
        cells: field → cells of its columns.
        rules: the first one whose separator occurs is applied.

    Yields:
        The cells of one line, and the reason to reject it when a rule does not fit.
    """
    for rule in rules:
        parts = {
            name: [part.strip() for part in value.split(rule.separator)]
            for name in rule.columns
            for value in [cells[name][0].value if name in cells else None]
            if isinstance(value, str)
        }
        counts = {len(texts) for texts in parts.values()}
        if counts <= {1}:
            continue
        if len(counts - {1}) > 1 or len(parts) != len([n for n in rule.columns if n in cells]):
            shown = "; ".join(f"{name}: {len(texts)}" for name, texts in parts.items())
            message = f"the columns {', '.join(rule.columns)} must hold equally many values"
            yield cells, Defect(rule.columns[0], shown, "split_counts", message)
            return
        for position in range(max(counts)):
            variant = dict(cells)
            for name, texts in parts.items():
                variant[name] = [Cell(texts[position if len(texts) > 1 else 0] or None)]
            yield variant, None
        return
    yield cells, None
