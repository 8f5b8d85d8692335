"""Keep times of what ``ops`` and ``raw`` hold. Nothing that is live, open or waiting is ever dropped."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from warehouse import feed


@dataclass(frozen=True)
class KeepDays:
    """Days that things are kept.

    Attributes:
        feed: events of the change feed; a consumer that was away longer starts from a snapshot.
        deliveries: webhooks that were delivered or given up.
        inbound: messages and files that were dealt with.
        rejects: records that were mended, dismissed or superseded; open ones stay.
        deleted: records that their source deleted, with their content.
        checks: results of expectations.
        runs: runs, with their fetches and loads, that no state or row refers to any more.
        held: releases that a newer one has overtaken while they were held.
        landing: bytes as they came, beyond the newest runs.
        unfinished: what a crashed run left in the landing and among the files.
    """

    feed: int = 90
    deliveries: int = 30
    inbound: int = 90
    rejects: int = 180
    deleted: int = 365
    checks: int = 400
    runs: int = 400
    held: int = 30
    landing: int = 90
    unfinished: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(f"keep time '{field.name}' must be a day at least")


_STATEMENTS = {
    "deliveries": "delete from ops.delivery where status <> 'waiting' and created_at < :before",
    "inbound": "delete from ops.inbound where status in ('done', 'failed') and received_at < :before",
    "rejects": "delete from ops.reject where status <> 'open' and resolved_at < :before",
    "checks": "delete from ops.expectation_result where evaluated_at < :before",
    "held": (
        "update ops.release r set status = 'withdrawn', error = coalesce(error, '') || ' (overtaken while it was held)'"
        " where status = 'held' and created_at < :before and exists"
        " (select 1 from ops.release l where l.status = 'published' and l.created_at > r.created_at)"
    ),
}
_OLD_RUNS = (
    "select r.run_id from ops.run r where r.started_at < :before and r.finished_at is not null"
    " and not exists (select 1 from ops.source_state s where r.run_id in (s.last_run_id, s.last_change_run_id))"
    " and not exists (select 1 from ops.load l where l.run_id = r.run_id and l.outcome = 'held')"
)


def clean(connection: Connection, keep: KeepDays, now: datetime | None = None) -> dict[str, int]:
    """Drop what is past its keep time; part of the caller's transaction.

    Args:
        connection: as owner.
        now: the moment to count from, this one by default.

    Returns:
        Rows dropped by kind, kinds without any left out.
    """
    moment = now or datetime.now(UTC)

    def before(kind: str) -> datetime:
        return moment - timedelta(days=getattr(keep, kind))

    done = {
        kind: int(connection.execute(text(statement), {"before": before(kind)}).rowcount)
        for kind, statement in _STATEMENTS.items()
    }
    done["feed"] = feed.trim(connection, before("feed"))
    done["deleted"] = _forget_deleted(connection, before("deleted"))
    done["runs"] = _drop_runs(connection, before("runs"))
    return {kind: count for kind, count in done.items() if count}


def _forget_deleted(connection: Connection, before: datetime) -> int:
    tables = connection.execute(text("select tablename from pg_tables where schemaname = 'raw' order by 1")).scalars()
    return sum(
        int(
            connection.execute(
                text(f'delete from raw."{table}" where deleted_at < :before'), {"before": before}
            ).rowcount
        )
        for table in list(tables)
    )


def _drop_runs(connection: Connection, before: datetime) -> int:
    for table in ("fetch", "load"):
        connection.execute(text(f"delete from ops.{table} where run_id in ({_OLD_RUNS})"), {"before": before})
    return int(
        connection.execute(text(f"delete from ops.run where run_id in ({_OLD_RUNS})"), {"before": before}).rowcount
    )
