"""JSON lines (NDJSON): one value a line, each told by its bytes before it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import jiter
import orjson

from connectors.core.blocks import Columns, UnreadBlock, count_sign, joined
from connectors.core.errors import Fatal
from connectors.core.formats_json import MAX_DEPTH, load_json
from connectors.core.source import RawRecord
from schemas.sources.column_fields import are_filled, are_plain

_BOM = b"\xef\xbb\xbf"
_Layout = tuple[tuple[str, ...], list[tuple[Any, ...]]]
_SURE = {str, int, bool, type(None)}
MAX_LINE = 10_000_000
_CHUNK = 1 << 17
"""So few that what is made of a chunk stays in the processor's cache until it is sent."""


class JsonBlock:
    """Neighbouring lines, none of them blank.

    Attributes:
        numbers: the lines' numbers in the file, from 1.
        texts: each line as it stands, with its end.
    """

    def __init__(self, numbers: Sequence[int], texts: list[bytes]) -> None:
        self.numbers, self.texts = numbers, texts

    def value(self, place: int) -> Any:
        """The value of the line at a place of the block, from 0, as exact as ``load_json`` reads it.

        Raises:
            Fatal: as ``load_json``.
        """
        return quick_json(self.texts[place])

    def columns(self, places: Sequence[int]) -> Columns | None:
        """The lines at these places as columns; None where they are not all objects of the same keys."""
        texts = self.texts if len(places) == len(self.texts) else [self.texts[place] for place in places]
        return _flat_columns(texts) or _columns(texts)

    def unread(self, record: Callable[[int, Any], RawRecord], *, by_column: bool = False) -> UnreadBlock:
        """The lines for a loader.

        Args:
            record: what a connector makes of a line's number and value.
            by_column: it gives the value as it is, and nothing else.
        """

        def read(place: int) -> RawRecord:
            return record(self.numbers[place], self.value(place))

        columns = {"columns": self.columns} if by_column else {}
        return UnreadBlock("line", self.numbers, b"", self.texts, read, **columns)


def _flat_columns(texts: list[bytes]) -> Columns | None:
    """Objects of texts and whole numbers, read in one go; None where they are not surely that.

    The parser keeps the last of two equal keys and rounds decimals: neither must be there.
    """
    body = _array(texts)
    found = _read_array(body, len(texts)) if body else None
    if body is None or found is None:
        return None
    names, cells = found
    inside, values = joined(cells), len(names) * len(texts)
    if inside is None:
        if not all(set(map(type, column)) <= _SURE for column in cells):
            return None
        values = sum(type(cell) is str for column in cells for cell in column)
    # Without escapes each quotation mark is a key's or a text's: a key too many shows.
    if count_sign(body, b'"') != 2 * (len(names) * len(texts) + values):
        return None
    return Columns(names, cells, are_plain(inside), are_filled(inside)) if inside else Columns(names, cells)


def _read_array(body: bytes, rows: int) -> _Layout | None:
    try:
        found = orjson.loads(body)
        return _transposed(found) if len(found) == rows else None
    except (ValueError, TypeError):  # no JSON, or something beside objects
        return None


def _array(texts: list[bytes]) -> bytes | None:
    """The lines as one array, where each begins with the only brace in it: what of that are objects are the lines."""
    body = b",".join(texts)
    is_flat = b"\\" not in body and b"[" not in body and count_sign(body, b"{") == len(texts)
    return b"[%b]" % body if is_flat and [text[0] for text in texts].count(ord("{")) == len(texts) else None


def _columns(texts: list[bytes]) -> Columns | None:
    """Objects read line by line; None where a line is something else or needs the thorough parser's words."""
    try:
        rows = [quick_json(text) for text in texts]
    except Fatal:
        return None
    found = _transposed(rows) if all(type(row) is dict for row in rows) else None
    return Columns(*found) if found else None


def _transposed(rows: list[dict[str, Any]]) -> _Layout | None:
    """Names and columns of objects that all have the same keys in the same order, at least one."""
    names = list(rows[0])
    if not names or list(map(list, rows)).count(names) != len(rows):
        return None
    return tuple(names), list(zip(*map(dict.values, rows), strict=True))


def quick_json(text: bytes) -> Any:
    """As ``load_json``; what the quick parser does not take goes the thorough way, which names what is wrong."""
    if b"\\u" not in text and text.count(b"{") + text.count(b"[") <= MAX_DEPTH:
        try:
            return jiter.from_json(
                text, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="decimal", cache_mode="keys"
            )
        except ValueError:
            pass
    return load_json(text)


def read_json_blocks(path: Path) -> Iterator[JsonBlock]:
    """Lines of a file, some neighbours at a time, in constant memory; blank lines are passed over.

    Raises:
        Fatal: ``json_line`` when a line has more than 10 MB: it is no list of records then.
    """
    number = 1
    for lines in _lines(path):
        if b"".join([line[:1] for line in lines]) == b"{" * len(lines):
            yield JsonBlock(range(number, number + len(lines)), lines)
        elif places := [at for at, line in enumerate(lines) if line.strip()]:
            yield JsonBlock([number + at for at in places], [lines[at] for at in places])
        number += len(lines)


def _lines(path: Path) -> Iterator[list[bytes]]:
    """Lines with their ends; the last gets one if it has none."""
    rest, number = b"", 1
    with path.open("rb") as stream:
        if stream.read(len(_BOM)) != _BOM:
            stream.seek(0)
        while chunk := stream.read(_CHUNK):
            lines = BytesIO(rest + chunk).readlines()
            rest = b"" if chunk.endswith(b"\n") else lines.pop()
            if max(map(len, lines), default=0) > MAX_LINE or len(rest) > MAX_LINE:
                raise Fatal(
                    f"a line from {number} on has more than {MAX_LINE:,} bytes", where=path.name, rule="json_line"
                )
            yield lines
            number += len(lines)
    if rest:
        yield [rest + b"\n"]
