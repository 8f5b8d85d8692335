"""Who wants to be told of which events, and how far each of them was told: ``ops.subscription``.

Sending is the matter of ``warehouse.delivery`` (what waits) and ``traforo.deliver`` (the network).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, text

from warehouse import feed

_PAGE = 1000


@dataclass(frozen=True)
class Subscription:
    """A receiver of webhooks.

    Attributes:
        types: event types, exact or ending in ``*``.
        status: ``active`` or ``disabled``; ``reason`` says why.
        loopback: plain HTTP to this machine is allowed (tests and demonstrations).
    """

    subscription_id: int
    name: str
    url: str
    types: tuple[str, ...]
    status: str
    reason: str | None
    loopback: bool

    def wants(self, event_type: str) -> bool:
        """Whether events of this type are sent to it."""
        return any(
            event_type.startswith(wanted[:-1]) if wanted.endswith("*") else event_type == wanted
            for wanted in self.types
        )


COLUMNS = "s.subscription_id, s.name, s.url, s.types, s.status, s.reason, s.loopback"
"""What ``from_row`` reads, of ``ops.subscription s``."""


def from_row(row: Sequence[Any]) -> Subscription:
    """The subscription in the columns ``COLUMNS``."""
    return Subscription(int(row[0]), str(row[1]), str(row[2]), tuple(row[3]), str(row[4]), row[5], bool(row[6]))


def subscribe(engine: Engine, name: str, url: str, types: Sequence[str], *, loopback: bool = False) -> Subscription:
    """Register a receiver; it is told of what happens from now on.

    Args:
        engine: connects as publisher.

    Raises:
        ValueError: the URL may not be called, or the name is taken or not usable.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise ValueError("a webhook is called over https")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ValueError("a webhook's URL has a host, and neither user, password nor fragment")
    with engine.begin() as connection:
        if connection.execute(text("select 1 from ops.subscription where name = :name"), {"name": name}).scalar():
            raise ValueError(f"there is a subscription '{name}' already")
        head = feed.head(connection)
        connection.execute(
            text(
                "insert into ops.subscription (name, url, types, loopback, after_epoch, after_txid, after_id)"
                " values (:name, :url, :types, :loopback, :epoch, cast(cast(:txid as text) as xid8), :id)"
            ),
            {
                "name": name, "url": url, "types": list(types), "loopback": loopback,
                "epoch": head.epoch, "txid": str(head.txid), "id": head.id,
            },
        )  # fmt: skip
        return get_subscription(connection, name)


def get_subscription(connection: Connection, name: str) -> Subscription:
    """The subscription called ``name``.

    Raises:
        LookupError: there is none.
    """
    for found in subscriptions(connection):
        if found.name == name:
            return found
    raise LookupError(f"no subscription '{name}'")


def subscriptions(connection: Connection) -> list[Subscription]:
    """All of them, by name."""
    rows = connection.execute(text(f"select {COLUMNS} from ops.subscription s order by name"))
    return [from_row(tuple(row)) for row in rows]


def unsubscribe(engine: Engine, name: str) -> None:
    """Remove a subscription and its deliveries.

    Raises:
        LookupError: there is none.
    """
    with engine.begin() as connection:
        found = get_subscription(connection, name)
        connection.execute(
            text("delete from ops.subscription where subscription_id = :id"), {"id": found.subscription_id}
        )


def set_status(connection: Connection, subscription_id: int, status: str, reason: str | None) -> None:
    """Disable a subscription, or make it active again; a disabled one loses nothing that is still kept."""
    connection.execute(
        text(
            "update ops.subscription set status = :status, reason = :reason,"
            " disabled_at = case when :status = 'disabled' then now() end where subscription_id = :id"
        ),
        {"id": subscription_id, "status": status, "reason": reason},
    )


def fan_out(engine: Engine) -> int:
    """Make a delivery of every new event that a subscriber wants; returns how many.

    Args:
        engine: connects as publisher.
    """
    with engine.connect() as connection:
        active = [found for found in subscriptions(connection) if found.status == "active"]
    return sum(_fan_out_one(engine, subscription) for subscription in active)


def _fan_out_one(engine: Engine, subscription: Subscription) -> int:
    made = 0
    while True:
        with engine.connect() as connection:
            after = _cursor(connection, subscription.subscription_id)
        try:
            page = feed.read_changes(engine, after.cursor, _PAGE)
        except feed.CursorExpired:
            _skip_what_is_gone(engine, subscription.subscription_id)
            continue
        if not page.events:
            return made
        wanted = [event["id"] for event in page.events if subscription.wants(event["type"])]
        with engine.begin() as connection:
            made += connection.execute(
                text(
                    "insert into ops.delivery (subscription_id, event_id)"
                    " select :id, event_id from unnest(cast(:events as uuid[])) with ordinality e(event_id, n)"
                    " order by n on conflict do nothing"
                ),
                {"id": subscription.subscription_id, "events": wanted},
            ).rowcount
            _move(connection, subscription.subscription_id, feed.decode(page.next))


def _cursor(connection: Connection, subscription_id: int) -> feed.Position:
    row = connection.execute(
        text("select after_epoch, after_txid::text, after_id from ops.subscription where subscription_id = :id"),
        {"id": subscription_id},
    ).one()
    return feed.Position(int(row[0]), int(row[1]), int(row[2]))


def _move(connection: Connection, subscription_id: int, to: feed.Position) -> None:
    connection.execute(
        text(
            "update ops.subscription set after_epoch = :epoch, after_txid = cast(cast(:txid as text) as xid8),"
            " after_id = :number where subscription_id = :id"
        ),
        {"id": subscription_id, "epoch": to.epoch, "txid": str(to.txid), "number": to.id},
    )


def _skip_what_is_gone(engine: Engine, subscription_id: int) -> None:
    """Go on at the first event that is kept; the subscription says that some were missed."""
    with engine.begin() as connection:
        position = _cursor(connection, subscription_id)
        lowest = feed.floor(connection)
        _move(connection, subscription_id, lowest if position < lowest else feed.head(connection))
        connection.execute(
            text(
                "update ops.subscription set reason = 'events were missed: they were past their keep time, or the"
                " database was restored; the receiver needs a snapshot' where subscription_id = :id"
            ),
            {"id": subscription_id},
        )
