"""Delimited text: encoding found, delimiter sniffed, nothing lost without a trace."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from connectors.core.errors import Fatal
from connectors.core.formats_text import detect_encoding, storable

_MAX_FIELD = 1_000_000
_DELIMITERS = (";", ",", "\t", "|")
_SNIFFED_ROWS = 25
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")
_Record = tuple[int, str, list[str] | None]


class CsvTextRow(NamedTuple):
    """One row as it stands: its number in the file (1 is the first) and its cells."""

    number: int
    cells: list[str]


class _Heading(NamedTuple):
    """Column names of a file and the sign between its cells; ``context`` is both in few bytes."""

    names: list[str]
    sign: str
    is_named: bool
    context: bytes


class CsvRow:
    """One data row; its text is cut into cells when they are first asked for.

    Attributes:
        number: row in the file; the header is 1, the first data row 2.
        text: the row as it stands, with its line end.
    """

    __slots__ = ("_cells", "_heading", "number", "text")

    def __init__(self, number: int, text: str, cells: list[str] | None, heading: _Heading) -> None:
        self.number, self.text, self._cells, self._heading = number, text, cells, heading

    @property
    def context(self) -> bytes:
        """What the text means beside itself: the header and the delimiter."""
        return self._heading.context

    @property
    def cells(self) -> list[str]:
        """Text between the delimiters."""
        cells = self._cells
        if cells is None:
            cells = self._cells = _cut(self.text, self._heading.sign)
        return cells if "\x00" not in self.text else [storable(cell) for cell in cells]

    @property
    def data(self) -> dict[str, str]:
        """Column → text as published. A repeated column name gets `` (2)``; cells without a name are in ``extra``."""
        names, _sign, is_named, _context = self._heading
        cells = self.cells
        if is_named and len(cells) == len(names):
            return dict(zip(names, cells, strict=True))
        return {name: cell for name, cell in zip(names, cells, strict=False) if name}

    @property
    def extra(self) -> list[str]:
        """Texts beyond the last column or under a nameless one."""
        names, cells = self._heading.names, self.cells
        if self._heading.is_named and len(cells) <= len(names):
            return []
        unnamed = [cell for name, cell in zip(names, cells, strict=False) if not name and cell.strip()]
        return unnamed + [cell for cell in cells[len(names) :] if cell.strip()]

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns for which the row has no cell at all."""
        return tuple(name for name in self._heading.names[len(self.cells) :] if name)


def read_csv(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[CsvRow]:
    """Rows of a file whose first non-blank row is the header; blank rows are passed over.

    Args:
        path: the file.
        delimiter: sniffed among ``; , tab |`` when None.
        encoding: what the sender declared; see ``decode`` for how far it is trusted.

    Raises:
        Fatal: ``empty_file``, ``encoding``, ``html_not_csv``, ``not_text``, ``csv`` (a quote that never
            closes, a field beyond 1 MB).
    """
    heading: _Heading | None = None
    sign, records = _open(path, delimiter, encoding)
    for number, text, cells in records:
        if not text[0].isalnum() and not "".join(_cut(text, sign) if cells is None else cells).strip():
            continue
        if heading is None:
            names = _unique([storable(cell) for cell in (_cut(text, sign) if cells is None else cells)])
            heading = _Heading(names, sign, all(names), "\x1f".join([sign, *names]).encode())
            continue
        yield CsvRow(number, text, cells, heading)
    if heading is None:
        raise Fatal("holds no row", where=path.name, rule="empty_file")


def read_csv_rows(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[CsvTextRow]:
    """All rows as lists of text, for files with a preamble; arguments and errors as ``read_csv``."""
    sign, records = _open(path, delimiter, encoding)
    for number, text, cells in records:
        found = _cut(text, sign) if cells is None else cells
        yield CsvTextRow(number, found if "\x00" not in text else [storable(cell) for cell in found])


def _open(path: Path, delimiter: str | None, encoding: str | None) -> tuple[str, Iterator[_Record]]:
    """The delimiter and the records of a file."""
    _refuse_other_formats(path)
    name = detect_encoding(path, encoding)
    sign = delimiter or _sniff(path, name)
    return sign, _records(path, name, sign)


def _records(path: Path, encoding: str, sign: str) -> Iterator[_Record]:
    """Number and text of every record, and its cells where it had to be read to find its end.

    A line without a quote is a record, and its cells are what stands between the delimiters.
    """
    number = 0
    try:
        with path.open(encoding=encoding, newline="") as stream:
            csv.field_size_limit(_MAX_FIELD)  # one limit a process: another library may have moved it
            for line in stream:
                if '"' not in line and len(line) <= _MAX_FIELD:
                    number += 1
                    yield number, line, None
                    continue
                taken: list[str] = []
                cells = next(csv.reader(_noting(chain([line], stream), taken), delimiter=sign))
                number += 1
                yield number, "".join(taken), cells
    except csv.Error as error:
        raise Fatal(f"after row {number}: {error}; is a quote not closed?", where=path.name, rule="csv") from error


def _noting(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _cut(text: str, sign: str) -> list[str]:
    """Cells of a record without quotes."""
    line = text.rstrip("\r\n")
    return line.split(sign) if line else []


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(1024)
    if not head:
        raise Fatal("is empty (zero bytes)", where=path.name, rule="empty_file")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if start.startswith(_HTML_STARTS):
        raise Fatal("is a web page, not delimited text", where=path.name, rule="html_not_csv")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")):
        raise Fatal("is a binary file, not delimited text", where=path.name, rule="not_text")


def _sniff(path: Path, encoding: str) -> str:
    """The delimiter that cuts the first rows most evenly; comma for a single column.

    A row without numbers that has the usual width is a heading: a sign that gives one wins over a sign
    that only occurs in the data, such as a decimal comma.
    """

    def score(sign: str) -> tuple[bool, float, int]:
        rows: list[list[str]] = []
        with path.open(encoding=encoding, newline="") as stream, suppress(csv.Error):  # reported when it is read
            csv.field_size_limit(_MAX_FIELD)  # one limit a process: another library may have moved it
            rows.extend(r for r in islice(csv.reader(stream, delimiter=sign), _SNIFFED_ROWS) if any(r))
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return (False, 0.0, 0)
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
        headed = any(len(row) == width and all(_is_word(cell) for cell in row) for row in rows)
        return (headed, count / len(rows), width)

    scores = {sign: score(sign) for sign in _DELIMITERS}
    best = max(scores, key=lambda sign: scores[sign])
    return best if scores[best][2] > 1 else ","


def _is_word(cell: str) -> bool:
    text = cell.strip()
    return not text or (not text[0].isdigit() and any(c.isalpha() for c in text))


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in (n.strip() for n in names):
        seen[name] = seen.get(name, 0) + 1
        result.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return result
