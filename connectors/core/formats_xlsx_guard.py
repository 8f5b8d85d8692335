"""What is checked in a workbook before any reader touches it.

Every member is inflated once and counted, because the sizes in a zip directory are the sender's claim.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lxml import etree

from connectors.core.errors import Fatal
from connectors.core.formats_xlsx_survey import Survey, survey
from connectors.core.formats_xml import xml_parser

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 18
_HEAD = 2048
_MAX_INDEX = 10_000_000
_LETTERS = 26

# Each pattern begins with a literal, so that the search leaps from one to the next; what must stand before is looked
# at after.
_CELL_COLUMN = re.compile(rb"""r(?<=\sr)\s*=\s*["']([A-Za-z]{1,4})\d""")
_CELL_ROW = re.compile(rb"""r(?<=\sr)\s*=\s*["'][A-Za-z]{0,4}(\d{1,10})["']""")
_ODD_REFERENCE = re.compile(rb"""r(?<=\sr)\s*=\s*(?:"[^"<>]*&|'[^'<>]*&)""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_ERROR = re.compile(rb"""t(?<=\st)\s*=\s*["']e["']""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\shidden\s*=\s*["'](?:1|true)["'][^>]*>""")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")


@dataclass(frozen=True)
class XlsxLimits:
    """Bounds of one workbook, all after inflating.

    Attributes:
        members: files in the zip container.
        total_bytes: inflated size of all members.
        ratio: inflated to packed size of one member, looked at from ``ratio_from_bytes`` on.
        rows, columns: last used row and column of a sheet (Excel's own limits: 1 048 576 and 16 384).
        area: rows x columns of one sheet; a reader that fills the rectangle pays for all of it.
    """

    members: int = 2_000
    total_bytes: int = 400_000_000
    ratio: int = 250
    ratio_from_bytes: int = 5_000_000
    rows: int = 300_000
    columns: int = 1_024
    area: int = 20_000_000


@dataclass
class SheetScan:
    """What one pass over a sheet's XML found."""

    member: str
    date_1904: bool = False
    has_formulas_or_errors: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    rows: int = 0
    columns: int = 0
    cells: int = 0


def inspect_workbook(path: Path, limits: XlsxLimits) -> dict[str, SheetScan]:
    """Check the container and scan its sheets.

    Returns:
        Sheet name → scan.

    Raises:
        Fatal: see ``read_xlsx``.
    """
    _refuse_by_signature(path)
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            infos = archive.infolist()
            _refuse_by_members(path, infos, limits)
            sheets = _sheet_members(path, archive, raw)
            is_1904 = _is_1904(path, archive, raw)
            scans = {member: SheetScan(member, is_1904) for member in sheets.values()}
            for info in infos:
                _scan(path, raw, info, limits, scans.get(info.filename))
    # NotImplementedError: a way of packing that zipfile does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise Fatal(f"damaged or cut: {error}", where=path.name, rule="xlsx_damaged") from error
    return {name: scans[member] for name, member in sheets.items()}


def _refuse_by_signature(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        where = path.name
        if not head:
            raise Fatal("is empty (zero bytes)", where=where, rule="empty_file")
        if head.startswith(_OLE):
            stream.seek(0)
            if "EncryptedPackage".encode("utf-16-le") in stream.read(1 << 24):
                raise Fatal("is protected by a password; save it without one", where=where, rule="xlsx_encrypted")
            raise Fatal("is an old .xls workbook; save it as .xlsx", where=where, rule="xls_legacy")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        raise Fatal(
            "is a web page or XML, not a workbook: was the session logged out when it was downloaded?",
            where=where,
            rule="html_not_xlsx",
        )
    if not head.startswith(b"PK\x03\x04"):
        raise Fatal("is not an .xlsx workbook", where=where, rule="not_xlsx")


def _refuse_by_members(path: Path, infos: list[zipfile.ZipInfo], limits: XlsxLimits) -> None:
    where, names = path.name, [info.filename for info in infos]
    lowered = {name.lower() for name in names}
    if len(names) > limits.members:
        raise Fatal(f"holds {len(names)} files, at most {limits.members}", where=where, rule="xlsx_too_large")
    if len(lowered) != len(names):
        raise Fatal("holds two files of one name", where=where, rule="xlsx_damaged")
    if any(info.flag_bits & 1 for info in infos):
        raise Fatal("holds encrypted files", where=where, rule="xlsx_encrypted")
    if any(name.endswith("vbaproject.bin") for name in lowered):
        raise Fatal("contains macros; save it as .xlsx without them", where=where, rule="xlsx_macro")
    if "xl/workbook.bin" in lowered:
        raise Fatal("is a binary .xlsb workbook; save it as .xlsx", where=where, rule="xlsb")
    if "content.xml" in lowered and "mimetype" in lowered:
        raise Fatal("is an OpenDocument file; save it as .xlsx", where=where, rule="ods")
    if "[content_types].xml" not in lowered or "xl/workbook.xml" not in lowered:
        raise Fatal("is a zip file but not a workbook", where=where, rule="not_xlsx")
    declared = sum(info.file_size for info in infos)
    if declared > limits.total_bytes:
        raise Fatal(f"inflates to {declared} bytes, at most {limits.total_bytes}", where=where, rule="xlsx_too_large")


def _root(path: Path, archive: zipfile.ZipFile, raw: IO[bytes], member: str) -> Any:
    """Parsed root of a small member of the container."""
    try:
        body = b"".join(_inflate(raw, archive.getinfo(member), _MAX_INDEX, path.name))
        if b"<!DOCTYPE" in body:
            raise Fatal(f"{member} contains a DOCTYPE", where=path.name, rule="xml_doctype")
        return etree.fromstring(body, xml_parser())
    except (KeyError, etree.XMLSyntaxError) as error:
        raise Fatal(f"damaged: {error}", where=path.name, rule="xlsx_damaged") from error


def _is_1904(path: Path, archive: zipfile.ZipFile, raw: IO[bytes]) -> bool:
    """Whether serial day 0 is 1 January 1904 (workbooks born on a Macintosh)."""
    root = _root(path, archive, raw, "xl/workbook.xml")
    return any(
        (element.get("date1904") or "").lower() in ("1", "true")
        for element in root.iter(MAIN + "workbookPr", STRICT + "workbookPr")
    )


def _sheet_members(path: Path, archive: zipfile.ZipFile, raw: IO[bytes]) -> dict[str, str]:
    """Sheet name → name of its XML inside the container."""
    targets = {
        rel.get("Id"): posixpath.normpath(posixpath.join("/xl", rel.get("Target") or ""))
        for rel in _root(path, archive, raw, "xl/_rels/workbook.xml.rels")
        if (rel.get("Type") or "").endswith("/worksheet")
    }
    result = {}
    for sheet in _root(path, archive, raw, "xl/workbook.xml").iter(MAIN + "sheet", STRICT + "sheet"):
        relation = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
        if relation in targets:
            result[sheet.get("name")] = targets[relation].lstrip("/")
    known = set(archive.namelist())
    lost = [name for name, member in result.items() if member not in known]
    if lost:
        raise Fatal(f"sheet '{lost[0]}' is not in the file", where=path.name, rule="xlsx_damaged")
    return result


def _inflate(raw: IO[bytes], info: zipfile.ZipInfo, most: int, where: str) -> Iterator[bytes]:
    """Bytes of one member, counted while they come; ``zipfile`` would stop at the declared size."""
    raw.seek(info.header_offset)
    header = raw.read(30)
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left, size = info.compress_size, 0
    inflater = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    if inflater is None and info.compress_type != zipfile.ZIP_STORED:
        raise Fatal("uses a compression that Excel does not", where=where, rule="xlsx_damaged")
    pending = b""
    while left or pending:
        if not pending:
            pending = raw.read(min(_CHUNK, left))
            if not pending:
                raise EOFError(f"{info.filename} ends early")
            left -= len(pending)
        chunk = inflater.decompress(pending, _CHUNK * 4) if inflater else pending
        pending = inflater.unconsumed_tail if inflater else b""
        size += len(chunk)
        if size > most or size > info.file_size:
            raise Fatal(f"{info.filename} is larger than it says or than allowed", where=where, rule="xlsx_too_large")
        yield chunk
    if inflater is not None:
        yield inflater.flush()
        if not inflater.eof:
            raise EOFError(f"{info.filename} ends early")


def _one_ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same, the next of them inflated while one is looked at."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def _scan(path: Path, raw: IO[bytes], info: zipfile.ZipInfo, limits: XlsxLimits, scan: SheetScan | None) -> None:
    if info.file_size >= limits.ratio_from_bytes and info.file_size > limits.ratio * max(info.compress_size, 1):
        raise Fatal(
            f"{info.filename} inflates {info.file_size // max(info.compress_size, 1)} times, at most {limits.ratio}",
            where=path.name,
            rule="xlsx_ratio",
        )
    is_xml = info.filename.lower().endswith((".xml", ".rels"))
    rest, first = b"", True
    for chunk in _one_ahead(_inflate(raw, info, limits.total_bytes, path.name)):
        if first and is_xml:
            _check_head(path, info.filename, chunk[:_HEAD])
            first = False
        if scan is None:
            continue
        text = rest + chunk
        cut = text.rfind(b">") + 1
        rest = text[cut:]
        _scan_sheet(path, text[:cut], scan, limits)
    if scan is not None and scan.cells > scan.rows * max(scan.columns, 1):
        raise Fatal(f"{info.filename} has cells without a reference", where=path.name, rule="xlsx_dimension")


def _check_head(path: Path, member: str, head: bytes) -> None:
    if b"<!DOCTYPE" in head:
        raise Fatal(f"{member} contains a DOCTYPE", where=path.name, rule="xml_doctype")
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or b"\x00" in head:
        raise Fatal(f"{member} is not UTF-8 XML", where=path.name, rule="xlsx_damaged")


def _scan_sheet(path: Path, text: bytes, scan: SheetScan, limits: XlsxLimits) -> None:
    if b"&" in text and _ODD_REFERENCE.search(text):
        raise Fatal("has disguised cell references", where=path.name, rule="xlsx_dimension")
    found = survey(text) or _searched(text)
    scan.rows, scan.columns = max(scan.rows, found.rows), max(scan.columns, found.columns)
    scan.cells += found.cells
    if scan.rows > limits.rows or scan.columns > limits.columns or scan.rows * scan.columns > limits.area:
        raise Fatal(
            f"a sheet reaches row {scan.rows}, column {scan.columns}; at most {limits.rows} rows, "
            f"{limits.columns} columns and {limits.area} cells. Delete stray cells far out",
            where=path.name,
            rule="xlsx_dimension",
        )
    scan.has_formulas_or_errors = scan.has_formulas_or_errors or found.has_formulas_or_errors
    for row in _HIDDEN_ROW.findall(text) if found.may_hide and b"hidden" in text else ():
        number = _ROW_NUMBER.search(row)
        if number:
            scan.hidden_rows.add(int(number[1]))


def _searched(text: bytes) -> Survey:
    """What ``survey`` says, of XML in any writing."""
    plain = text.count(b"<c ")
    return Survey(
        max(map(int, set(_CELL_ROW.findall(text))), default=0),
        max(map(column_number, set(_CELL_COLUMN.findall(text))), default=0),
        plain if b":c" not in text and plain == text.count(b"<c") else len(_CELL.findall(text)),
        _has_formulas_or_errors(text),
        may_hide=True,
    )


def _has_formulas_or_errors(text: bytes) -> bool:
    """The patterns are asked only where a few letters say that they can find something."""
    formula = (b"<f" in text or b":f" in text) and _FORMULA.search(text)
    return bool(formula or ((b'"e"' in text or b"'e'" in text) and _ERROR.search(text)))


def column_number(letters: bytes) -> int:
    """Column number, A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS + letter - 64
    return number
