"""The claim report as a workbook: filters, frozen headings, totals as values with a check cell beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from publish.claim_data import ClaimData
from publish.claim_sheets import SHEETS
from publish.claim_tables import Table, TableColumn, summary_tables
from publish.claim_words import Words

_WIDTH = {"text": 22, "long": 48, "amount": 16, "count": 10, "number": 10, "day": 12, "percent": 11}
_FIRST_ROW = 3
"""Row of the headings of a sheet, counted from 0; title and note stand above."""


@dataclass
class _Book:
    """An open workbook with its formats."""

    book: Any
    words: Words

    def __post_init__(self) -> None:
        add: Callable[[dict[str, Any]], Any] = self.book.add_format
        # quote_prefix: a text that begins like a formula stays a text when somebody edits the cell.
        text = {"valign": "top", "quote_prefix": True}
        self.formats = {
            "title": add({"bold": True, "font_size": 14}),
            "note": add({"italic": True, "font_color": "#555555"}),
            "head": add({**text, "bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "text_wrap": True}),
            "text": add(text),
            "long": add({**text, "text_wrap": True}),
            "amount": add({"num_format": "#,##0.00", "valign": "top"}),
            "count": add({"num_format": "#,##0", "valign": "top"}),
            "number": add({"num_format": "0", "valign": "top"}),
            "percent": add({"num_format": "0.00", "valign": "top"}),
            "day": add({"num_format": "dd/mm/yyyy", "valign": "top"}),
            "total_text": add({"bold": True, "top": 1}),
            "total_amount": add({"bold": True, "top": 1, "num_format": "#,##0.00"}),
            "total_count": add({"bold": True, "top": 1, "num_format": "#,##0"}),
            "check": add({"italic": True, "align": "right"}),
        }  # fmt: skip


def write_xlsx(data: ClaimData, words: Words, project: str | None, path: Path, now: datetime) -> None:
    """Write the workbook.

    Args:
        project: what the report is about, None for all projects.
        now: time of making, shown on the first sheet.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": words("title"), "created": now.replace(tzinfo=None)})
        sheets = _Book(book, words)
        _write_summary(sheets, data, project, now)
        for table in SHEETS:
            _write_table(sheets, table, table.rows(data, words), table.remarks(data, words))


def _write_summary(sheets: _Book, data: ClaimData, project: str | None, now: datetime) -> None:
    words, formats = sheets.words, sheets.formats
    sheet = sheets.book.add_worksheet(words("sheet_summary"))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 7, 20)
    sheet.write_string(0, 0, words("title"), formats["title"])
    facts = (
        (words("project"), project or words("all_projects")),
        (words("release"), data.release_id),
        (words("generated"), f"{now:%d/%m/%Y %H:%M}"),
    )
    for row, (name, value) in enumerate(facts, start=2):
        sheet.write_string(row, 0, name, formats["text"])
        sheet.write_string(row, 1, value, formats["text"])
    row = 6
    for table in summary_tables(data, words):
        sheet.write_string(row, 0, table.title(words), formats["title"])
        row = _write_rows(sheets, sheet, table.columns, table.rows(data, words), row + 1, table.totals) + 2
    for key in ("note_values", "note_cent", "note_outside", "note_unconfirmed"):
        sheet.write_string(row, 0, words(key), formats["note"])
        row += 1
    sheet.write_string(row + 2, 0, words("signed") + " :", formats["text"])


def _write_table(sheets: _Book, table: Table, rows: Sequence[Sequence[Any]], remarks: Sequence[str]) -> None:
    words = sheets.words
    sheet = sheets.book.add_worksheet(table.title(words))
    sheet.write_string(0, 0, table.title(words), sheets.formats["title"])
    if table.note:
        sheet.write_string(1, 0, words(table.note), sheets.formats["note"])
    for position, column in enumerate(table.columns):
        sheet.set_column(position, position, column.width or _WIDTH[column.kind])
    last = _write_rows(sheets, sheet, table.columns, rows, _FIRST_ROW, table.totals)
    for row, remark in enumerate(remarks, start=last + 1):
        sheet.write_string(row, 0, remark, sheets.formats["note"])
    sheet.freeze_panes(_FIRST_ROW + 1, 0)
    if rows:
        sheet.autofilter(_FIRST_ROW, 0, _FIRST_ROW + len(rows), len(table.columns) - 1)
    else:
        sheet.write_string(last, 0, words("none"), sheets.formats["note"])


def _write_rows(
    sheets: _Book, sheet: Any, columns: Sequence[TableColumn], rows: Sequence[Sequence[Any]], first: int, totals: bool
) -> int:
    """Headings, rows, and a total with its check cell; gives the number of the row after them."""
    words, formats = sheets.words, sheets.formats
    for position, column in enumerate(columns):
        sheet.write_string(first, position, words(column.key), formats["head"])
    for number, row in enumerate(rows, start=first + 1):
        for position, (column, value) in enumerate(zip(columns, row, strict=True)):
            _write_cell(sheet, number, position, value, formats[column.kind])
    after = first + 1 + len(rows)
    if not totals or not rows:
        return after
    sheet.write_string(after, 0, words("total"), formats["total_text"])
    sheet.write_string(after + 1, 0, words("check"), formats["check"])
    for position, column in enumerate(columns):
        if not column.is_summed:
            continue
        total = sum((row[position] for row in rows if row[position] is not None), Decimal(0))
        sheet.write_number(after, position, float(total), formats[f"total_{column.kind}"])
        letter = xl_col_to_name(position)
        good, bad = words("check_good"), words("check_bad")
        sheet.write_formula(
            after + 1,
            position,
            f'=IF(ABS(SUM({letter}{first + 2}:{letter}{after})-{letter}{after + 1})<0.005,"{good}","{bad}")',
            formats["check"],
            good,
        )
    return after + 2


def _write_cell(sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, cell_format)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, cell_format)
    elif isinstance(value, Decimal | int):
        sheet.write_number(row, column, float(value), cell_format)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime.combine(value, datetime.min.time()), cell_format)
    else:
        sheet.write_string(row, column, str(value), cell_format)
