"""What waits to be told to whom: ``ops.delivery``.

A delivery is one event for one subscriber. It waits until an answer was good (``delivered``), or until there is no hope
left (``dead``); the dead ones stay and can be sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from warehouse import feed
from warehouse.subscription import COLUMNS, Subscription, from_row, get_subscription


@dataclass(frozen=True)
class Delivery:
    """One event for one subscriber; ``attempts`` is how often it was tried, ``event`` the CloudEvent, if still kept."""

    delivery_id: int
    subscription: Subscription
    attempts: int
    event: Mapping[str, Any] | None


def due(connection: Connection, moment: datetime, leave_out: Iterable[int] = (), limit: int = 200) -> list[Delivery]:
    """Deliveries of active subscriptions whose time has come, in the order of the feed.

    Args:
        leave_out: ids of subscriptions that are not asked for.
    """
    rows = connection.execute(
        text(
            f"select d.delivery_id, d.attempts, {COLUMNS}, o.event_id::text as event, o.epoch, o.txid::text as txid,"
            " o.id, o.aggregatetype, o.aggregateid, o.type, o.payload::text as payload, o.release_id, o.occurred_at"
            " from ops.delivery d join ops.subscription s using (subscription_id)"
            " left join ops.outbox o on o.event_id = d.event_id"
            " where d.status = 'waiting' and d.next_attempt_at <= :moment and s.status = 'active'"
            " and s.subscription_id <> all(:leave_out)"
            " order by d.delivery_id limit :limit"
        ),
        {"moment": moment, "limit": limit, "leave_out": list(leave_out)},
    ).all()
    found = []
    for row in rows:
        values = row._asdict()
        event = feed.envelope({**values, "event_id": values["event"]}) if values["event"] else None
        found.append(Delivery(int(row[0]), from_row(tuple(row)[2:9]), int(row[1]), event))
    return found


def delivered(connection: Connection, delivery_id: int, status: int, moment: datetime) -> None:
    """Note that the receiver has it."""
    connection.execute(
        text(
            "update ops.delivery set status = 'delivered', attempts = attempts + 1, last_status = :status,"
            " last_error = null, last_attempt_at = :moment, delivered_at = :moment where delivery_id = :id"
        ),
        {"id": delivery_id, "status": status, "moment": moment},
    )


def failed(
    connection: Connection, delivery_id: int, status: int | None, error: str, moment: datetime, wait: timedelta | None
) -> None:
    """Note a failed attempt: the next one comes after ``wait``, or none does and the delivery is dead."""
    connection.execute(
        text(
            "update ops.delivery set attempts = attempts + 1, last_status = :status, last_error = :error,"
            " last_attempt_at = :moment, next_attempt_at = coalesce(:next, next_attempt_at),"
            " status = case when cast(:next as timestamptz) is null then 'dead' else 'waiting' end"
            " where delivery_id = :id"
        ),
        {
            "id": delivery_id, "status": status, "error": error[:500], "moment": moment,
            "next": None if wait is None else moment + wait,
        },
    )  # fmt: skip


def give_up(connection: Connection, subscription_id: int, error: str) -> int:
    """Close everything that waits for a subscription as dead; returns how many."""
    result = connection.execute(
        text(
            "update ops.delivery set status = 'dead', last_error = :error"
            " where subscription_id = :id and status = 'waiting'"
        ),
        {"id": subscription_id, "error": error},
    )
    return int(result.rowcount)


def dead(connection: Connection, limit: int = 100) -> list[dict[str, Any]]:
    """The list of dead letters, newest first: what, to whom, how often tried, the last error."""
    rows = connection.execute(
        text(
            "select d.delivery_id, s.name, o.type, o.aggregatetype || '/' || o.aggregateid as subject, d.attempts,"
            " d.last_status, d.last_error, d.last_attempt_at from ops.delivery d"
            " join ops.subscription s using (subscription_id) left join ops.outbox o using (event_id)"
            " where d.status = 'dead' order by d.delivery_id desc limit :limit"
        ),
        {"limit": limit},
    ).mappings()
    return [dict(row) for row in rows]


def send_again(connection: Connection, name: str, delivery_ids: Sequence[int] | None = None) -> int:
    """Let dead deliveries of a subscription wait again, all or the given ones; returns how many."""
    found = get_subscription(connection, name)
    result = connection.execute(
        text(
            "update ops.delivery set status = 'waiting', attempts = 0, next_attempt_at = now()"
            " where subscription_id = :id and status = 'dead'"
            " and (cast(:ids as bigint[]) is null or delivery_id = any(:ids))"
        ),
        {"id": found.subscription_id, "ids": None if delivery_ids is None else list(delivery_ids)},
    )
    return int(result.rowcount)
