"""Publishes a release as files: every table in every format, a catalogue, a page; all of one state."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, column, select, table, text

from publish.datapackage import write_datapackage
from publish.formats import BATCH_ROWS, Cells, Column, PublishedFile, describe, write_table
from publish.site import write_site
from schemas.canonical.model import LANGUAGES, Table, load_model
from warehouse.failpoints import failpoint

GENERATED = Path(__file__).resolve().parent.parent / "schemas" / "generated"
DICTIONARIES = (*(f"data_dictionary_{language}.md" for language in LANGUAGES), "data_dictionary.csv")
RELEASE_COLUMN = "release_id"
"""Column that ``warehouse.interface`` adds to every table; the folder of the files says the same."""


def publish_release(engine: Engine, release_id: str, schema: str, root: Path) -> list[PublishedFile]:
    """Write the files of a release to ``<root>/<release_id>`` and point ``<root>/latest`` there.

    Everything is written in a hidden folder and moved into place at the end: a reader finds the whole release or none
    of it. A failure leaves what was there before. The same release gives the same bytes again.

    Args:
        engine: connects as publisher.
        release_id: the live release.
        schema: schema of its tables.

    Returns:
        What was written, as recorded in ``ops.publication``.

    Raises:
        LookupError: a table or column of the release is unknown to this code's model, which could not describe it.
    """
    root.mkdir(parents=True, exist_ok=True)
    # A folder of its own for each attempt: two publishers at once do not write into each other's files.
    unfinished = Path(tempfile.mkdtemp(prefix=f".{release_id}.", dir=root))
    try:
        unfinished.chmod(0o755)
        # One snapshot for all tables: the files belong together.
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            written = _write_tables(connection, release_id, schema, unfinished)
            written += _copy_dictionaries(unfinished)
            written += write_datapackage(connection, release_id, schema, unfinished, written)
            written += write_site(connection, release_id, schema, unfinished)
        failpoint("publish.written")
        _put_in_place(unfinished, root / release_id)
        failpoint("publish.placed")
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    written = [replace(file, path=root / release_id / file.path.name) for file in written]
    point_latest(root, release_id)
    _record(engine, release_id, written)
    failpoint("publish.recorded")
    return written


def _write_tables(connection: Connection, release_id: str, schema: str, folder: Path) -> list[PublishedFile]:
    model = load_model()
    written: list[PublishedFile] = []
    for name, columns in table_columns(connection, schema).items():
        spec = model.tables.get(name)
        if spec is None:
            raise LookupError(f"table '{name}' of the release is not in the canonical model")
        if (found := [c.name for c in columns]) != list(spec.column_names()):
            differing = sorted(set(found) ^ set(spec.column_names())) or "their order"
            raise LookupError(f"columns of '{name}' are not those of the canonical model: {differing}")
        geometry = (spec.geometry.latitude, spec.geometry.longitude) if spec.geometry else None
        metadata = {
            "traforo_release": release_id,
            "traforo_model": model.version,
            **{f"title_{language}": spec.label.get(language) for language in LANGUAGES},
        }
        written += write_table(name, columns, _batches(connection, schema, spec, columns), folder, geometry, metadata)
    return written


def table_columns(connection: Connection, schema: str) -> dict[str, list[Column]]:
    """Columns of every table of the schema, in order, without the release's mark."""
    rows = connection.execute(
        text(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where c.relnamespace = to_regnamespace(:schema) and c.relkind = 'r' order by c.relname, a.attnum"
        ),
        {"schema": f'"{schema}"'},
    )
    tables: dict[str, list[Column]] = {}
    for name, attribute, declared in rows:
        if attribute != RELEASE_COLUMN:
            tables.setdefault(str(name), []).append(Column(str(attribute), str(declared)))
    return tables


def _batches(connection: Connection, schema: str, spec: Table, columns: Sequence[Column]) -> Iterator[Sequence[Cells]]:
    """Rows by primary key through a server-side cursor, so that memory does not grow with the table.

    Text is ordered by its bytes: the same on every server, whatever its locale.
    """
    keys = [column(key).collate("C") if spec.column(key).type == "text" else column(key) for key in spec.primary_key]
    cells: list[ColumnElement[Any]] = [column(c.name) for c in columns]
    wanted = select(*cells).select_from(table(spec.name, schema=schema)).order_by(*keys)
    result = connection.execute(wanted, execution_options={"stream_results": True, "yield_per": BATCH_ROWS})
    yield from result.partitions(BATCH_ROWS)


def _copy_dictionaries(folder: Path) -> list[PublishedFile]:
    """The data dictionary of the model beside the data it explains."""
    copied = []
    for name in DICTIONARIES:
        if (GENERATED / name).exists():
            path = folder / name
            shutil.copyfile(GENERATED / name, path)
            copied.append(describe("", path.suffix[1:], path, None))
    return copied


def _put_in_place(unfinished: Path, final: Path) -> None:
    """Move the folder to its name; an earlier one of the same release gives way at the same moment."""
    if not final.exists():
        unfinished.rename(final)
        return
    earlier = final.with_name(f"{unfinished.name}.earlier")
    final.rename(earlier)
    unfinished.rename(final)
    shutil.rmtree(earlier)


def point_latest(root: Path, release_id: str) -> None:
    """Let ``<root>/latest`` lead to the files of a release, in one step."""
    if os.path.lexists(root / "latest") and (root / "latest").readlink() == Path(release_id):
        return
    temporary = root / f".latest.{release_id}"
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
