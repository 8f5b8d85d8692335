"""JSON lines (NDJSON): one value a line, each told by its bytes before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jiter

from connectors.core.errors import Fatal
from connectors.core.formats_json import MAX_DEPTH, load_json

_BOM = b"\xef\xbb\xbf"
MAX_LINE = 10_000_000


class JsonLine:
    """One line that is not blank.

    Attributes:
        number: line in the file, from 1.
        text: the line as it stands.
    """

    __slots__ = ("number", "text")

    def __init__(self, number: int, text: bytes) -> None:
        self.number, self.text = number, text

    @property
    def value(self) -> Any:
        """The value, as exact as ``load_json`` reads it.

        Raises:
            Fatal: as ``load_json``.
        """
        return quick_json(self.text)


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


def read_json_lines(path: Path) -> Iterator[JsonLine]:
    """Lines of a file one by one, in constant memory; blank lines are passed over.

    Raises:
        Fatal: ``json_line`` when a line has more than 10 MB: it is no list of records then.
    """
    with path.open("rb") as stream:
        if stream.read(len(_BOM)) != _BOM:
            stream.seek(0)
        for number, line in enumerate(iter(partial(stream.readline, MAX_LINE + 1), b""), start=1):
            if len(line) > MAX_LINE:
                raise Fatal(f"line {number} has more than {MAX_LINE:,} bytes", where=path.name, rule="json_line")
            if line[0] == _BRACE or line.strip():
                yield JsonLine(number, line)


_BRACE = ord("{")
