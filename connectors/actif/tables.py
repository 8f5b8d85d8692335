"""Rows of ACTIF's CSV and XLSX exports, under the names of the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from connectors.actif.layouts import Chosen, Layout, choose, load_layouts, nearest
from connectors.core.blocks import UnreadBlock
from connectors.core.errors import Defect, Fatal
from connectors.core.formats import Cell, CsvRow, Row, Sheet, read_csv_blocks, read_csv_rows, read_xlsx
from connectors.core.source import RawRecord
from schemas.sources.base import fold

_HEADER_WITHIN = 20
_HEADER_HITS = 3
_CELL_RULES = {
    "formula_without_value": "a formula that was never calculated; open the file, save it, send it again",
    "missing_cells": "the row has no cell for this column",
}
# ="0123": how exports keep a spreadsheet from dropping a leading zero.
_PROTECTED = re.compile(r'="([^"]*)"\Z')
_Finish = Callable[[RawRecord], RawRecord]


def apply_layout(chosen: Chosen, row: dict[str, Any]) -> dict[str, Any]:
    """The row under the contract's names, without ignored columns, with the layout's constants."""
    data = {field: row[name] for name, field in chosen.fields.items() if field is not None and name in row}
    return {**chosen.layout.constants, **data}


def read_csv_flows(path: Path, finish: _Finish) -> Iterator[RawRecord | UnreadBlock]:
    """Rows of a delimited export, in UTF-8 or cp1252, some neighbours at a time.

    Titles above the header, and the ``sep=;`` that spreadsheets ask for, are passed over.

    Args:
        path: the file.
        finish: what is still to be done with each record.

    Raises:
        Fatal: as ``read_csv`` and ``choose``.
    """
    layouts = load_layouts()
    blocks = read_csv_blocks(path, delimiter=None)
    first = next(blocks, None)
    if first is None:  # nothing but a header, which has to be one
        choose(
            next(filter(None, ([name for name in row.cells if name] for row in read_csv_rows(path)))),
            path.name,
            layouts,
        )
        return
    names = [name for name in first.names if name]
    if not _is_header(names, layouts) and (below := _below_titles(path, layouts)):
        header, rows = below
        yield from map(finish, _table_records(header, rows, path.name, "row", set(), layouts))
        return
    chosen = choose(names, path.name, layouts)
    row = first.row(0)
    # Where the first row has one delimiter more than the header, all rows end with one.
    width = len(first.names) + (len(row.cells) > len(first.names) and not row.extra)
    for block in chain([first], blocks):
        yield block.unread(partial(_csv_record, chosen, width, finish))


def _csv_record(chosen: Chosen, width: int, finish: _Finish, row: CsvRow) -> RawRecord:
    data = apply_layout(chosen, row.data)
    if '="' in "".join(row.cells):
        data = {name: _PROTECTED.sub(r"\1", value) for name, value in data.items()}
    return finish(RawRecord(f"row {row.number}", data, tuple(_csv_defects(row, width))))


def _csv_defects(row: CsvRow, width: int) -> Iterator[Defect]:
    if row.extra or len(row.cells) > width:
        yield Defect("row", "; ".join(row.extra)[:200], "extra_cells", "more cells than columns; is a ';' not quoted?")
    if row.missing:
        yield Defect("row", ", ".join(row.missing)[:200], "missing_cells", "fewer cells than columns")


def _below_titles(path: Path, layouts: Sequence[Layout]) -> tuple[Row, Iterator[Row]] | None:
    """The header and the rows of a delimited file with other rows above, None where no header is found."""
    rows = (Row(row.number, [Cell(text or None) for text in row.cells]) for row in read_csv_rows(path))
    head = list(islice(rows, _HEADER_WITHIN))
    at = _header_index(head, layouts)
    if at is None:
        return None
    width = max(_header(head[at])) + 1
    return head[at], (_padded(row, width) for row in chain(head[at + 1 :], rows))


def _padded(row: Row, width: int) -> Row:
    """A row that is cut short, with a defect in the place of each cell that it lacks."""
    lacking = [Cell(None, "missing_cells")] * (width - len(row.cells))
    return Row(row.number, [*row.cells, *lacking]) if lacking and _filled(row) else row


def read_xlsx_flows(path: Path, layouts: Sequence[Layout] | None = None) -> Iterator[RawRecord]:
    """Records of all visible sheets of a workbook; rows hidden by a filter count, hidden sheets do not.

    Raises:
        Fatal: as ``read_xlsx`` and ``choose``; ``no_table`` when no sheet holds a list of flows.
    """
    layouts = load_layouts() if layouts is None else layouts
    skipped = {fold(name) for layout in layouts for name in layout.ignored_sheets}
    tables = 0
    for sheet in read_xlsx(path):
        if not sheet.visible or fold(sheet.name) in skipped:
            continue
        head = list(islice(sheet.rows, _HEADER_WITHIN))
        at = _header_index(head, layouts)
        if at is None and (filled := [index for index, row in enumerate(head) if _filled(row)]):
            at = max(
                filled, key=lambda index: _hits(head[index], layouts)
            )  # what is most like a header says what lacks
        if at is None:
            continue
        tables += 1
        where, rows = f"{path.name} sheet {sheet.name}", chain(head[at + 1 :], sheet.rows)
        covered = _covered(sheet, head[at].number)
        yield from _table_records(head[at], rows, where, f"sheet {sheet.name} row", covered, layouts)
    if not tables:
        raise Fatal("no visible sheet holds a list of flows", source="actif", where=path.name, rule="no_table")


def _table_records(
    header_row: Row,
    rows: Iterator[Row],
    where: str,
    label: str,
    covered: set[tuple[int, int]],
    layouts: Sequence[Layout],
) -> Iterator[RawRecord]:
    header = _header(header_row)
    chosen = choose(list(header.values()), where, layouts)
    for row in rows:
        if not _filled(row):
            continue
        values = {name: row.cells[index].value for index, name in header.items() if index < len(row.cells)}
        defects = tuple(_row_defects(row, header, covered))
        yield RawRecord(f"{label} {row.number}", apply_layout(chosen, values), defects)


def _row_defects(row: Row, header: dict[int, str], covered: set[tuple[int, int]]) -> Iterator[Defect]:
    for index, cell in enumerate(row.cells):
        name = header.get(index)
        if cell.defect:
            rule = cell.defect if cell.defect in _CELL_RULES else "spreadsheet_error"
            message = _CELL_RULES.get(rule, "the cell shows an error of the spreadsheet")
            yield Defect(name or f"column {index + 1}", cell.defect, rule, message)
        elif name is None and cell.value is not None:
            yield Defect(
                f"column {index + 1}", str(cell.value)[:200], "extra_cells", "a value outside the table's columns"
            )
    for index, name in header.items():
        if (row.number, index) in covered:
            yield Defect(name, None, "merged_cells", "the cell is merged with another row; write the value in each row")


def _covered(sheet: Sheet, header_row: int) -> set[tuple[int, int]]:
    """Cells below the header that a merged range empties: (row from 1, column from 0)."""
    return {
        (row, column)
        for (first_row, first_column), (last_row, last_column) in sheet.merged
        for row in range(max(first_row, header_row + 1), last_row + 1)
        for column in range(first_column, last_column + 1)
        if (row, column) != (first_row, first_column)
    }


def _header(row: Row) -> dict[int, str]:
    """Column index → title; a repeated title gets a number, so that the layout refuses it by name."""
    titles: dict[int, str] = {}
    for index, cell in enumerate(row.cells):
        title = "" if cell.value is None else str(cell.value).strip()
        if title:
            count = sum(fold(title) == fold(other) for other in titles.values())
            titles[index] = f"{title} ({count + 1})" if count else title
    return titles


def _header_index(rows: list[Row], layouts: Sequence[Layout]) -> int | None:
    """Where the header is: the first row of which a layout knows three columns and at least half."""
    return next((index for index, row in enumerate(rows) if _is_header(list(_header(row).values()), layouts)), None)


def _is_header(titles: Sequence[str], layouts: Sequence[Layout]) -> bool:
    return bool(titles) and nearest(titles, layouts)[1] >= max(_HEADER_HITS, len(titles) / 2)


def _hits(row: Row, layouts: Sequence[Layout]) -> int:
    """How many columns a layout would know if the row were the header."""
    return nearest(_header(row).values(), layouts)[1]


def _filled(row: Row) -> bool:
    return any(_has_content(cell) for cell in row.cells)


def _has_content(cell: Cell) -> bool:
    return cell.defect is not None or (cell.value is not None and str(cell.value).strip() != "")
