"""Rows of a worksheet, one by one or some neighbours at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple

import orjson

from connectors.core.blocks import Columns, UnreadBlock, joined
from connectors.core.source import RawRecord
from schemas.sources.column_fields import are_filled, are_plain

CellValue = str | int | float | bool | date | datetime | time | timedelta | None
_EXACT = 1e15  # Excel keeps 15 significant digits
_AS_THEY_ARE = frozenset({int, bool, date, datetime, time, timedelta})
_ROWS = 400
"""So few that what is made of a block stays in the processor's cache until it is sent."""


class Cell(NamedTuple):
    """One cell.

    Attributes:
        value: text, number (whole numbers as int), bool, day, moment, duration, or None when empty.
        defect: why there is no value although the cell is not empty: ``formula_without_value`` or the
            error Excel shows, e.g. ``#REF!``.
    """

    value: CellValue = None
    defect: str | None = None


EMPTY = Cell()


class Row(NamedTuple):
    """One row: its number as Excel shows it, its cells from column A on, and whether it is hidden."""

    number: int
    cells: list[Cell]
    hidden: bool = False


class Beside(NamedTuple):
    """What of a sheet is not in its values.

    Attributes:
        padding: empty columns before the first value.
        defects: row number → column index from 0 → why the cell has no usable value.
        hidden: numbers of hidden rows.
    """

    padding: int
    defects: Mapping[int, Mapping[int, str]]
    hidden: set[int]


class XlsxBlock:
    """Neighbouring rows.

    Attributes:
        numbers: as Excel shows them.
    """

    def __init__(self, numbers: range, values: list[Sequence[Any]], beside: Beside) -> None:
        self.numbers, self._values, self._beside = numbers, values, beside

    def row(self, place: int) -> Row:
        """The row at a place of the block, from 0."""
        number, (padding, defects, hidden) = self.numbers[place], self._beside
        cells = [EMPTY] * padding + [_cell(value) for value in self._values[place]]
        for column, defect in defects.get(number, {}).items():
            cells.extend([EMPTY] * (column + 1 - len(cells)))
            cells[column] = Cell(None, defect)
        return Row(number, cells, number in hidden)

    def rest(self, place: int) -> XlsxBlock:
        """The rows from this place on."""
        return XlsxBlock(self.numbers[place:], self._values[place:], self._beside)

    def unread(self, names: Sequence[str], record: Callable[[Row], RawRecord]) -> UnreadBlock:
        """The rows for a loader.

        Args:
            names: of the columns from A on, each another.
            record: what a connector makes of a row: its values under these names, and nothing else.
        """
        defects = self._beside.defects
        texts = [orjson.dumps(values, default=str) for values in self._values]
        for place, number in enumerate(self.numbers if defects else ()):
            texts[place] += repr(sorted(defects.get(number, {}).items())).encode()

        def columns(places: Sequence[int]) -> Columns | None:
            return self._columns(tuple(names), places)

        def read(place: int) -> RawRecord:
            return record(self.row(place))

        return UnreadBlock("row", self.numbers, "\x1f".join(names).encode(), texts, read, columns)

    def _columns(self, names: tuple[str, ...], places: Sequence[int]) -> Columns | None:
        """None where a cell has a defect, or there are more or fewer columns than names."""
        padding, defects, _hidden = self._beside
        if padding or any(self.numbers[place] in defects for place in places if defects):
            return None
        cells = list(zip(*[self._values[place] for place in places], strict=True))
        if len(cells) != len(names):
            return None
        inside = joined(cells)
        if inside and are_filled(inside) and are_plain(inside):
            return Columns(names, cells, is_plain=True, is_filled=True)
        return Columns(names, list(map(_column, cells)))


def _column(values: Sequence[Any]) -> Sequence[CellValue]:
    """What ``_value`` makes of each; most columns hold values of one type."""
    types = set(map(type, values))
    if types <= _AS_THEY_ARE:
        return values
    if types == {str} and "\x00" not in "".join(values):
        return values if "" not in values else [value or None for value in values]
    if types == {float}:
        return [int(value) if value.is_integer() and -_EXACT < value < _EXACT else value for value in values]
    return list(map(_value, values))


def _cell(value: object) -> Cell:
    found = _value(value)
    return EMPTY if found is None else Cell(found)


def _value(value: object) -> CellValue:
    if isinstance(value, str):
        return (value if "\x00" not in value else value.replace("\x00", "\ufffd")) or None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if value is None or isinstance(value, (int, bool, date, time, timedelta)):
        return value
    return str(value)


def blocks_of(rows: Iterator[Sequence[Any]], beside: Beside) -> Iterator[XlsxBlock]:
    """The rows of a sheet, from number 1 on."""
    number = 1
    while values := list(islice(rows, _ROWS)):
        yield XlsxBlock(range(number, number + len(values)), values, beside)
        number += len(values)
