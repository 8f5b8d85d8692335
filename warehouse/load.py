"""Landing → records → strict contract → COPY into a batch table that is judged before it counts.

A batch is staged whole in ``stage.<source>__<stream>``. Records whose raw content is known already are staged
without a payload: they are neither parsed, nor validated, nor written again. ``warehouse.merge`` then takes the
batch into ``raw``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, text

from connectors.core.errors import Defect
from connectors.core.landing import Landed
from connectors.core.registry import ROOT, get_connector, get_contract
from connectors.core.source import RawRecord, Source, Stream
from warehouse.records import canonical_json, copy_bytea, copy_int, copy_line, validate, without_nul

BATCH = 2000


@dataclass
class Counts:
    """Records of one stream in one run.

    ``read`` = ``valid`` + ``rejected`` + ``duplicate``; ``valid`` = ``inserted`` + ``updated`` + ``unchanged``.
    """

    read: int = 0
    valid: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        """Rows of ``raw`` that this run touched."""
        return self.inserted + self.updated + self.deleted


def table_name(source_id: str, stream: str) -> str:
    """Name of the stream's table in ``raw`` and ``stage``."""
    return f"{source_id}__{stream}"


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
    with engine.begin() as connection:
        lock_stream(connection, name)
        _create_batch_table(connection, name)
        salt = contract_digest(source.id, stream).encode()[:16]
        records = _read_all(source, stream, landed)
        ordinal = 0
        while chunk := list(islice(records, BATCH)):
            ordinal = _stage_chunk(connection, name, stream, chunk, salt, ordinal, counts)
        _separate_duplicates(connection, name, counts)
        _store_rejects(connection, source.id, stream.name, run_id)
        connection.execute(
            text(
                "update ops.load set read = :read, valid = :valid, unchanged = :unchanged, duplicate = :duplicate,"
                " rejected = :rejected, outcome = 'staged' where run_id = :run_id and stream = :stream"
            ),
            {**asdict(counts), "run_id": run_id, "stream": stream.name},
        )
    return counts


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
    connection.execute(
        text(
            "create temporary table batch_reject (part text, position text, record_key text, errors jsonb,"
            " payload jsonb, raw_hash bytea) on commit drop"
        )
    )


@dataclass(frozen=True)
class _Located:
    part: str
    record: RawRecord
    fetched_at: str


def _read_all(source: Source, stream: Stream, landed: Landed) -> Iterator[_Located]:
    connector = get_connector(source.id)
    for part in landed.parts:
        fetched_at = _iso_mtime(part.path)
        for record in connector.read(source, stream, part):
            yield _Located(part.name, record, fetched_at)


def _iso_mtime(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()


def _stage_chunk(
    connection: Connection, name: str, stream: Stream, chunk: list[_Located], salt: bytes, ordinal: int, counts: Counts
) -> int:
    bodies = [canonical_json(located.record.data) for located in chunk]
    hashes = [hashlib.blake2b(body, digest_size=16, key=salt).digest() for body in bodies]
    cursor = _cursor(connection)
    known = dict(
        cursor.execute(
            f"select raw_hash, record_key from raw.{name} where raw_hash = any(%s) and deleted_at is null",
            [hashes],
        ).fetchall()
    )
    good: list[bytes] = []
    bad: list[bytes] = []
    contract = get_contract(stream)
    for located, body, digest in zip(chunk, bodies, hashes, strict=True):
        ordinal += 1
        counts.read += 1
        if digest in known and not located.record.defects:
            counts.unchanged += 1
            counts.valid += 1
            good.append(_good_line(ordinal, known[digest], None, digest, located))
            continue
        key, payload, defects = validate(contract, located.record)
        if defects:
            counts.rejected += 1
            bad.append(_bad_line(key, defects, body, digest, located))
        else:
            counts.valid += 1
            good.append(_good_line(ordinal, str(key), payload, digest, located))
    _copy(cursor, f"copy stage.{name} from stdin", good)
    _copy(cursor, "copy batch_reject from stdin", bad)
    return ordinal


def _good_line(ordinal: int, key: str, payload: bytes | None, digest: bytes, located: _Located) -> bytes:
    """A row of the batch table; known content comes without payload."""
    payload_hash = None if payload is None else copy_bytea(hashlib.blake2b(payload, digest_size=16).digest())
    place = (located.part.encode(), located.record.position.encode(), located.fetched_at.encode())
    return copy_line(copy_int(ordinal), key.encode(), payload, copy_bytea(digest), payload_hash, *place)


def _bad_line(key: str | None, defects: list[Defect], body: bytes, digest: bytes, located: _Located) -> bytes:
    errors = without_nul(canonical_json([defect.as_dict() for defect in defects]))
    shown_key = key.encode(errors="replace") if key else None
    place = (located.part.encode(), located.record.position.encode())
    return copy_line(*place, shown_key, errors, without_nul(body), copy_bytea(digest))


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.cursor()


def _copy(cursor: psycopg.Cursor[Any], statement: str, lines: Iterable[bytes]) -> None:
    block = b"".join(lines)
    if block:
        with cursor.copy(statement) as copy:
            copy.write(block)


def _separate_duplicates(connection: Connection, name: str, counts: Counts) -> None:
    """The first record of a key counts; the same content again is dropped, other content is rejected."""
    connection.execute(text(f"create index on stage.{name} (record_key)"))
    connection.execute(text(f"analyze stage.{name}"))
    conflicts = connection.execute(
        text(
            f"with ranked as (select ordinal, record_key, raw_hash, part, position, payload,"
            f"   row_number() over w as n, first_value(raw_hash) over w as first_hash,"
            f"   first_value(part || ' ' || position) over w as first_place"
            f"  from stage.{name} window w as (partition by record_key order by ordinal)),"
            f" extra as (delete from stage.{name} s using ranked r where r.ordinal = s.ordinal and r.n > 1"
            f"  returning r.part, r.position, r.record_key, r.raw_hash, r.first_hash, r.first_place, r.payload),"
            f" kept as (insert into batch_reject select part, position, record_key,"
            "  jsonb_build_array(jsonb_build_object("
            f"   'field', 'record', 'value', record_key, 'rule', 'duplicate_key',"
            f"   'message', 'the same key stands with other content at ' || first_place)),"
            f"   coalesce(payload, '{{}}'::jsonb), raw_hash from extra where raw_hash <> first_hash returning 1)"
            " select (select count(*) from extra), (select count(*) from kept)"
        )
    ).one()
    extra, rejected = int(conflicts[0]), int(conflicts[1])
    counts.valid -= extra
    counts.duplicate += extra - rejected
    counts.rejected += rejected


def _store_rejects(connection: Connection, source_id: str, stream: str, run_id: str) -> None:
    """Open rejects: one row per bad record, however often it comes; those that came no more are superseded."""
    names = {"source": source_id, "stream": stream, "run_id": run_id}
    connection.execute(
        text(
            "insert into ops.reject (run_id, source, stream, part, position, record_key, errors, payload, raw_hash,"
            " last_seen_run_id) select distinct on (raw_hash) :run_id, :source, :stream, part, position, record_key,"
            " errors, payload, raw_hash, :run_id from batch_reject"
            " on conflict (source, stream, raw_hash) where status = 'open' do update set"
            " last_seen_run_id = excluded.last_seen_run_id, errors = excluded.errors,"
            " part = excluded.part, position = excluded.position"
        ),
        names,
    )
