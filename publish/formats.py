"""Writes one query as Parquet, CSV and GeoJSON in one streaming pass."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 5000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")


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
    batches: Callable[[], Iterator[list[Mapping[str, Any]]]],
    folder: Path,
    geometry: tuple[str, str] | None,
) -> list[PublishedFile]:
    """Write a table in every format; GeoJSON only where it has coordinates.

    Args:
        columns: in file order.
        batches: gives the rows anew at each call, in a stable order.
        geometry: names of the latitude and longitude columns (WGS 84, degrees).
    """
    written = [
        _write_parquet(table, columns, batches(), folder / f"{table}.parquet"),
        _write_csv(table, columns, batches(), folder / f"{table}.csv"),
    ]
    if geometry:
        written.append(_write_geojson(table, batches(), folder / f"{table}.geojson", geometry))
    return written


def _write_parquet(
    table: str, columns: Sequence[Column], batches: Iterable[list[Mapping[str, Any]]], path: Path
) -> PublishedFile:
    schema = pa.schema([pa.field(c.name, arrow_type(c.type)) for c in columns])
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            rows += len(batch)
            arrays = [pa.array([_for_arrow(row[c.name]) for row in batch], schema.field(c.name).type) for c in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return describe(table, "parquet", path, rows)


def _for_arrow(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _write_csv(
    table: str, columns: Sequence[Column], batches: Iterable[list[Mapping[str, Any]]], path: Path
) -> PublishedFile:
    """UTF-8, comma, point as decimal sign. Text that a spreadsheet would run as a formula gets an apostrophe.

    Numbers stay numbers (OWASP ASVS 1.2.10); Parquet holds all text as it is.
    """
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([c.name for c in columns])
        for batch in batches:
            rows += len(batch)
            writer.writerows([csv_cell(row[c.name]) for c in columns] for row in batch)
    return describe(table, "csv", path, rows)


def csv_cell(value: Any) -> Any:
    """One cell of a published CSV file; NULL is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _write_geojson(
    table: str, batches: Iterable[list[Mapping[str, Any]]], path: Path, geometry: tuple[str, str]
) -> PublishedFile:
    """RFC 7946: longitude before latitude, WGS 84; rows without coordinates have a null geometry."""
    latitude, longitude = geometry
    rows = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"type":"FeatureCollection","features":[')
        for batch in batches:
            for row in batch:
                point = None
                if row[latitude] is not None and row[longitude] is not None:
                    point = {"type": "Point", "coordinates": [float(row[longitude]), float(row[latitude])]}
                properties = {n: _plain(v) for n, v in row.items() if n not in geometry}
                feature = {"type": "Feature", "geometry": point, "properties": properties}
                stream.write((",\n" if rows else "\n") + json.dumps(feature, ensure_ascii=False))
                rows += 1
        stream.write("\n]}\n")
    return describe(table, "geojson", path, rows)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def describe(table: str, kind: str, path: Path, rows: int | None) -> PublishedFile:
    """What was written, with its size and hash."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return PublishedFile(table, kind, path, rows, path.stat().st_size, digest)
