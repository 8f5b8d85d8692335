"""Landing → records → strict contract → COPY into a batch table that is judged before it counts.

A batch is staged in ``stage.<source>__<stream>`` (``warehouse.batch``). Records whose raw content is known already are
neither validated nor written again, and where the connector can tell them by their text, not even parsed.
``warehouse.merge`` then takes the batch into ``raw``.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, text

from connectors.core.errors import ConnectorError
from connectors.core.landing import Landed
from connectors.core.registry import ROOT, get_connector, get_contract
from connectors.core.source import Source, Stream
from warehouse import batch, copy_rows, rejects
from warehouse.counts import Counts, table_name
from warehouse.drift import BatchDrift
from warehouse.failpoints import failpoint
from warehouse.fingerprints import Chunk, Early, Fingerprints, Hashed, Located, LocatedBlock
from warehouse.known import NOTHING_KNOWN, KnownContent, fetch_known
from warehouse.records import canonical_json, without_nul
from warehouse.stager import Stager, chunks

BATCH = 50
"""So few that a chunk stays in the processor's cache from its bytes to its lines."""
IN_MEMORY = 16_000_000
_LARGE_BLOCK = 1 << 24
# In pages of 8 kB. Without it the disk has nothing to do until the commit waits for it.
_WRITE_EARLY = """
    select set_config(name, least(128, max_val::int)::text, true) from pg_settings where name = 'backend_flush_after'
"""


def contract_digest(source_id: str, stream: Stream) -> str:
    """Digest over the code and mappings that read a stream; when it changes, every record is read again."""
    digest = hashlib.sha256()
    contract_file = ROOT.parent / Path(*stream.contract.partition(":")[0].split(".")).with_suffix(".py")
    shared = (
        ROOT.parent / "schemas" / "sources" / name for name in ("base.py", "column_fields.py", "columns.py", "quick.py")
    )
    readers = [ROOT / "core" / "blocks.py", *(ROOT / "core").glob("formats*.py")]
    files = [*(ROOT / source_id).rglob("*"), *shared, contract_file, *readers]
    for path in sorted(p for p in files if p.suffix in {".py", ".yml", ".xsd"} and p.is_file()):
        digest.update(path.relative_to(ROOT.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def stage(engine: Engine, source: Source, stream: Stream, run_id: str, landed: Landed) -> Counts:
    """Read a landed stream into its batch table and its bad records into ``ops.reject``, in one transaction.

    Args:
        engine: connects as loader.
        run_id: run that the batch belongs to; a batch table of an earlier attempt is replaced.

    Returns:
        ``read``, ``valid``, ``unchanged`` (so far: records whose raw content is known), ``duplicate``, ``rejected``.

    Raises:
        ConnectorError: the landed bytes cannot be read as a whole; nothing is staged.
    """
    name = table_name(source.id, stream.name)
    counts = Counts()
    contract = get_contract(stream)
    drift = BatchDrift(contract, stream.drift)
    _keep_freed_memory()
    with engine.begin() as connection:
        lock_stream(connection, name)
        is_first = batch.create(connection, name, run_id)
        connection.execute(text(rejects.CREATE))
        before = _columns_before(connection, source.id, stream)
        salt = contract_digest(source.id, stream).encode()[:16]

        def read() -> Iterator[Chunk]:
            return chunks(read_located(source, stream, landed), BATCH)

        prints, located = Fingerprints(salt), read()
        known, early = (NOTHING_KNOWN, Early()) if is_first else _known(connection, name, prints, located)
        stager = Stager(contract, drift, counts, known)
        _copy_records(connection, name, prints.rest(early, located, read), stager)
        if not is_first:
            batch.note_absent(connection, name, known)
        drift.see_known(stager.unread, *before)
        rejects.settle_unknown_columns(connection, name, drift.frequent_unknown(), counts)
        rejects.separate_duplicates(connection, name, counts, None if is_first else known)
        rejects.store_rejects(connection, source.id, stream.name, run_id)
        notes = {**drift.notes(*before), "existing": known.existing}
        connection.execute(
            text(
                "update ops.load set read = :read, valid = :valid, unchanged = :unchanged, duplicate = :duplicate,"
                " rejected = :rejected, outcome = 'staged', notes = cast(:notes as jsonb)"
                " where run_id = :run_id and stream = :stream"
            ),
            {
                **asdict(counts),
                "run_id": run_id,
                "stream": stream.name,
                "notes": without_nul(canonical_json(notes)).decode(),
            },
        )
        failpoint("load.before_commit")
    failpoint("load.after_commit")
    return counts


def _columns_before(connection: Connection, source_id: str, stream: Stream) -> tuple[dict[str, int], int]:
    """Columns of the last good load and its records; nothing for a listing that is never complete."""
    row = connection.execute(
        text(
            "select l.notes -> 'columns', l.read from ops.source_state s"
            " join ops.load l on l.run_id = s.last_run_id and l.stream = s.stream"
            " where s.source = :source and s.stream = :stream"
        ),
        {"source": source_id, "stream": stream.name},
    ).one_or_none()
    return (row[0] or {}, int(row[1])) if row and stream.complete else ({}, 0)


def lock_stream(connection: Connection, name: str) -> None:
    """One loader at a time per stream; freed at the end of the transaction, also when its holder dies."""
    connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 724))"), {"name": f"load {name}"})


def read_located(source: Source, stream: Stream, landed: Landed) -> Iterator[Located | LocatedBlock]:
    """Every record of a landed stream, part by part; errors name the source and the part."""
    connector = get_connector(source.id)
    for part in landed.parts:
        fetched_at = _iso_mtime(part.path)
        try:
            yield from zip(repeat(part.name), connector.read(source, stream, part), repeat(fetched_at))
        except ConnectorError as error:
            error.source, error.where = error.source or source.id, error.where or part.name
            raise


def _iso_mtime(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()


def _known(
    connection: Connection, name: str, prints: Fingerprints, located: Iterator[Chunk]
) -> tuple[KnownContent, Early]:
    """What ``raw`` holds, and what was read and hashed while PostgreSQL gathered it."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fetch_known, _cursor(connection), name)
        early = prints.ahead(located, asked.done)
    return asked.result(), early


def _copy_records(connection: Connection, name: str, records: Iterator[Hashed], stager: Stager) -> None:
    """All new records into the batch table in one COPY; what is rejected waits until that is done."""
    cursor = _cursor(connection)
    cursor.execute(_WRITE_EARLY)
    with _nothing_to_collect(), SpooledTemporaryFile(max_size=IN_MEMORY) as bad:
        with cursor.copy(f"copy stage.{name} ({copy_rows.COLUMNS}) from stdin with (freeze, format binary)") as copy:
            copy.write(copy_rows.START)
            for lines in stager.lines(records):
                copy.write(lines.good)
                bad.write(lines.bad)
                failpoint("load.chunk")
            copy.write(copy_rows.END)
        bad.seek(0)
        with cursor.copy("copy batch_reject from stdin") as copy:
            while block := bad.read(1 << 20):
                copy.write(block)


def _keep_freed_memory() -> None:
    """Let chunk after chunk be worked on in the same memory.

    glibc gives every block of 128 KB or more back to the system, which has to clear it when the next is asked for,
    until it has seen a larger one go (mallopt(3), M_MMAP_THRESHOLD). This one is never written to.
    """
    bytes(_LARGE_BLOCK)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """What is in memory before is not looked through for garbage again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.cursor()
