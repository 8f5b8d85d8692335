"""The transactional outbox: what a release changes, written by the transaction that publishes it.

The tables of the new release are compared with those of the live one (``warehouse.difference``). Every entity that
appeared or changed gives an ``upserted`` event with its whole row, every one that is gone a ``deleted`` event (a
tombstone); the release event comes last. Reading them is the matter of ``warehouse.feed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from warehouse.difference import Change, Pair, add, difference, followed
from warehouse.failpoints import failpoint
from warehouse.ops import dumps

TYPE_PREFIX = "eu.traforo"
RELEASE_PUBLISHED = f"{TYPE_PREFIX}.release.published"
CHANNEL = "traforo_release"
"""Channel of ``NOTIFY``: a hint for who listens at that moment, never the only way to learn of a release."""


def record_release(
    connection: Connection, release_id: str, schema: str, old_schema: str | None, payload: Mapping[str, Any]
) -> dict[str, Change]:
    """Write the events of a release into ``ops.outbox``; part of the caller's transaction.

    Args:
        connection: as publisher, inside the transaction that moves the pointer.
        schema: schema of the release that becomes live.
        old_schema: schema of the live release, None before the first.
        payload: data of the release event; the numbers of changes are added to it.

    Returns:
        Changes by table, for tables that are followed and differ.
    """
    epoch = connection.execute(text("select ops.feed_epoch_now()")).scalar_one()
    done: dict[str, Change] = {}
    for pair in followed(connection, schema, old_schema):
        add(done, pair.name, _write_changes(connection, pair, release_id, epoch))
        failpoint("switch.events")
    counts = {name: vars(change) for name, change in done.items()}
    write_event(connection, "release", release_id, RELEASE_PUBLISHED, {**payload, "changes": counts}, release_id)
    connection.execute(text("select pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": release_id})
    return done


def write_event(
    connection: Connection, kind: str, entity: str, event_type: str, payload: Mapping[str, Any], release_id: str | None
) -> None:
    """Write one event into the outbox; part of the caller's transaction."""
    connection.execute(
        text(
            "insert into ops.outbox (aggregatetype, aggregateid, type, payload, release_id)"
            " values (:kind, :entity, :type, cast(:payload as jsonb), :release)"
        ),
        {"kind": kind, "entity": entity, "type": event_type, "payload": dumps(payload), "release": release_id},
    )


def stale_streams(connection: Connection, schema: str) -> list[str]:
    """``source.stream`` of what was stale when the release was built, sorted."""
    if not connection.execute(text("select to_regclass(:name)"), {"name": f'"{schema}".source_status'}).scalar():
        return []
    rows = connection.execute(
        text(f"select source_id || '.' || stream_name from \"{schema}\".source_status where is_stale order by 1")
    ).scalars()
    return [str(name) for name in rows]


def _write_changes(connection: Connection, pair: Pair, release_id: str, epoch: int) -> Change:
    row = connection.execute(
        text(
            f"with d as materialized ({difference(pair)}),"
            " written as (insert into ops.outbox (epoch, aggregatetype, aggregateid, type, payload, release_id)"
            "  select :epoch, :table, entity, :prefix || case when kind = 'removed' then 'deleted' else 'upserted' end,"
            "  jsonb_build_object('key', key)"
            "   || case when data is null then '{}' else jsonb_build_object('row', data, 'hash', md5(data::text)) end,"
            "  :release from d order by kind = 'removed', entity)"
            " select count(*) filter (where kind = 'added'), count(*) filter (where kind = 'changed'),"
            " count(*) filter (where kind = 'removed') from d"
        ),
        {"epoch": epoch, "table": pair.name, "prefix": f"{TYPE_PREFIX}.{pair.name}.", "release": release_id},
    ).one()
    return Change(*(int(n) for n in row))
