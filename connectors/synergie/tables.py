"""A dropped file as tables of cells, whatever its format; and where a table's heading stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from connectors.core.errors import Fatal
from connectors.core.formats import Cell, Row, read_csv_rows, read_xlsx
from connectors.synergie.headings import Columns, Profile, is_heading, lost_accents, map_columns, normalise

_LARGEST_RANGE = 100_000
_SEARCHED_ROWS = 80
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_BINARY_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass
class Table:
    """One sheet, or one delimited file.

    Attributes:
        name: tab name; None for a delimited file.
        merged: (row, column) → top left (row, column) of the merged range that covers it.
    """

    name: str | None
    rows: list[Row]
    hidden: bool = False
    date_1904: bool = False
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_number = {row.number: row for row in self.rows}

    def cell(self, number: int, column: int, *, filled: bool = False) -> Cell:
        """The cell; with ``filled``, a merged range shows its value in all its cells."""
        if filled:
            number, column = self.merged.get((number, column), (number, column))
        row = self._by_number.get(number)
        return row.cells[column] if row and column < len(row.cells) else Cell()

    def place(self, number: int) -> str:
        """Where a row stands, in the words of its owner."""
        return f"sheet {self.name} row {number}" if self.name is not None else f"row {number}"


def load_tables(path: Path) -> list[Table]:
    """All tables of a dropped file.

    The content decides on the format: a workbook that is called ``.csv`` is read as a workbook, and what is
    called ``.xlsx`` but is something else is refused by the name of what it is.

    Raises:
        Fatal: see ``read_xlsx`` and ``read_csv``.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise Fatal("is empty (zero bytes)", where=path.name, rule="empty_file")
    if head.startswith(_BINARY_STARTS) or path.suffix.lower() not in _TEXT_SUFFIXES:
        return [
            Table(sheet.name, list(sheet.rows), not sheet.visible, sheet.date_1904, _covered(sheet.merged))
            for sheet in read_xlsx(path)
        ]
    rows = [Row(number, [Cell(text or None) for text in cells]) for number, cells in read_csv_rows(path)]
    return [Table(None, rows)]


def _covered(
    ranges: list[tuple[tuple[int, int], tuple[int, int]]],
) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (row, column): (top, left)
        for (top, left), (bottom, right) in ranges
        # A range over whole columns is decoration; filling it would cost a million entries.
        if (bottom - top + 1) * (right - left + 1) <= _LARGEST_RANGE
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }


@dataclass(frozen=True)
class Search:
    """Outcome of looking for a heading: the columns, or the row that came nearest."""

    columns: Columns | None
    nearest: Columns | None


def find_heading(table: Table, kind: Profile) -> Search:
    """The first row that is a heading of this kind of list.

    Raises:
        Fatal: ``lost_accents``, a heading's accented letters were destroyed before the file came here.
    """
    nearest: Columns | None = None
    found: Columns | None = None
    above: dict[int, str] = {}
    for row in table.rows[:_SEARCHED_ROWS]:
        texts = _texts(table, row.number, len(row.cells))
        if not texts:
            if found:
                break
            continue
        _refuse_lost_accents(table, row.number, texts, kind)
        if any(normalise(text) in kind.aliases or normalise(text) in kind.weak for text in texts.values()):
            columns = map_columns(row.number, texts, above, kind)
            # A heading over two rows is one in its second row as well: cells merged over both count there.
            if is_heading(columns, kind) and (not found or len(columns.columns) >= len(found.columns)):
                found, above = columns, texts
                continue
            if nearest is None or len(columns.columns) > len(nearest.columns):
                nearest = columns
        if found:
            break
        above = texts
    return Search(found, None if found else nearest)


def _refuse_lost_accents(table: Table, number: int, texts: dict[int, str], kind: Profile) -> None:
    lost = lost_accents(texts.values(), kind)
    if lost:
        raise Fatal(
            f"'{lost[0]}' was '{lost[1]}': accented letters were destroyed by a conversion and cannot be "
            "restored; export the file again",
            where=table.place(number),
            rule="lost_accents",
        )


def _texts(table: Table, number: int, width: int) -> dict[int, str]:
    """Column → text of a row's text cells, merged ranges filled."""
    values = {column: table.cell(number, column, filled=True).value for column in range(width)}
    return {column: value.strip() for column, value in values.items() if isinstance(value, str) and value.strip()}
