"""Delimited text: encoding found, delimiter sniffed, nothing lost without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from connectors.core.blocks import Columns, UnreadBlock
from connectors.core.errors import Fatal
from connectors.core.formats_csv_lines import Run, cut, read_runs
from connectors.core.formats_csv_sniff import refuse_other_formats, sniff
from connectors.core.formats_text import detect_encoding, storable
from connectors.core.source import RawRecord
from schemas.sources.column_fields import are_filled, are_plain


class CsvTextRow(NamedTuple):
    """One row as it stands: its number in the file (1 is the first) and its cells."""

    number: int
    cells: list[str]


class _Heading(NamedTuple):
    """Column names of a file and the sign between its cells; ``context`` is both in few bytes.

    ``is_named``: every column has a name of its own.
    """

    names: tuple[str, ...]
    sign: str
    is_named: bool
    context: bytes


class CsvRow(NamedTuple):
    """One data row.

    Attributes:
        number: row in the file; the header is 1, the first data row 2.
        cells: text between the delimiters.
    """

    number: int
    cells: list[str]
    heading: _Heading

    @property
    def data(self) -> dict[str, str]:
        """Column → text as published. A repeated column name gets `` (2)``; cells without a name are in ``extra``."""
        names, cells = self.heading.names, self.cells
        if self.heading.is_named and len(cells) == len(names):
            return dict(zip(names, cells, strict=True))
        return {name: cell for name, cell in zip(names, cells, strict=False) if name}

    @property
    def extra(self) -> list[str]:
        """Texts beyond the last column or under a nameless one."""
        names, cells = self.heading.names, self.cells
        if self.heading.is_named and len(cells) <= len(names):
            return []
        unnamed = [cell for name, cell in zip(names, cells, strict=False) if not name and cell.strip()]
        return unnamed + [cell for cell in cells[len(names) :] if cell.strip()]

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns for which the row has no cell at all."""
        return tuple(name for name in self.heading.names[len(self.cells) :] if name)


class CsvBlock:
    """Neighbouring data rows, not yet cut into cells.

    Attributes:
        numbers: the rows' numbers in the file.
        texts: each row as it stands, with its line end, in UTF-8.
    """

    def __init__(
        self, numbers: Sequence[int], texts: list[bytes], cells: list[list[str]] | None, heading: _Heading
    ) -> None:
        self.numbers, self.texts, self._cells, self._heading = numbers, texts, cells, heading

    @property
    def names(self) -> tuple[str, ...]:
        """The header's names."""
        return self._heading.names

    def row(self, place: int) -> CsvRow:
        """The row at a place of the block, from 0."""
        return CsvRow(self.numbers[place], _cells(self.texts, self._cells, place, self._heading.sign), self._heading)

    def columns(self, places: Sequence[int]) -> Columns | None:
        """The rows at these places as columns; None where a row has another width than the header, or a NUL."""
        heading = self._heading
        texts = self.texts if len(places) == len(self.texts) else [self.texts[place] for place in places]
        body = b"".join(texts)
        if not heading.is_named or b"\x00" in body:
            return None
        if self._cells is None:
            return _columns(body, len(texts), heading)
        rows = [self._cells[place] for place in places]
        if any(len(row) != len(heading.names) for row in rows):
            return None
        return Columns(heading.names, list(zip(*rows, strict=True)))

    def unread(self, record: Callable[[CsvRow], RawRecord], *, by_column: bool = False) -> UnreadBlock:
        """The rows for a loader.

        Args:
            record: what a connector makes of a row.
            by_column: it gives the row's cells under the header's names, and nothing else.
        """

        def read(place: int) -> RawRecord:
            return record(self.row(place))

        columns = {"columns": self.columns} if by_column else {}
        return UnreadBlock("row", self.numbers, self._heading.context, self.texts, read, **columns)


def _cells(texts: list[bytes], cells: list[list[str]] | None, place: int, sign: str) -> list[str]:
    found = cut(texts[place].decode(), sign) if cells is None else cells[place]
    return found if b"\x00" not in texts[place] else [storable(cell) for cell in found]


def _columns(body: bytes, rows: int, heading: _Heading) -> Columns | None:
    """So many rows without quotes, cut all at once."""
    names, sign = heading.names, heading.sign
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not body.endswith(b"\n"):
        body += b"\n"
    # A cell that is a line end stands behind each row: where one is out of place, a row has another width.
    mark = sign.encode()
    body, width = body.replace(b"\n", mark + b"\n" + mark), len(names) + 1
    cells = body.decode().split(sign)
    if len(cells) != rows * width + 1 or cells[width - 1 :: width].count("\n") != rows:
        return None
    columns = [cells[at : rows * width : width] for at in range(width - 1)]
    is_plain = sign.isascii() and are_plain(body, mark)
    return Columns(names, columns, is_plain, is_plain and are_filled(body, mark))


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
    for block in read_csv_blocks(path, delimiter=delimiter, encoding=encoding):
        yield from map(block.row, range(len(block.texts)))


def read_csv_blocks(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[CsvBlock]:
    """The rows of ``read_csv``, some neighbours at a time; arguments and errors as there."""
    heading: _Heading | None = None
    sign, runs = _open(path, delimiter, encoding)
    for run in runs:
        places = _filled(run, sign)
        if heading is None and places:
            first = places[0]
            names = _unique([storable(cell) for cell in _cells(run.texts, run.cells, first, sign)])
            is_named = all(names) and len(set(names)) == len(names)
            heading = _Heading(tuple(names), sign, is_named, "\x1f".join([sign, *names]).encode())
            places = places[1:]
        if heading is None or not places:
            continue
        yield CsvBlock(*_chosen(run, places), heading)
    if heading is None:
        raise Fatal("holds no row", where=path.name, rule="empty_file")


def _chosen(run: Run, places: Sequence[int]) -> tuple[Sequence[int], list[bytes], list[list[str]] | None]:
    """Numbers, texts and cells of a run's rows at these places."""
    if len(places) == len(run.texts):
        return range(run.number, run.number + len(places)), run.texts, run.cells
    cells = None if run.cells is None else [run.cells[place] for place in places]
    return [run.number + place for place in places], [run.texts[place] for place in places], cells


def _filled(run: Run, sign: str) -> Sequence[int]:
    """Places of the rows that are not blank."""
    if b"".join([text[:1] for text in run.texts]).isalnum():
        return range(len(run.texts))

    def is_filled(place: int) -> bool:
        return bool("".join(cut(run.texts[place].decode(), sign) if run.cells is None else run.cells[place]).strip())

    return [place for place, text in enumerate(run.texts) if text[:1].isalnum() or is_filled(place)]


def read_csv_rows(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[CsvTextRow]:
    """All rows as lists of text, for files with a preamble; arguments and errors as ``read_csv``."""
    sign, runs = _open(path, delimiter, encoding)
    for run in runs:
        for place in range(len(run.texts)):
            yield CsvTextRow(run.number + place, _cells(run.texts, run.cells, place, sign))


def _open(path: Path, delimiter: str | None, encoding: str | None) -> tuple[str, Iterator[Run]]:
    """The delimiter and the records of a file."""
    refuse_other_formats(path)
    name = detect_encoding(path, encoding)
    sign = delimiter or sniff(path, name)
    return sign, read_runs(path, name, sign)


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in (n.strip() for n in names):
        seen[name] = seen.get(name, 0) + 1
        result.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return result
