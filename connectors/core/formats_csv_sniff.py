"""What a file of delimited text is, by its first bytes and rows."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import suppress
from itertools import islice
from pathlib import Path

from connectors.core.errors import Fatal
from connectors.core.formats_csv_lines import MAX_FIELD

_DELIMITERS = (";", ",", "\t", "|")
_SNIFFED_ROWS = 25
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")


def refuse_other_formats(path: Path) -> None:
    """Refuse by name what is empty, a web page or a binary file.

    Raises:
        Fatal: ``empty_file``, ``html_not_csv``, ``not_text``.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if not head:
        raise Fatal("is empty (zero bytes)", where=path.name, rule="empty_file")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if start.startswith(_HTML_STARTS):
        raise Fatal("is a web page, not delimited text", where=path.name, rule="html_not_csv")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")):
        raise Fatal("is a binary file, not delimited text", where=path.name, rule="not_text")


def sniff(path: Path, encoding: str) -> str:
    """The delimiter that cuts the first rows most evenly; comma for a single column.

    A row without numbers that has the usual width is a heading: a sign that gives one wins over a sign
    that only occurs in the data, such as a decimal comma.
    """

    def score(sign: str) -> tuple[bool, float, int]:
        rows: list[list[str]] = []
        with path.open(encoding=encoding, newline="") as stream, suppress(csv.Error):  # reported when it is read
            csv.field_size_limit(MAX_FIELD)  # one limit a process: another library may have moved it
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
