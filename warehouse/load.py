"""Landing → records → strict contract → COPY into a batch table that is judged before it counts.

A batch is staged whole in ``stage.<source>__<stream>``. Records whose raw content is known already are staged
without a payload: they are neither parsed, nor validated, nor written again. ``warehouse.merge`` then takes the
batch into ``raw``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple, cast

import psycopg
from sqlalchemy import Connection, Engine, text

from connectors.core.errors import ConnectorError
from connectors.core.landing import Landed
from connectors.core.registry import ROOT, get_connector, get_contract
from connectors.core.source import RawRecord, Source, Stream
from warehouse import rejects
from warehouse.copy_lines import bad_lines, good_line
from warehouse.counts import Counts, table_name
from warehouse.drift import BatchDrift
from warehouse.failpoints import failpoint
from warehouse.records import canonical_json, check_record, without_nul

BATCH = 2000
REJECTS_IN_MEMORY = 16_000_000


def contract_digest(source_id: str, stream: Stream) -> str:
    """Digest over the code and mappings that read a stream; when it changes, every record is read again."""
    digest = hashlib.sha256()
    contract_file = ROOT.parent / Path(*stream.contract.partition(":")[0].split(".")).with_suffix(".py")
    files = [*(ROOT / source_id).rglob("*"), ROOT.parent / "schemas" / "sources" / "base.py", contract_file]
    files += (ROOT / "core").glob("formats*.py")
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
    # What is known is looked up on a connection of its own, because the other one is in the middle of a COPY.
    free = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with free as lookup, engine.begin() as connection:
        lock_stream(connection, name)
        _create_batch_table(connection, name)
        salt = contract_digest(source.id, stream).encode()[:16]
        stager = _Stager(contract, salt, drift, counts)
        _copy_records(connection, lookup, name, read_located(source, stream, landed), stager)
        rejects.settle_unknown_columns(connection, name, drift.frequent_unknown(), counts)
        rejects.separate_duplicates(connection, name, counts)
        rejects.store_rejects(connection, source.id, stream.name, run_id)
        notes = drift.notes(*_columns_before(connection, source.id, stream))
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


def _create_batch_table(connection: Connection, name: str) -> None:
    connection.execute(text(f"drop table if exists stage.{name} cascade"))
    connection.execute(
        text(
            f"create unlogged table stage.{name} (ordinal bigint, record_key text, payload jsonb, raw_hash bytea,"
            " payload_hash bytea, part text, position text, fetched_at timestamptz)"
        )
    )
    # What raw will hold after the merge, for the gate: new and changed payloads over the known ones.
    connection.execute(
        text(
            f"create view stage.{name}__candidate as select s.record_key, coalesce(s.payload, r.payload) as payload,"
            f" s.payload is not null as is_new_content from stage.{name} s left join raw.{name} r using (record_key)"
        )
    )
    connection.execute(text(f"grant select on stage.{name}, stage.{name}__candidate to traforo_transformer"))
    connection.execute(text(rejects.CREATE))


class Located(NamedTuple):
    """A record, the part it stands in and when that came (ISO 8601)."""

    part: str
    record: RawRecord
    fetched_at: str


def read_located(source: Source, stream: Stream, landed: Landed) -> Iterator[Located]:
    """Every record of a landed stream, part by part; errors name the source and the part."""
    connector = get_connector(source.id)
    for part in landed.parts:
        fetched_at = _iso_mtime(part.path)
        try:
            for record in connector.read(source, stream, part):
                yield Located(part.name, record, fetched_at)
        except ConnectorError as error:
            error.source, error.where = error.source or source.id, error.where or part.name
            raise


def _iso_mtime(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()


class _Stager:
    """Checks records chunk by chunk and hands them to one COPY, which PostgreSQL works on meanwhile."""

    def __init__(self, contract: type[Any], salt: bytes, drift: BatchDrift, counts: Counts) -> None:
        self._contract, self._salt, self._drift, self._counts = contract, salt, drift, counts
        self._ordinal = 0

    def lines(self, chunk: list[Located], find_known: Callable[[list[bytes]], dict[bytes, str]]) -> tuple[bytes, bytes]:
        """Rows for the batch table and for its rejects."""
        self._drift.see([located.record.data for located in chunk if isinstance(located.record.data, Mapping)])
        bodies = [canonical_json(located.record.data) for located in chunk]
        hashes = [hashlib.blake2b(body, digest_size=16, key=self._salt).digest() for body in bodies]
        known = find_known(hashes)
        counts, drift, set_aside = self._counts, self._drift, self._drift.policy.new_code == "quarantine"
        good: list[bytes] = []
        bad: list[bytes] = []
        for (part, record, fetched_at), body, digest in zip(chunk, bodies, hashes, strict=True):
            self._ordinal += 1
            place = (part, record.position, fetched_at)
            if digest in known and not record.defects:
                counts.unchanged += 1
                good.append(good_line(self._ordinal, known[digest], None, digest, *place))
                continue
            checked = check_record(self._contract, record, len(body), drift)
            if checked.payload:
                good.append(good_line(self._ordinal, str(checked.key), checked.payload, digest, *place))
            bad += bad_lines(checked, body, digest, part, record, self._ordinal, set_aside=set_aside)
        counts.read += len(chunk)
        counts.valid += len(good)
        counts.rejected += len(chunk) - len(good)
        return b"".join(good), b"".join(bad)


def _copy_records(
    connection: Connection, lookup: Connection, name: str, records: Iterator[Located], stager: _Stager
) -> None:
    """All records into the batch table in one COPY; rejects wait in a file until that is done."""
    has_rows = lookup.execute(text(f"select exists (select 1 from raw.{name})")).scalar()
    reader = _cursor(lookup)

    def find_known(hashes: list[bytes]) -> dict[bytes, str]:
        if not has_rows:
            return {}
        # One index probe a hash: without statistics the planner would rather read the whole table for every chunk.
        query = (
            "select found.raw_hash, found.record_key from generate_series(0, %s) i, lateral ("
            f" select r.raw_hash, r.record_key from raw.{name} r where r.deleted_at is null"
            "  and r.raw_hash = substring(%s::bytea from i * 16 + 1 for 16) limit 1) found"
        )
        return dict(reader.execute(query, [len(hashes) - 1, b"".join(hashes)], binary=True).fetchall())

    cursor = _cursor(connection)
    with SpooledTemporaryFile(max_size=REJECTS_IN_MEMORY) as waiting:
        with cursor.copy(f"copy stage.{name} from stdin") as copy:
            while chunk := list(islice(records, BATCH)):
                good, bad = stager.lines(chunk, find_known)
                copy.write(good)
                waiting.write(bad)
                failpoint("load.chunk")
        waiting.seek(0)
        with cursor.copy("copy batch_reject from stdin") as copy:
            while block := waiting.read(1 << 20):
                copy.write(block)


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.cursor()
