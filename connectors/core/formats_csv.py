"""Delimited text: encoding found, delimiter sniffed, nothing lost without a trace."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from connectors.core.errors import Fatal
from connectors.core.formats_text import detect_encoding, storable

_MAX_FIELD = 1_000_000
_DELIMITERS = (";", ",", "\t", "|")
_SNIFFED_ROWS = 25
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")


class CsvTextRow(NamedTuple):
    """One row as it stands: its number in the file (1 is the first) and its cells."""

    number: int
    cells: list[str]


class CsvRow(NamedTuple):
    """One data row.

    Attributes:
        number: row in the file; the header is 1, the first data row 2.
        data: column → text as published. A repeated column name gets `` (2)``, a nameless column that holds
            something goes to ``extra``.
        extra: cells beyond the last column.
        missing: columns for which the row has no cell at all.
    """

    number: int
    data: dict[str, str]
    extra: list[str]
    missing: tuple[str, ...] = ()


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
    rows = read_csv_rows(path, delimiter=delimiter, encoding=encoding)
    header: list[str] | None = None
    is_named = False
    for number, cells in rows:
        if not "".join(cells).strip():
            continue
        if header is None:
            header = _unique(cells)
            is_named = all(header)
            continue
        if is_named and len(cells) == len(header):
            yield CsvRow(number, dict(zip(header, cells, strict=True)), [])
            continue
        data = {name: cell for name, cell in zip(header, cells, strict=False) if name}
        unnamed = [c for name, c in zip(header, cells, strict=False) if not name and c.strip()]
        missing = tuple(name for name in header[len(cells) :] if name)
        yield CsvRow(number, data, unnamed + [c for c in cells[len(header) :] if c.strip()], missing)
    if header is None:
        raise Fatal("holds no row", where=path.name, rule="empty_file")


def read_csv_rows(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[CsvTextRow]:
    """All rows as lists of text, for files with a preamble; arguments and errors as ``read_csv``."""
    _refuse_other_formats(path)
    name = detect_encoding(path, encoding)
    sign = delimiter or _sniff(path, name)
    number = 0
    try:
        with path.open(encoding=name, newline="") as stream:
            csv.field_size_limit(_MAX_FIELD)  # one limit a process: another library may have moved it
            for number, cells in enumerate(csv.reader(stream, delimiter=sign), start=1):
                yield CsvTextRow(number, cells if "\x00" not in "".join(cells) else [storable(cell) for cell in cells])
    except csv.Error as error:
        raise Fatal(f"after row {number}: {error}; is a quote not closed?", where=path.name, rule="csv") from error


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
