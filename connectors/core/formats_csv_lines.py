"""Where the records of a delimited text begin and end: lines, and quotes that reach beyond them."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from connectors.core.errors import Fatal

MAX_FIELD = 1_000_000
_RETURN, _END = b"\r\n"
_CHUNK = 1 << 17
"""So few that what is made of a chunk stays in the processor's cache until it is sent."""


class Run(NamedTuple):
    """Neighbouring records.

    Attributes:
        number: of the first of them in the file, from 1.
        texts: each as it stands, with its line end, in UTF-8 whatever the file is in.
        cells: of each; None where no quote stands in any of them, so that cells are what delimiters part.
    """

    number: int
    texts: list[bytes]
    cells: list[list[str]] | None


def read_runs(path: Path, encoding: str, sign: str) -> Iterator[Run]:
    """All records of a file.

    Raises:
        Fatal: ``csv``, as ``read_csv`` says it.
    """
    lines, number = _Lines(_chunks(path, encoding)), 1
    while block := lines.block():
        body = b"".join(block)
        is_bare = b'"' not in body and len(body) <= MAX_FIELD
        run = Run(number, block, None) if is_bare else _parsed(block, lines, sign, number, path.name)
        yield run
        number += len(run.texts)


def cut(text: str, sign: str) -> list[str]:
    """Cells of a record without quotes."""
    line = text.rstrip("\r\n")
    return line.split(sign) if line else []


def _parsed(block: list[bytes], lines: _Lines, sign: str, number: int, where: str) -> Run:
    """Records of a block of lines with quotes; the last may take further lines."""
    taken: list[bytes] = []
    texts: list[bytes] = []
    cells: list[list[str]] = []
    lines.again(block)
    csv.field_size_limit(MAX_FIELD)  # one limit a process: another library may have moved it
    reader = csv.reader(_noting(lines, taken), delimiter=sign)
    left = len(block)
    try:
        while left > 0:
            cells.append(next(reader))
            if lines.are_over:
                opened = f"row {number + len(texts)}: a quote is opened and never closed"
                raise Fatal(f"{opened}; all that follows would be one cell", where=where, rule="csv")
            left -= len(taken)
            texts.append(b"".join(taken))
            taken.clear()
    except csv.Error as error:
        after = number - 1 + len(texts)
        raise Fatal(f"after row {after}: {error}; is a quote not closed?", where=where, rule="csv") from error
    return Run(number, texts, cells)


def _noting(lines: Iterator[bytes], taken: list[bytes]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line.decode()


class _Lines:
    """Lines of a text in UTF-8, one by one or as many as there are at hand.

    Attributes:
        are_over: a line was asked for when there was none.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._blocks = _whole_lines(chunks)
        self._now: Iterator[bytes] = iter(())
        self.are_over = False

    def block(self) -> list[bytes]:
        """Some lines; none at the end."""
        return list(self._now) or next(self._blocks, [])

    def again(self, block: list[bytes]) -> None:
        """Take back a block whose lines are wanted one by one."""
        self._now = iter(block)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        for line in self._now:
            return line
        self._now = iter(next(self._blocks, []))
        for line in self._now:
            return line
        self.are_over = True
        raise StopIteration


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[list[bytes]]:
    rest: list[bytes] = []
    for chunk in chunks:
        # What ends in CR may go on with LF.
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, len(chunk) - 1)) + 1
        if not end:
            rest.append(chunk)
            continue
        yield _split(b"".join([*rest, chunk[:end]]))
        rest = [chunk[end:]]
    if last := b"".join(rest):
        yield _split(last)


def _split(body: bytes) -> list[bytes]:
    """Lines with their ends; ``splitlines`` looks at each byte by itself and takes five times as long."""
    return body.splitlines(keepends=True) if _has_bare_return(body) else BytesIO(body).readlines()


def _has_bare_return(body: bytes) -> bool:
    """Whether a carriage return ends a line by itself."""
    if b"\r" not in body:
        return False
    signs = np.frombuffer(body + b" ", "u1")
    return bool(((signs[:-1] == _RETURN) & (signs[1:] != _END)).any())


def _chunks(path: Path, encoding: str) -> Iterator[bytes]:
    """The text in UTF-8, without byte order mark."""
    with path.open("rb") as stream:
        if encoding not in ("utf-8", "utf-8-sig"):
            decoder = codecs.getincrementaldecoder(encoding)()
            while chunk := stream.read(_CHUNK):
                yield decoder.decode(chunk).encode()
            yield decoder.decode(b"", final=True).encode()
            return
        if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)
        while chunk := stream.read(_CHUNK):
            yield chunk
