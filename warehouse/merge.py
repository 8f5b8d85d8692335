"""Takes judged batches into ``raw``: keyed, idempotent, one transaction for all streams of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Connection, Engine, text

from connectors.core.cursor import clamp
from connectors.core.errors import Retriable
from connectors.core.landing import Landed
from connectors.core.source import Source, Stream
from warehouse import batch, rejects
from warehouse.counts import Counts, table_name
from warehouse.failpoints import failpoint
from warehouse.load import contract_digest, lock_stream
from warehouse.ops import finish_run


def merge(
    engine: Engine, source: Source, run_id: str, staged: Mapping[str, Landed], *, is_listing: bool = True
) -> dict[str, Counts]:
    """Take the staged batches of a run into ``raw`` in one transaction, with their state and outcomes.

    Args:
        engine: connects as loader.
        staged: stream name → landing that was staged.
        is_listing: the batches are what the source lists now. Otherwise they are single records from an older
            landing: nothing is deleted, and what is known of the source's last answer stays.

    Returns:
        Final counts by stream.

    Raises:
        LookupError: a stream was not staged in this run.
        Retriable: another run has staged the stream since, ``overtaken``.
    """
    result: dict[str, Counts] = {}
    with engine.begin() as connection:
        for stream_name, landed in staged.items():
            stream = source.stream(stream_name)
            name = table_name(source.id, stream_name)
            lock_stream(connection, name)
            counts, existing = _staged(connection, run_id, stream_name)
            if batch.run_of(connection, name) != run_id:
                raise Retriable(
                    f"another run has staged '{stream_name}' since; this one is overtaken",
                    source=source.id, where=stream_name, rule="overtaken",
                )  # fmt: skip
            is_whole = stream.complete and is_listing
            rejects.close(connection, source.id, stream_name, run_id, is_listing=is_listing, is_whole=is_whole)
            is_adopted = _adopted(connection, source.id, stream_name, counts)
            existing += counts.inserted if is_adopted else batch.new_keys(connection, name)
            if not is_adopted:
                _merge_rows(connection, name, run_id, counts)
            failpoint("merge.rows")
            if is_whole and not is_adopted:
                kept = [str(prefix) for prefix in landed.notes.get("keep_absent", ())]
                counts.deleted = _mark_deleted(connection, name, source.id, stream_name, run_id, kept)
            if is_listing:
                _remember(connection, source.id, stream, run_id, landed)
            _record(connection, source.id, stream_name, run_id, counts, existing - counts.deleted)
            batch.drop(connection, name)
            result[stream_name] = counts
        outcome = "loaded" if any(counts.changed for counts in result.values()) else "unchanged"
        finish_run(connection, run_id, outcome)
        failpoint("merge.before_commit")
    failpoint("merge.after_commit")
    return result


def _staged(connection: Connection, run_id: str, stream: str) -> tuple[Counts, int]:
    """The batch's figures, and how many records existed before."""
    row = connection.execute(
        text(
            "select read, valid, duplicate, rejected, (notes ->> 'existing')::int as existing from ops.load"
            " where run_id = :run_id and stream = :stream and outcome in ('staged', 'held')"
        ),
        {"run_id": run_id, "stream": stream},
    ).one_or_none()
    if row is None:
        raise LookupError(f"stream '{stream}' is not staged in run '{run_id}'")
    counts = Counts(read=row.read, valid=row.valid, duplicate=row.duplicate, rejected=row.rejected)
    return counts, int(row.existing or 0)


def _adopted(connection: Connection, source_id: str, stream: str, counts: Counts) -> bool:
    """A stream's first batch becomes its ``raw`` table as it is: its rows are not written a second time."""
    batch.release(connection, table_name(source_id, stream))
    adopted = connection.execute(
        text("select ops.adopt_batch(:source, :stream)"), {"source": source_id, "stream": stream}
    ).scalar_one()
    if adopted is None:
        return False
    counts.inserted, counts.unchanged = int(adopted), counts.valid - int(adopted)
    return True


def _merge_rows(connection: Connection, name: str, run_id: str, counts: Counts) -> None:
    """New content over known keys, then new keys. The stream's lock keeps other loaders out in between."""
    # The same meaning in another writing is no change: only the new writing is remembered, to know it next time.
    differs = "(r.payload is distinct from s.payload or r.deleted_at is not null)"

    def where_it_differs(column: str, new: str) -> str:
        return f"{column} = case when {differs} then {new} else r.{column} end"

    changes = [
        "payload = s.payload", "payload_hash = s.payload_hash", "raw_hash = s.raw_hash", "deleted_at = null",
        *(where_it_differs(column, f"s.{column}") for column in ("part", "position", "fetched_at")),
        where_it_differs("run_id", ":run_id"), where_it_differs("loaded_at", "now()"),
        where_it_differs("version", "r.version + 1"),
    ]  # fmt: skip
    updated = connection.execute(
        text(
            f"with touched as (update raw.{name} r set {', '.join(changes)} from stage.{name} s"
            " where s.record_key = r.record_key"
            f"  and ({differs} or r.raw_hash <> s.raw_hash) returning r.run_id)"
            " select count(*) from touched where run_id = :run_id"
        ),
        {"run_id": run_id},
    ).scalar_one()
    inserted = connection.execute(
        text(
            f"insert into raw.{name} (record_key, payload, raw_hash, payload_hash, run_id, first_run_id, part,"
            "  position, fetched_at)"
            " select record_key, payload, raw_hash, payload_hash, :run_id, :run_id, part, position, fetched_at"
            # Not an anti-join: planned while the table is empty, it would look through what it has just written.
            f" from stage.{name} on conflict (record_key) do nothing"
        ),
        {"run_id": run_id},
    ).rowcount
    counts.inserted, counts.updated = int(inserted), int(updated)
    counts.unchanged = counts.valid - counts.inserted - counts.updated


def _mark_deleted(connection: Connection, name: str, source_id: str, stream: str, run_id: str, kept: list[str]) -> int:
    """Absence from a complete listing is deletion, unless the record came but was rejected.

    ``kept`` are prefixes of keys whose part of the listing was not complete (``keep_absent`` in the notes).
    """
    result = connection.execute(
        text(
            f"update raw.{name} r set deleted_at = now(), run_id = :run_id, loaded_at = now(), version = version + 1"
            f" from stage.{name}__absent a where a.record_key = r.record_key and deleted_at is null"
            f" and not exists (select 1 from stage.{name} s where s.record_key = r.record_key)"
            " and not exists (select 1 from ops.reject j where j.source = :source and j.stream = :stream"
            "  and j.last_seen_run_id = :run_id and j.record_key = r.record_key)"
            " and not exists (select 1 from unnest(cast(:kept as text[])) p where starts_with(r.record_key, p))"
        ),
        {"run_id": run_id, "source": source_id, "stream": stream, "kept": kept},
    )
    return int(result.rowcount)


def _remember(connection: Connection, source_id: str, stream: Stream, run_id: str, landed: Landed) -> None:
    """What the next fetch starts from and is compared with."""
    validators = {
        part.url: {k: str(v) for k, v in part.meta["validators"].items()}
        for part in landed.parts
        if part.meta.get("validators")
    }
    connection.execute(
        text(
            "insert into ops.source_state as s (source, stream, last_run_id, last_change_run_id, last_checked_at,"
            " last_good_at, content_digest, contract_digest, cursor, validators, error)"
            " values (:source, :stream, :run_id, :run_id, now(), now(), :digest, :contract,"
            "  cast(:cursor as jsonb), cast(:validators as jsonb), null)"
            " on conflict (source, stream) do update set last_run_id = excluded.last_run_id,"
            "  last_checked_at = now(), last_good_at = now(), content_digest = excluded.content_digest,"
            "  contract_digest = excluded.contract_digest, cursor = excluded.cursor,"
            "  validators = excluded.validators, error = null"
        ),
        {
            "source": source_id, "stream": stream.name, "run_id": run_id, "digest": landed.digest,
            "contract": contract_digest(source_id, stream), "cursor": json.dumps(clamp(landed.notes.get("cursor"))),
            "validators": json.dumps(validators),
        },
    )  # fmt: skip


def _record(connection: Connection, source_id: str, stream: str, run_id: str, counts: Counts, rows: int) -> None:
    """The run's figures, how many records exist now, and whether that changed what a release is built from."""
    values = {
        "source": source_id, "stream": stream, "run_id": run_id, "changed": counts.changed > 0, "rows": rows,
        **asdict(counts),
    }  # fmt: skip
    connection.execute(
        text(
            "update ops.source_state set last_change_run_id = case when :changed then :run_id else last_change_run_id"
            " end, rows = :rows"
            " where source = :source and stream = :stream"
        ),
        values,
    )
    connection.execute(
        text(
            "update ops.load set inserted = :inserted, updated = :updated, unchanged = :unchanged, deleted = :deleted,"
            " outcome = case when :changed then 'loaded' else 'unchanged' end, finished_at = now()"
            " where run_id = :run_id and stream = :stream"
        ),
        values,
    )
