"""XLSX workbooks: values by calamine, after guards that calamine and openpyxl do not have.

calamine returns an empty cell for ``#REF!`` and for a formula whose result was never stored, which would
turn an amount into nothing without a word. Sheets that hold either are read a second time as XML to mark
those cells. Facts used: ECMA-376 part 1, 18.3 (sheet XML).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from connectors.core.errors import Fatal
from connectors.core.formats_xlsx_guard import MAIN, STRICT, SheetScan, XlsxLimits, column_number, inspect_workbook

CellValue = str | int | float | bool | date | datetime | time | timedelta | None
_EXACT = 1e15  # Excel keeps 15 significant digits

__all__ = ["Cell", "CellValue", "Row", "Sheet", "XlsxLimits", "read_xlsx"]


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


@dataclass(frozen=True)
class Sheet:
    """One worksheet.

    Attributes:
        name: tab name.
        visible: False for hidden and very hidden sheets.
        rows: rows in order, read as they are asked for; can be iterated once.
        merged: merged ranges as ``((first row, first column), (last row, last column))``, rows from 1 as
            Excel counts, columns from 0 as ``Row.cells`` is indexed. Only the first cell holds the value.
        date_1904: serial days without a date format count from 1904, not from 1900.
    """

    name: str
    visible: bool
    rows: Iterator[Row]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    date_1904: bool = False


def read_xlsx(path: Path, limits: XlsxLimits | None = None) -> Iterator[Sheet]:
    """The worksheets of a workbook, in tab order, hidden ones included; chart sheets are passed over.

    Dates of the 1900 and the 1904 system come as days; numbers with a date format are dates, as in Excel.

    Args:
        path: the file; its name is used in messages, its extension for nothing.
        limits: bounds on members, inflated bytes, ratio, rows, columns and area.

    Raises:
        Fatal: by name: ``empty_file``, ``html_not_xlsx``, ``not_xlsx``, ``xls_legacy``, ``xlsx_encrypted``,
            ``xlsx_macro``, ``xlsb``, ``ods``, ``xlsx_damaged``, ``xlsx_too_large``, ``xlsx_ratio``,
            ``xlsx_dimension``, ``xml_doctype``.
    """
    scans = inspect_workbook(path, limits or XlsxLimits())
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for meta in workbook.sheets_metadata:
            if meta.typ is SheetTypeEnum.WorkSheet and meta.name in scans:
                yield _sheet(path, workbook, meta.name, meta.visible is SheetVisibleEnum.Visible, scans[meta.name])
    except CalamineError as error:
        raise Fatal(f"cannot be read as a workbook: {error}", where=path.name, rule="xlsx_damaged") from error


def _sheet(path: Path, workbook: CalamineWorkbook, name: str, visible: bool, scan: SheetScan) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    merged = [((r1 + 1, c1), (r2 + 1, c2)) for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or []]
    defects = _cell_defects(path, scan) if scan.has_formulas_or_errors else {}

    def rows() -> Iterator[Row]:
        if sheet.start is None:
            return
        # calamine gives the empty rows above the first used cell, but not the empty columns before it.
        padding = [EMPTY] * sheet.start[1]
        for number, values in enumerate(sheet.iter_rows(), start=1):
            cells = padding + [_cell(value) for value in values]
            for column, defect in defects.get(number, {}).items():
                cells.extend([EMPTY] * (column + 1 - len(cells)))
                cells[column] = Cell(None, defect)
            yield Row(number, cells, number in scan.hidden_rows)

    return Sheet(name, visible, rows(), merged, scan.date_1904)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return Cell(value if "\x00" not in value else value.replace("\x00", "\ufffd")) if value else EMPTY
    if isinstance(value, float):
        return Cell(int(value) if value.is_integer() and abs(value) < _EXACT else value)
    if value is None or isinstance(value, (int, bool, date, time, timedelta)):
        return EMPTY if value is None else Cell(value)
    return Cell(str(value))


def _cell_defects(path: Path, scan: SheetScan) -> dict[int, dict[int, str]]:
    """Row number → column index from 0 → why the cell has no usable value."""
    result: dict[int, dict[int, str]] = {}
    with zipfile.ZipFile(path) as archive, archive.open(scan.member) as stream:
        tags = (MAIN + "c", STRICT + "c")
        for _event, cell in etree.iterparse(
            stream, events=("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False
        ):
            defect = _defect(cell)
            match = re.fullmatch(r"([A-Za-z]+)(\d+)", cell.get("r") or "")
            if defect and match:
                result.setdefault(int(match[2]), {})[column_number(match[1].encode()) - 1] = defect
            row = cell.getparent()
            cell.clear()
            while row is not None and row.getprevious() is not None:
                del row.getparent()[0]
    return result


def _defect(cell: Any) -> str | None:
    namespace = cell.tag[:-1]
    value = cell.find(namespace + "v")
    text = (value.text or "") if value is not None else ""
    if cell.get("t") == "e":
        return text or "#ERROR"
    has_formula = cell.find(namespace + "f") is not None
    # A formula that gives an empty text is stored as t="str" with an empty <v>: that is a value.
    if has_formula and not text and not (cell.get("t") == "str" and value is not None):
        return "formula_without_value"
    return None
