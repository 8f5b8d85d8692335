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
from pathlib import Path
from typing import Any

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from connectors.core.errors import Fatal
from connectors.core.formats_xlsx_guard import MAIN, STRICT, SheetScan, XlsxLimits, column_number, inspect_workbook
from connectors.core.formats_xlsx_rows import Beside, Cell, CellValue, Row, XlsxBlock, blocks_of

__all__ = ["Cell", "CellValue", "Row", "Sheet", "XlsxBlock", "XlsxLimits", "read_xlsx"]


@dataclass(frozen=True)
class Sheet:
    """One worksheet.

    Attributes:
        name: tab name.
        visible: False for hidden and very hidden sheets.
        rows: rows in order, read as they are asked for; can be iterated once.
        blocks: the same rows, some neighbours at a time; what is taken here is not in ``rows``.
        merged: merged ranges as ``((first row, first column), (last row, last column))``, rows from 1 as
            Excel counts, columns from 0 as ``Row.cells`` is indexed. Only the first cell holds the value.
        date_1904: serial days without a date format count from 1904, not from 1900.
    """

    name: str
    visible: bool
    rows: Iterator[Row]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    date_1904: bool = False
    blocks: Iterator[XlsxBlock] = field(default_factory=lambda: iter(()))


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

    # calamine gives the empty rows above the first used cell, but not the empty columns before it.
    beside = Beside(sheet.start[1] if sheet.start else 0, defects, scan.hidden_rows)
    blocks = blocks_of(sheet.iter_rows() if sheet.start else iter(()), beside)
    rows = (block.row(place) for block in blocks for place in range(len(block.numbers)))
    return Sheet(name, visible, rows, merged, scan.date_1904, blocks)


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
