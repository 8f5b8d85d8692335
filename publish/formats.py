"""Writes the rows of one table as Parquet, CSV and GeoJSON in one streaming pass."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Cells = Sequence[Any]
"""Values of one row, in the order of the table's columns, or of one column, in the order of the rows."""

BATCH_ROWS = 5000
"""Rows taken from the database at a time; memory follows this, not the table."""
ROW_GROUP_ROWS = 50_000
"""Rows of one Parquet row group: small ones compress badly and are slow to read."""
_FORMULA = re.compile(r"[=+\-@\t\r\n\x00＝＋－＠]")
_SIGNED_NUMBER = re.compile(r"[+-][0-9][0-9 .,]*")


@dataclass(frozen=True)
class Column:
    """A column as PostgreSQL declares it: ``type`` is ``format_type``'s text, e.g. ``numeric(18,3)``."""

    name: str
    type: str


@dataclass(frozen=True)
class PublishedFile:
    """One written file."""

    table: str
    format: str
    path: Path
    rows: int | None
    bytes: int
    sha256: str


class _Writer(Protocol):
    def write(self, columns: Sequence[Cells]) -> None: ...

    def close(self) -> None: ...


def arrow_type(declared: str) -> pa.DataType:
    """Arrow type of a PostgreSQL type; decimals stay exact.

    Raises:
        ValueError: the type is not one that published tables use.
    """
    simple = {
        "text": pa.string(), "character varying": pa.string(), "integer": pa.int32(), "bigint": pa.int64(),
        "smallint": pa.int16(), "boolean": pa.bool_(), "date": pa.date32(), "double precision": pa.float64(),
        "timestamp with time zone": pa.timestamp("us", tz="UTC"), "text[]": pa.list_(pa.string()), "jsonb": pa.string(),
    }  # fmt: skip
    if declared in simple:
        return simple[declared]
    if declared.startswith("character varying"):
        return pa.string()
    if declared.startswith("numeric("):
        precision, _, scale = declared[8:-1].partition(",")
        return pa.decimal128(int(precision), int(scale or 0))
    raise ValueError(f"no file type for the PostgreSQL type '{declared}'")


def write_table(
    table: str,
    columns: Sequence[Column],
    batches: Iterable[Sequence[Cells]],
    folder: Path,
    geometry: tuple[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> list[PublishedFile]:
    """Write a table in every format; GeoJSON only where it has coordinates.

    Args:
        columns: in file order; each row of ``batches`` has one value for each.
        batches: rows in a stable order, read once.
        geometry: names of the latitude and longitude columns (WGS 84, degrees).
        metadata: texts for the Parquet file's own description.
    """
    writers: dict[str, tuple[Path, _Writer]] = {}
    rows = 0
    with ExitStack() as stack:
        for kind in ("parquet", "csv", "geojson"):
            path = folder / f"{table}.{kind}"
            if kind == "parquet":
                writer: _Writer = ParquetWriter(path, columns, metadata or {})
            elif kind == "csv":
                writer = CsvWriter(path, columns)
            elif geometry:
                writer = GeoJsonWriter(path, columns, geometry)
            else:
                continue
            stack.callback(writer.close)
            writers[kind] = (path, writer)
        for batch in batches:
            if not batch:
                continue
            rows += len(batch)
            turned = list(zip(*batch, strict=True))  # one pass a column is several times faster than one a cell
            for _, writer in writers.values():
                writer.write(turned)
    return [describe(table, kind, path, rows) for kind, (path, _) in writers.items()]


class ParquetWriter:
    """Exact types: decimals with their scale, timestamps in UTC, lists as lists."""

    def __init__(self, path: Path, columns: Sequence[Column], metadata: Mapping[str, str]) -> None:
        described = {key.encode(): value.encode() for key, value in metadata.items()}
        self._schema = pa.schema([pa.field(c.name, arrow_type(c.type)) for c in columns], metadata=described)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._json = {i for i, column in enumerate(columns) if column.type == "jsonb"}
        self._waiting: list[pa.RecordBatch] = []

    def write(self, columns: Sequence[Cells]) -> None:
        """Add rows, given by column; they reach the file one row group at a time."""
        arrays = [
            pa.array([_json_text(v) for v in values] if i in self._json else values, self._schema.field(i).type)
            for i, values in enumerate(columns)
        ]
        self._waiting.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        if sum(part.num_rows for part in self._waiting) >= ROW_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, schema=self._schema))
            self._waiting = []

    def close(self) -> None:
        """Write what is left and the file's footer."""
        self._flush()
        self._writer.close()


def _json_text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class CsvWriter:
    """RFC 4180 in UTF-8, comma, point as decimal sign; see ``csv_column``.

    Lines end in CR LF, as the standard says: Python then quotes a lone CR inside a text, which readers would otherwise
    take for the end of the row.
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\r\n")
        self._writer.writerow([column.name for column in columns])
        self._types = [column.type for column in columns]

    def write(self, columns: Sequence[Cells]) -> None:
        """Add rows, given by column."""
        cells = (csv_column(kind, values) for kind, values in zip(self._types, columns, strict=True))
        self._writer.writerows(zip(*cells, strict=True))

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


def csv_column(declared: str, values: Cells) -> Cells:
    """Values of a column of the PostgreSQL type ``declared`` as a published CSV file holds them; NULL stays empty.

    Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV injection"). Signed numbers
    and telephone numbers hold no formula and stay; Parquet holds all text as it is.
    """
    if declared in ("text", "jsonb") or declared.startswith("character"):
        return [_harmless(_json_text(v)) if v and not (isinstance(v, str) and v[0].isalnum()) else v for v in values]
    write = _CSV_TEXT.get(declared.partition("(")[0])
    return [None if value is None else write(value) for value in values] if write else values


def _harmless(value: str) -> str:
    return "'" + value if _FORMULA.match(value) and not _SIGNED_NUMBER.fullmatch(value) else value


_CSV_TEXT: dict[str, Callable[[Any], str]] = {
    "boolean": lambda value: "true" if value else "false",
    "numeric": lambda value: format(value, "f"),  # str() would write 0.00000000 as 0E-8
    "timestamp with time zone": lambda value: value.astimezone(UTC).isoformat(),
    "text[]": lambda value: json.dumps(value, ensure_ascii=False),
}


class GeoJsonWriter:
    """RFC 7946: longitude before latitude, WGS 84; a row without coordinates has a null geometry."""

    def __init__(self, path: Path, columns: Sequence[Column], geometry: tuple[str, str]) -> None:
        names = [column.name for column in columns]
        self._latitude, self._longitude = (names.index(name) for name in geometry)
        self._properties = [(i, name) for i, name in enumerate(names) if name not in geometry]
        self._stream = path.open("wb")
        self._stream.write(b'{"type":"FeatureCollection","features":[\n')
        self._separator = b""

    def write(self, columns: Sequence[Cells]) -> None:
        """Add rows, given by column, as features, one a line."""
        points = zip(columns[self._latitude], columns[self._longitude], strict=True)
        names = [name for _, name in self._properties]
        rows = zip(*(columns[i] for i, _ in self._properties), strict=True)
        for (latitude, longitude), row in zip(points, rows, strict=True):
            known = latitude is not None and longitude is not None
            feature = {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [float(longitude), float(latitude)]} if known else None,
                "properties": dict(zip(names, row, strict=True)),
            }
            self._stream.write(self._separator + orjson.dumps(feature, default=_plain))
            self._separator = b",\n"

    def close(self) -> None:
        """Finish the file."""
        self._stream.write(b"\n]}\n")
        self._stream.close()


def _plain(value: Any) -> Any:
    """Decimals as numbers: JSON readers take them for floating point anyway."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def describe(table: str, kind: str, path: Path, rows: int | None) -> PublishedFile:
    """What was written, with its size and hash."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return PublishedFile(table, kind, path, rows, path.stat().st_size, digest)
