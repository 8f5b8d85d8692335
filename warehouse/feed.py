"""The change feed: the outbox as an ordered, append-only list that a consumer can resume anywhere.

Events are CloudEvents 1.0. Their order is that of commit visibility: (epoch, transaction, id), and nothing is handed
out while a transaction that could still commit something before it is running (the view ``ops.feed``). A position in
the list is an opaque cursor. A cursor that points before what is still kept, or into a history that a restored
database does not know, raises ``CursorExpired``: the consumer then takes a snapshot, which comes with its cursor.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, text

from schemas.canonical.model import load_model
from warehouse.difference import data_sql, entity_sql, followed
from warehouse.release import live_release

SOURCE = "urn:traforo:warehouse"
PAGE = 1000
MOST = 5000
_CURSOR = re.compile(r"1:(\d{1,9}):(\d{1,20}):(\d{1,19})")


_LAST = (
    "select f.epoch, f.txid::text, f.id from ops.feed f {where} order by f.epoch desc, f.txid desc, f.id desc limit 1"
)


class BadCursor(ValueError):
    """Not a cursor of ours."""


class CursorExpired(LookupError):
    """Events after this cursor are gone, or it belongs to a history that was lost; a snapshot is needed."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in the order of events.

    Attributes:
        epoch: stretch of the outbox that was written on one server.
        txid: transaction of that server.
        id: number of the event.
    """

    epoch: int = 0
    txid: int = 0
    id: int = 0

    @property
    def cursor(self) -> str:
        """The position as consumers keep it; they must not look into it."""
        return base64.urlsafe_b64encode(f"1:{self.epoch}:{self.txid}:{self.id}".encode()).rstrip(b"=").decode()

    @property
    def sequence(self) -> str:
        """The position as text that sorts like it."""
        return f"{self.epoch:06d}.{self.txid:020d}.{self.id:019d}"


START = Position()
"""Before the first event."""


@dataclass(frozen=True)
class Page:
    """Events in order.

    Attributes:
        events: CloudEvents, each with its own cursor in ``traforocursor``.
        next: cursor after the last one; that of the request where nothing is new.
        full: there may be more, and what stands here will never change (erasures apart).
    """

    events: list[dict[str, Any]]
    next: str
    full: bool


@dataclass(frozen=True)
class Snapshot:
    """The live release whole, with the place in the feed that it stands for.

    Attributes:
        position: events after it lead on from this state.
        keys: followed table → primary key.
    """

    release_id: str
    position: Position
    keys: Mapping[str, tuple[str, ...]]
    connection: Connection
    schema: str

    def rows(self, table: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Subject and row of every entity of one table, as the feed would send them, by primary key."""
        key = self.keys[table]
        order = ", ".join(f'"{column}"' for column in key)
        result = self.connection.execute(
            text(
                f"select {entity_sql('t', key)}, ({data_sql('t')})::text"
                f' from "{self.schema}"."{table}" t order by {order}'
            ),
            execution_options={"stream_results": True, "yield_per": PAGE},
        )
        for entity, row in result:
            yield f"{table}/{entity}", _exact(row)


def decode(cursor: str | None) -> Position:
    """The position behind a cursor; None is the start.

    Raises:
        BadCursor: it is not one of ours.
    """
    if not cursor:
        return START
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursor("not a cursor of this feed") from error
    match = _CURSOR.fullmatch(plain)
    if match is None:
        raise BadCursor("not a cursor of this feed")
    epoch, txid, number = (int(group) for group in match.groups())
    if epoch >= 2**31 or txid >= 2**64 or number >= 2**63:
        raise BadCursor("not a cursor of this feed")
    return Position(epoch, txid, number)


def read_changes(engine: Engine, after: str | None = None, limit: int = PAGE) -> Page:
    """What came after a cursor.

    Args:
        engine: connects as publisher or gateway.
        after: cursor of the last event that the consumer has; None starts at the first event there ever was.
        limit: most events of the page, 1 to ``MOST``.

    Raises:
        BadCursor: ``after`` is not a cursor.
        CursorExpired: the consumer needs a snapshot first.
    """
    position, most = decode(after), max(1, min(limit, MOST))
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select epoch, txid::text, id, event_id::text, aggregatetype, aggregateid, type, payload::text,"
                " release_id, occurred_at from ops.feed f"
                " where (f.epoch, f.txid, f.id) > (:epoch, cast(cast(:txid as text) as xid8), :id)"
                # Qualified: a bare txid would be the text of the select list, and 999 would come after 1000.
                " order by f.epoch, f.txid, f.id limit :most"
            ),
            {"epoch": position.epoch, "txid": str(position.txid), "id": position.id, "most": most},
        ).all()
        # After the events: what is dropped meanwhile is noticed, instead of being missed.
        _check_known(connection, position)
    events = [envelope(row._asdict()) for row in rows]
    following = events[-1]["traforocursor"] if events else position.cursor
    return Page(events, str(following), len(events) == most)


def _check_known(connection: Connection, position: Position) -> None:
    lowest = floor(connection)
    if position < lowest:
        raise CursorExpired("events after this cursor are past their keep time; start again from a snapshot")
    if position in (lowest, START):
        return
    last = _position(
        connection,
        _LAST.format(where="where f.epoch = :epoch"),
        epoch=position.epoch,
    )
    if position > max(last, lowest):
        raise CursorExpired("this cursor is from a history that was lost; start again from a snapshot")


def head(connection: Connection) -> Position:
    """The last event that can be read now; the floor where none is kept."""
    return max(_position(connection, _LAST.format(where="")), floor(connection))


def floor(connection: Connection) -> Position:
    """The last event that was dropped, the start if none was."""
    return _position(connection, "select epoch, txid::text, id from ops.feed_floor")


def _position(connection: Connection, statement: str, **values: Any) -> Position:
    row = connection.execute(text(statement), values).one_or_none()
    return Position(int(row[0]), int(row[1]), int(row[2])) if row else START


def envelope(row: Mapping[str, Any]) -> dict[str, Any]:
    """The CloudEvent of an outbox row (structured JSON).

    ``data`` is the row of an entity, null for one that is gone, and for other events their payload. ``dataschema`` is
    the table's JSON Schema; columns that change without the entity (``VOLATILE``) are left out of the data.
    """
    table, payload = str(row["aggregatetype"]), _exact(row["payload"])
    position = Position(int(row["epoch"]), int(row["txid"]), int(row["id"]))
    model = load_model()
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(row["event_id"]),
        "source": SOURCE,
        "type": row["type"],
        "subject": f"{table}/{row['aggregateid']}",
        "time": _utc(row["occurred_at"]),
        "datacontenttype": "application/json",
        "sequence": position.sequence,
        "partitionkey": f"{table}/{row['aggregateid']}"[:256],
        "traforocursor": position.cursor,
    }
    if row["release_id"]:
        event["trafororelease"] = row["release_id"]
    if table in model.tables:
        event["dataschema"] = f"urn:traforo:{model.name}:{table}:{model.version}"
        event["traforokey"] = payload["key"]
        event["data"] = payload.get("row")
    else:
        event["data"] = payload
    return event


def encode(value: Any) -> bytes:
    """JSON of events and rows; decimals keep their digits."""
    return orjson.dumps(value, default=_number)


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no place in an event")


def _exact(plain: str) -> Any:
    return json.loads(plain, parse_float=Decimal)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Snapshot]:
    """The live release and its cursor, seen at one moment, for the time of the block.

    Args:
        engine: connects as publisher.

    Raises:
        LookupError: nothing has been released yet.
    """
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        live = live_release(connection)
        if live is None:
            raise LookupError("nothing is released yet, so there is no snapshot")
        keys = {pair.name: pair.key for pair in followed(connection, live.schema, None)}
        yield Snapshot(live.release_id, head(connection), keys, connection, live.schema)


def snapshot_lines(engine: Engine) -> Generator[bytes, None, None]:
    """The snapshot as lines of JSON: what it is, one line a row, and last how many rows there were.

    Args:
        engine: connects as publisher.

    Raises:
        LookupError: nothing has been released yet.
    """
    with snapshot(engine) as taken:
        keys = {table: list(key) for table, key in taken.keys.items()}
        head = {"release_id": taken.release_id, "cursor": taken.position.cursor, "sequence": taken.position.sequence}
        yield encode({**head, "keys": keys}) + b"\n"
        count = 0
        for table in taken.keys:
            for subject, row in taken.rows(table):
                count += 1
                yield encode({"subject": subject, "row": row}) + b"\n"
        yield encode({"rows": count}) + b"\n"


def trim(connection: Connection, before: datetime) -> int:
    """Drop events that happened before ``before`` from the beginning of the feed; consumers behind them get a 410.

    Events that a subscriber still waits for are kept, and everything after them.

    Args:
        connection: as owner, in a transaction.

    Returns:
        Number of events dropped.
    """
    kept = (
        "select epoch, txid, id from ops.outbox where occurred_at >= :before"
        " union all select epoch, txid, id from ops.outbox where not exists"
        " (select 1 from ops.feed f where f.id = outbox.id)"
        " union all select o.epoch, o.txid, o.id from ops.delivery d join ops.outbox o using (event_id)"
        " where d.status = 'waiting'"
    )
    dropped = connection.execute(
        text(
            f"with first_kept as (select epoch, txid, id from ({kept}) k order by 1, 2, 3 limit 1),"
            " dropped as (delete from ops.outbox o where not exists (select 1 from first_kept k"
            "   where (o.epoch, o.txid, o.id) >= (k.epoch, k.txid, k.id)) returning o.epoch, o.txid, o.id),"
            " floor as (insert into ops.feed_floor (epoch, txid, id)"
            "  select epoch, txid, id from dropped order by epoch desc, txid desc, id desc limit 1"
            "  on conflict (only_row) do update set epoch = excluded.epoch, txid = excluded.txid, id = excluded.id,"
            "   dropped_at = now() returning 1)"
            " select count(*) from dropped"
        ),
        {"before": before},
    ).scalar_one()
    return int(dropped)
