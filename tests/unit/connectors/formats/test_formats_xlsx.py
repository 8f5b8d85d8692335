"""Workbooks: what comes out of good ones, and the name under which each bad one is refused."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from connectors.core.errors import Fatal
from connectors.core.formats import Cell, XlsxLimits, read_xlsx
from connectors.core.source import RawRecord


def _rows(path: Path) -> dict[int, list[object]]:
    (sheet,) = read_xlsx(path)
    return {row.number: [cell.value for cell in row.cells] for row in sheet.rows}


def _rebuild(source: Path, target: Path, changes: dict[str, bytes]) -> Path:
    """Copy of a workbook with some members replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename not in changes:
                new.writestr(info.filename, old.read(info.filename))
        for name, body in changes.items():
            new.writestr(name, body)
    return target


def _sheet_xml(rows: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
    ).encode()


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append(["00123", 12.5])
    book.save(path)
    return path


def test_values_keep_their_type_and_place(tmp_path: Path) -> None:
    path = tmp_path / "v.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Dépenses")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheet.write_string(2, 1, "0012")
    sheet.write_number(2, 2, 12)
    sheet.write_number(2, 3, 2667650.2)
    sheet.write_boolean(3, 1, True)
    sheet.write_datetime(4, 1, datetime.fromisoformat("2019-03-04"), day)
    sheet.write_datetime(4, 2, datetime.fromisoformat("2019-03-04T01:30"), moment)
    book.close()
    rows = _rows(path)
    assert rows[3] == [None, "0012", 12, 2667650.2]
    assert isinstance(rows[3][2], int)
    assert rows[4][1] is True
    assert rows[5][1:3] == [date(2019, 3, 4), datetime.fromisoformat("2019-03-04T01:30")]


def test_1904_dates_give_the_same_day(tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    book = xlsxwriter.Workbook(str(path), {"date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_datetime(0, 0, datetime.fromisoformat("2020-02-29"), book.add_format({"num_format": "dd/mm/yy"}))
    book.close()
    (read,) = read_xlsx(path)
    assert read.date_1904
    assert [c.value for c in next(read.rows).cells] == [date(2020, 2, 29)]


def test_formula_without_value_and_error_cells_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["x", "=1+1", "y"])
    book.save(path)
    (sheet,) = read_xlsx(path)
    (row,) = sheet.rows
    assert row.cells == [Cell("x"), Cell(None, "formula_without_value"), Cell("y")]

    path = tmp_path / "g.xlsx"
    writer = xlsxwriter.Workbook(str(path))
    tab = writer.add_worksheet()
    tab.write_formula(0, 0, "=1+1", None, 2)
    tab.write_formula(0, 1, "=#REF!+1", None, "#REF!")
    tab.write_string(0, 2, "end")
    writer.close()
    (sheet,) = read_xlsx(path)
    (row,) = sheet.rows
    assert row.cells == [Cell(2), Cell(None, "#REF!"), Cell("end")]


def test_defect_beyond_the_last_value_is_not_lost(plain: Path, tmp_path: Path) -> None:
    body = _sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c r="D1" t="e"><v>#DIV/0!</v></c></row>')
    path = _rebuild(plain, tmp_path / "d.xlsx", {"xl/worksheets/sheet1.xml": body})
    (sheet,) = read_xlsx(path)
    (row,) = sheet.rows
    assert row.cells[3].defect == "#DIV/0!"


def test_hidden_rows_sheets_and_merged_ranges_are_told(tmp_path: Path) -> None:
    path = tmp_path / "h.xlsx"
    book = xlsxwriter.Workbook(str(path))
    first = book.add_worksheet("Un")
    first.merge_range("B2:D3", "Totale")
    first.write(4, 0, "caché")
    first.set_row(4, None, None, {"hidden": True})
    second = book.add_worksheet("Deux")
    second.hide()
    book.close()
    sheets = list(read_xlsx(path))
    assert [(s.name, s.visible) for s in sheets] == [("Un", True), ("Deux", False)]
    assert sheets[0].merged == [((2, 1), (3, 3))]
    assert {r.number: r.hidden for r in sheets[0].rows}[5] is True
    assert list(sheets[1].rows) == []


@pytest.mark.parametrize(
    ("name", "body", "rule"),
    [
        ("zero.xlsx", b"", "empty_file"),
        ("login.xlsx", b"\xef\xbb\xbf  <!DOCTYPE html><html><form>login</form></html>", "html_not_xlsx"),
        ("text.xlsx", b"a;b;c\n1;2;3\n", "not_xlsx"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "xls_legacy"),
        (
            "secret.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "xlsx_encrypted",
        ),
        ("broken.xlsx", b"PK\x03\x04" + b"\x00" * 100, "xlsx_damaged"),
    ],
)
def test_other_things_named_xlsx_are_refused_by_name(tmp_path: Path, name: str, body: bytes, rule: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(Fatal) as caught:
        list(read_xlsx(path))
    assert caught.value.rule == rule
    assert caught.value.where == name


def test_macro_binary_and_opendocument_are_refused_by_name(plain: Path, tmp_path: Path) -> None:
    for member, rule in (("xl/vbaProject.bin", "xlsx_macro"), ("xl/workbook.bin", "xlsb")):
        path = _rebuild(plain, tmp_path / f"{rule}.xlsm", {member: b"x"})
        with pytest.raises(Fatal, match=rule):
            list(read_xlsx(path))
    path = tmp_path / "o.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    with pytest.raises(Fatal, match="ods"):
        list(read_xlsx(path))


def test_bomb_is_refused_by_its_ratio_before_any_reader_opens_it(plain: Path, tmp_path: Path) -> None:
    body = _sheet_xml("<row r='1'/>" + " " * 30_000_000)
    path = _rebuild(plain, tmp_path / "bomb.xlsx", {"xl/worksheets/sheet1.xml": body})
    assert path.stat().st_size < 100_000
    with pytest.raises(Fatal, match="xlsx_ratio"):
        list(read_xlsx(path))


def test_declared_size_is_not_believed(plain: Path, tmp_path: Path) -> None:
    path = _rebuild(plain, tmp_path / "liar.xlsx", {"xl/worksheets/sheet1.xml": _sheet_xml(" " * 3_000_000)})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    true_size = info.file_size.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true_size, (1000).to_bytes(4, "little")))
    with pytest.raises(Fatal, match="xlsx_too_large"):
        list(read_xlsx(path))


def test_total_size_members_and_truncation_are_bounded(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="xlsx_too_large"):
        list(read_xlsx(plain, XlsxLimits(total_bytes=2_000)))
    with pytest.raises(Fatal, match="xlsx_too_large"):
        list(read_xlsx(plain, XlsxLimits(members=3)))
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(plain.read_bytes()[:-300])
    with pytest.raises(Fatal, match="xlsx_damaged"):
        list(read_xlsx(cut))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>',
        '<row r="1"><c r="&#65;1"><v>1</v></c></row>',
        "<row><c><v>1</v></c><c><v>2</v></c></row>",
    ],
    ids=["sparse-corner", "far-column", "disguised", "no-reference"],
)
def test_huge_or_hidden_dimensions_are_refused(plain: Path, tmp_path: Path, rows: str) -> None:
    path = _rebuild(plain, tmp_path / "s.xlsx", {"xl/worksheets/sheet1.xml": _sheet_xml(rows)})
    with pytest.raises(Fatal, match="xlsx_dimension"):
        list(read_xlsx(path))


def test_doctype_inside_a_workbook_is_refused(plain: Path, tmp_path: Path) -> None:
    body = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>' + _sheet_xml("")[38:]
    path = _rebuild(plain, tmp_path / "x.xlsx", {"xl/worksheets/sheet1.xml": body})
    with pytest.raises(Fatal, match="xml_doctype"):
        list(read_xlsx(path))


def test_blocks_hold_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "blocks.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, ["id", "text", "number", "mixed"])
    for row in range(1, 1001):
        sheet.write_row(row, 0, [f"F{row}", "" if row % 7 == 0 else "Città", row / 2, row % 3 or "three"])
    sheet.write_datetime(5, 3, datetime.fromisoformat("2019-03-04"), day)
    sheet.write_formula(900, 2, "=1/0", value="#DIV/0!")
    book.close()
    (one,), (other,) = read_xlsx(path), read_xlsx(path)
    rows = {row.number: row for row in one.rows}
    names = ("id", "text", "number", "mixed")
    seen = 0
    for block in other.blocks:
        unread = block.unread(names, lambda row: RawRecord(str(row.number), {}, tuple(row.cells)))
        has_defect = 901 in block.numbers
        assert (unread.columns(range(len(block.numbers))) is None) == has_defect
        places = [place for place, number in enumerate(block.numbers) if number != 901]
        columns = unread.columns(places)
        assert columns
        for place, cells in zip(places, zip(*columns.cells, strict=True), strict=True):
            assert [Cell(cell) for cell in cells] == rows[block.numbers[place]].cells
            assert block.row(place) == rows[block.numbers[place]]
        assert len(set(unread.texts)) == len(block.numbers)
        assert any(b"#DIV/0!" in text for text in unread.texts) == has_defect
        seen += len(block.numbers)
    assert seen == len(rows) == 1001
