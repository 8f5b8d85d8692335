"""Publishes a release as files: every table in every format, a catalogue, a page; all of one state."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from publish.datapackage import write_datapackage
from publish.formats import BATCH_ROWS, Column, PublishedFile, write_table
from publish.site import write_site
from schemas.canonical.model import load_model

RELEASE_COLUMN = "release_id"
"""Column that ``warehouse.interface`` adds to every table; the folder of the files says the same."""


def publish_release(engine: Engine, release_id: str, schema: str, root: Path) -> list[PublishedFile]:
    """Write the files of a release to ``<root>/<release_id>`` and point ``<root>/latest`` there.

    Everything is written beside and moved into place at the end: a reader finds the whole release or none of it.

    Args:
        engine: connects as publisher.
        release_id: the live release.
        schema: schema of its tables.

    Returns:
        What was written, as recorded in ``ops.publication``.
    """
    unfinished, final = root / f".{release_id}.part", root / release_id
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    # One snapshot for all tables: the files belong together.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        written = _write_tables(connection, schema, unfinished)
        written += write_datapackage(connection, release_id, schema, unfinished, written)
        written += write_site(connection, release_id, schema, unfinished)
    shutil.rmtree(final, ignore_errors=True)
    unfinished.rename(final)
    written = [replace(file, path=final / file.path.name) for file in written]
    _point_latest(root, release_id)
    _record(engine, release_id, written)
    return written


def _write_tables(connection: Connection, schema: str, folder: Path) -> list[PublishedFile]:
    model = load_model()
    written: list[PublishedFile] = []
    for table, columns in table_columns(connection, schema).items():
        spec = model.tables.get(table)
        if spec is None:
            raise LookupError(f"table '{table}' of the release is not in the canonical model")
        geometry = (spec.geometry.latitude, spec.geometry.longitude) if spec.geometry else None

        def batches(
            name: str = table, key: tuple[str, ...] = tuple(spec.primary_key)
        ) -> Iterator[list[Mapping[str, Any]]]:
            return _batches(connection, schema, name, key)

        written += write_table(table, columns, batches, folder, geometry)
    return written


def table_columns(connection: Connection, schema: str) -> dict[str, list[Column]]:
    """Columns of every table of the schema, in order."""
    rows = connection.execute(
        text(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where c.relnamespace = to_regnamespace(:schema) and c.relkind = 'r' order by c.relname, a.attnum"
        ),
        {"schema": f'"{schema}"'},
    )
    tables: dict[str, list[Column]] = {}
    for table, column, declared in rows:
        if column != RELEASE_COLUMN:
            tables.setdefault(str(table), []).append(Column(str(column), str(declared)))
    return tables


def _batches(
    connection: Connection, schema: str, table: str, key: tuple[str, ...]
) -> Iterator[list[Mapping[str, Any]]]:
    order = ", ".join(f'"{column}"' for column in key)
    statement = text(f'select * from "{schema}"."{table}" order by {order}')  # noqa: S608 - names from our own catalogue
    result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": BATCH_ROWS})
    for partition in result.mappings().partitions(BATCH_ROWS):
        yield [{name: value for name, value in row.items() if name != RELEASE_COLUMN} for row in partition]


def _point_latest(root: Path, release_id: str) -> None:
    temporary = root / ".latest"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(release_id)
    temporary.replace(root / "latest")


def _record(engine: Engine, release_id: str, written: list[PublishedFile]) -> None:
    with engine.begin() as connection:
        connection.execute(text("delete from ops.publication where release_id = :id"), {"id": release_id})
        connection.execute(
            text(
                "insert into ops.publication (release_id, table_name, format, path, rows, bytes, sha256)"
                " values (:release_id, :table, :format, :path, :rows, :bytes, :sha256)"
            ),
            [
                {
                    "release_id": release_id, "table": file.table, "format": file.format, "path": str(file.path),
                    "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256,
                }
                for file in written
            ],
        )  # fmt: skip
