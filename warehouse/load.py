"""Landing → records → strict contract → COPY into a batch table that is judged before it counts.

A batch is staged whole in ``stage.<source>__<stream>``. Records whose raw content is known already are staged
without a payload: they are neither parsed, nor validated, nor written again. ``warehouse.merge`` then takes the
batch into ``raw``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, text

from connectors.core.errors import ConnectorError, Defect
from connectors.core.landing import Landed
from connectors.core.registry import ROOT, get_connector, get_contract
from connectors.core.source import RawRecord, Source, Stream
from warehouse import rejects
from warehouse.counts import Counts, table_name
from warehouse.drift import BatchDrift
from warehouse.failpoints import failpoint
from warehouse.records import (
    MAX_RECORD_BYTES,
    Checked,
    canonical_json,
    check_record,
    copy_array,
    copy_bytea,
    copy_int,
    copy_line,
    shortened,
    without_nul,
)

BATCH = 2000


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
    with engine.begin() as connection:
        lock_stream(connection, name)
        _create_batch_table(connection, name)
        salt = contract_digest(source.id, stream).encode()[:16]
        records = read_located(source, stream, landed)
        ordinal = 0
        while chunk := list(islice(records, BATCH)):
            drift.see([located.record.data for located in chunk if isinstance(located.record.data, Mapping)])
            ordinal = _stage_chunk(connection, name, contract, chunk, salt, ordinal, counts, drift)
            failpoint("load.chunk")
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


@dataclass(frozen=True)
class Located:
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


def _stage_chunk(
    connection: Connection, name: str, contract: type[Any], chunk: list[Located], salt: bytes, ordinal: int,
    counts: Counts, drift: BatchDrift,
) -> int:  # fmt: skip
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
    for located, body, digest in zip(chunk, bodies, hashes, strict=True):
        ordinal += 1
        counts.read += 1
        if digest in known and not located.record.defects:
            counts.unchanged += 1
            counts.valid += 1
            good.append(_good_line(ordinal, known[digest], None, digest, located))
            continue
        checked = check_record(contract, located.record, len(body), drift)
        if checked.payload:
            counts.valid += 1
            good.append(_good_line(ordinal, str(checked.key), checked.payload, digest, located))
        else:
            counts.rejected += 1
        bad += _bad_lines(checked, body, digest, located, ordinal, drift)
    _copy(cursor, f"copy stage.{name} from stdin", good)
    _copy(cursor, "copy batch_reject from stdin", bad)
    return ordinal


def _good_line(ordinal: int, key: str, payload: bytes | None, digest: bytes, located: Located) -> bytes:
    """A row of the batch table; known content comes without payload."""
    payload_hash = None if payload is None else copy_bytea(hashlib.blake2b(payload, digest_size=16).digest())
    place = (located.part.encode(), _position(located), located.fetched_at.encode())
    return copy_line(copy_int(ordinal), key.encode(), payload, copy_bytea(digest), payload_hash, *place)


def _bad_lines(
    checked: Checked, body: bytes, digest: bytes, located: Located, ordinal: int, drift: BatchDrift
) -> list[bytes]:
    """What of a record goes to the rejects: the ``record``, a ``value`` of it, or a ``column`` yet to be judged."""
    if not checked.defects:
        return []
    if len(body) > MAX_RECORD_BYTES:
        body = canonical_json(shortened(located.record.data))

    def line(kind: str, defects: tuple[Defect, ...]) -> bytes:
        errors = without_nul(canonical_json([defect.as_dict() for defect in defects]))
        shown_key = checked.key.encode(errors="replace") if checked.key else None
        return copy_line(
            located.part.encode(), _position(located), shown_key, errors, without_nul(body), copy_bytea(digest),
            kind.encode(), copy_int(ordinal), copy_array(checked.dropped),
        )  # fmt: skip

    if not checked.payload:
        return [line("record", checked.defects)]
    lines = [line("column", checked.defects)] if checked.dropped else []
    if checked.codes and drift.policy.new_code == "quarantine":
        lines.append(line("value", checked.codes))
    return lines


def _position(located: Located) -> bytes:
    return located.record.position.encode(errors="replace")


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.cursor()


def _copy(cursor: psycopg.Cursor[Any], statement: str, lines: Iterable[bytes]) -> None:
    block = b"".join(lines)
    if block:
        with cursor.copy(statement) as copy:
            copy.write(block)
