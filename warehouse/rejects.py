"""What of a batch is not taken in: odd columns, repeated keys, and the open rejects of a stream."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from warehouse.batch import came_as_known
from warehouse.counts import Counts, table_name
from warehouse.known import KnownContent

CREATE = (
    "create temporary table batch_reject (part text, position text, record_key text, errors jsonb,"
    " payload jsonb, raw_hash bytea, kind text, ordinal bigint, dropped text[]) on commit drop"
)
"""Rejects of one batch: ``kind`` is ``record``, ``value`` (the record is loaded without it) or ``column`` (judged
when the whole batch has been seen)."""


def settle_unknown_columns(connection: Connection, name: str, frequent: list[str], counts: Counts) -> None:
    """Records with an odd column that the batch as a whole does not have are rejects after all."""
    odd = "not (dropped <@ cast(:frequent as text[]))"
    values = {"frequent": frequent}
    turned = connection.execute(
        text(f"update batch_reject set kind = 'record' where kind = 'column' and {odd}"), values
    )
    if turned.rowcount:
        counts.valid -= turned.rowcount
        counts.rejected += turned.rowcount
        rejected = "select ordinal from batch_reject where kind = 'record'"
        connection.execute(text(f"delete from stage.{name} where ordinal in ({rejected})"))
        connection.execute(text(f"delete from batch_reject where kind = 'value' and ordinal in ({rejected})"))
    connection.execute(text("delete from batch_reject where kind = 'column'"))


def separate_duplicates(connection: Connection, name: str, counts: Counts, known: KnownContent | None) -> None:
    """The first record of a key counts; the same content again is dropped, other content is rejected.

    Args:
        known: what came as ``raw`` holds it; None where the batch table is to become the stream's ``raw`` table: it
            gets its index, which tells as well.
    """
    if known is None and _indexed(connection, name):
        return
    connection.execute(text(f"analyze stage.{name} (record_key)"))
    repeated = f"select exists (select 1 from stage.{name} group by record_key having count(*) > 1)"
    if known is not None:
        # In this order: few keys are not absent.
        repeated += (
            f" or exists (select 1 from stage.{name} s where not exists"
            f"  (select 1 from stage.{name}__absent a where a.record_key = s.record_key) and exists"
            f"  (select 1 from raw.{name} r where r.record_key = s.record_key and r.deleted_at is null))"
        )
    if not connection.execute(text(repeated)).scalar_one():
        return
    if known is not None:
        _bring_known(connection, name, known)
    conflicts = connection.execute(
        text(
            f"with ranked as (select ordinal, record_key, raw_hash, payload_hash, part, position, payload,"
            f"   row_number() over w as n, first_value(payload_hash) over w as first_hash,"
            f"   first_value(part || ' ' || position) over w as first_place"
            f"  from stage.{name} window w as (partition by record_key order by ordinal)),"
            f" extra as (delete from stage.{name} s using ranked r where r.ordinal = s.ordinal and r.n > 1"
            f"  returning r.part, r.position, r.record_key, r.raw_hash, r.payload_hash, r.first_hash, r.first_place,"
            "   r.payload),"
            " kept as (insert into batch_reject (part, position, record_key, errors, payload, raw_hash, kind)"
            "  select part, position, record_key,"
            "  jsonb_build_array(jsonb_build_object("
            f"   'field', 'record', 'value', record_key, 'rule', 'duplicate_key',"
            f"   'message', 'the same key stands with other content at ' || first_place)),"
            # A known record was brought without its payload.
            f"   coalesce(payload, (select r.payload from raw.{name} r where r.record_key = extra.record_key"
            "    and r.raw_hash = extra.raw_hash), '{}'::jsonb), raw_hash, 'record'"
            "  from extra where payload_hash <> first_hash"
            "  returning 1)"
            " select (select count(*) from extra), (select count(*) from kept)"
        )
    ).one()
    extra, rejected = int(conflicts[0]), int(conflicts[1])
    counts.valid -= extra
    counts.duplicate += extra - rejected
    counts.rejected += rejected
    connection.execute(text(f"delete from stage.{name} where payload is null"))
    connection.execute(  # where the other content stood first, it counts
        text(
            f"insert into stage.{name}__absent select record_key from raw.{name} r where {came_as_known(name)}"
            f" and record_key in (select record_key from stage.{name})"
        )
    )


def _bring_known(connection: Connection, name: str, known: KnownContent) -> None:
    """The known records whose keys came with other content too, and where they stood."""
    hashes = connection.execute(
        text(
            f"insert into stage.{name} (record_key, raw_hash, payload_hash, part, position, fetched_at)"
            f" select record_key, raw_hash, payload_hash, part, position, fetched_at from raw.{name} r"
            f" where {came_as_known(name)}"
            f" and record_key in (select record_key from stage.{name}) returning raw_hash"
        )
    ).scalars()
    digests = [bytes(one) for one in hashes]
    connection.execute(
        text(
            f"update stage.{name} s set ordinal = o.ordinal from unnest(cast(:digests as bytea[]),"
            " cast(:ordinals as bigint[])) o(raw_hash, ordinal) where s.raw_hash = o.raw_hash and s.ordinal is null"
        ),
        {"digests": digests, "ordinals": known.ordinals(digests)},
    )


def _indexed(connection: Connection, name: str) -> bool:
    """Give the batch table the index of its keys, if none of them stands twice."""
    try:
        with connection.begin_nested():
            connection.execute(text(f"create unique index on stage.{name} (record_key)"))
    except IntegrityError:
        return False
    return True


def store_rejects(connection: Connection, source_id: str, stream: str, run_id: str) -> None:
    """Open rejects: one row per bad record, however often it comes; a dismissed one stays dismissed."""
    names = {"source": source_id, "stream": stream, "run_id": run_id}
    connection.execute(
        text(
            "with known as (update ops.reject d set last_seen_run_id = :run_id from batch_reject b"
            "  where d.source = :source and d.stream = :stream and d.status = 'dismissed' and d.payload = b.payload"
            "   and d.record_key is not distinct from b.record_key"
            "  returning b.raw_hash)"
            " delete from batch_reject where raw_hash in (select raw_hash from known)"
        ),
        names,
    )
    connection.execute(
        text(
            "insert into ops.reject (run_id, source, stream, part, position, record_key, errors, payload, raw_hash,"
            " last_seen_run_id, kind) select :run_id, :source, :stream, part, position,"
            " record_key, errors, payload, raw_hash, :run_id, kind from"
            "  (select distinct on (raw_hash) * from batch_reject order by raw_hash, kind, ordinal) b order by ordinal"
            " on conflict (source, stream, raw_hash) where status = 'open' do update set"
            " last_seen_run_id = excluded.last_seen_run_id, errors = excluded.errors, kind = excluded.kind,"
            " part = excluded.part, position = excluded.position"
        ),
        names,
    )
    # A record that was loaded without a value is not read again while it stays the same: the value still waits.
    name = table_name(source_id, stream)
    connection.execute(
        text(
            "update ops.reject j set last_seen_run_id = :run_id where j.source = :source and j.stream = :stream"
            f" and j.status = 'open' and j.kind = 'value' and exists (select 1 from raw.{name} r"
            f"  where r.record_key = j.record_key and r.raw_hash = j.raw_hash and {came_as_known(name)})"
        ),
        names,
    )


def close(
    connection: Connection, source_id: str, stream: str, run_id: str, *, is_listing: bool, is_whole: bool
) -> None:
    """Close open rejects that a merged batch settles.

    The same record rejected again under newer rules is ``superseded`` by its new reject, one that came in now is
    ``replayed``, one that a complete listing (``is_whole``) holds no more is ``superseded``.

    Args:
        is_listing: what came as it is known came now; else only what is staged did.
    """
    names = {"source": source_id, "stream": stream, "run_id": run_id}
    gone = "update ops.reject j set status = :status, resolved_at = now(), resolved_run_id = :run_id"
    gone += " where j.source = :source and j.stream = :stream and j.status = 'open' and j.last_seen_run_id <> :run_id"
    again = (
        " and exists (select 1 from ops.reject n where n.source = j.source and n.stream = j.stream"
        " and n.status = 'open' and n.last_seen_run_id = :run_id and n.payload = j.payload"
        " and n.record_key is not distinct from j.record_key)"
    )
    name = table_name(source_id, stream)
    came = f"exists (select 1 from stage.{name} s where s.record_key = j.record_key)"
    if is_listing:
        came += f" or exists (select 1 from raw.{name} r where r.record_key = j.record_key and {came_as_known(name)})"
    connection.execute(text(gone + again), {**names, "status": "superseded"})
    connection.execute(text(f"{gone} and ({came})"), {**names, "status": "replayed"})
    if is_whole:
        connection.execute(text(gone), {**names, "status": "superseded"})
