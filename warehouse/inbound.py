"""What arrived from outside and waits for a run: one row a dropped file or message, in ``ops.inbound``.

A row is written before anybody is woken. A run claims the rows of its source for a time (a lease); when it ends, it
settles them in the transaction that ends it. A run that died leaves its lease to expire, and the next one takes the
rows over. Waking is a matter of the scheduler and may fail without harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

ATTEMPTS = 5
"""Runs that may fail over a row before it is left to a person."""
LEASE = timedelta(hours=2)
"""Longer than a run may take (``dagrun_timeout`` of the ingest DAGs)."""
_FIRST_WAIT_S = 60


@dataclass(frozen=True)
class Inbound:
    """One piece of work that arrived.

    Attributes:
        kind: ``file`` (dropped), ``webhook`` (a message that something changed).
        uri: path inside the inbox, or name of the sender and type of the message.
    """

    id: int
    source: str
    kind: str
    uri: str
    status: str
    attempts: int
    received_at: datetime


def receive(
    connection: Connection, source: str, kind: str, uri: str, sha256: str, note: Mapping[str, Any] | None = None
) -> bool:
    """Note something that arrived; the same thing again is no second row.

    Args:
        connection: as gateway or loader.
        sha256: of a file its bytes, of a message its sender and id.
        note: what the receiver saw of it; plain values, no personal data.

    Returns:
        Whether it is new.
    """
    row = connection.execute(
        text(
            "insert into ops.inbound (source, kind, uri, sha256, note)"
            " values (:source, :kind, :uri, :sha256, cast(:note as jsonb))"
            " on conflict (source, sha256) do nothing returning id"
        ),
        {"source": source, "kind": kind, "uri": uri, "sha256": sha256, "note": json.dumps(dict(note or {}))},
    ).one_or_none()
    return row is not None


def reopen(connection: Connection, source: str, uri: str, sha256: str, note: Mapping[str, Any]) -> bool:
    """Note a dropped file; one whose bytes were seen before, and were something else in between, is work again.

    Args:
        connection: as loader.

    Returns:
        Whether a run has to look at it.
    """
    if receive(connection, source, "file", uri, sha256, note):
        return True
    row = connection.execute(
        text(
            "update ops.inbound i set status = 'new', uri = :uri, note = cast(:note as jsonb), received_at = now(),"
            " attempts = 0, not_before = now(), finished_at = null, error = null"
            " where i.source = :source and i.sha256 = :sha256 and i.status in ('done', 'failed')"
            " and exists (select 1 from ops.inbound later where later.source = i.source and later.uri = :uri"
            "  and later.sha256 <> i.sha256 and later.received_at > i.received_at) returning id"
        ),
        {"source": source, "uri": uri, "sha256": sha256, "note": json.dumps(dict(note))},
    ).one_or_none()
    return row is not None


def known_files(connection: Connection, source: str) -> dict[str, tuple[int, int, str]]:
    """Path → size, time of change (ns) and sha256 of the newest file noted under each path."""
    rows = connection.execute(
        text(
            # A time of change after 2262 is no bigint; senders have such clocks.
            "select distinct on (uri) uri, (note->>'size')::numeric, (note->>'mtime_ns')::numeric, sha256"
            " from ops.inbound where source = :source and kind = 'file' order by uri, received_at desc, id desc"
        ),
        {"source": source},
    )
    return {str(uri): (int(size or -1), int(mtime or -1), str(sha256)) for uri, size, mtime, sha256 in rows}


_CLAIMABLE = (
    "source = :source and not_before <= now() and (status = 'new' or (status = 'claimed' and lease_until < now()))"
)


def claim(connection: Connection, source: str, run_id: str, lease: timedelta = LEASE) -> list[Inbound]:
    """Take everything that waits for the source into a run, passing over what another run is taking just now.

    A row that has been claimed ``ATTEMPTS`` times without success is closed as failed instead.
    """
    connection.execute(
        text(
            "update ops.inbound set status = 'failed', lease_until = null, finished_at = now(),"
            " error = coalesce(error, 'the run that had claimed it did not finish')"
            f" where id in (select id from ops.inbound where {_CLAIMABLE} and attempts >= :most"
            " for update skip locked)"
        ),
        {"source": source, "most": ATTEMPTS},
    )
    rows = connection.execute(
        text(
            "update ops.inbound set status = 'claimed', run_id = :run_id, attempts = attempts + 1,"
            " lease_until = now() + :lease, error = null"
            f" where id in (select id from ops.inbound where {_CLAIMABLE} order by id for update skip locked)"
            " returning id, source, kind, uri, status, attempts, received_at"
        ),
        {"source": source, "run_id": run_id, "lease": lease},
    )
    return sorted((Inbound(*row) for row in rows), key=lambda found: found.id)


def settle(connection: Connection, run_id: str, outcome: str, error: str | None = None) -> None:
    """Close what the run had claimed, or put it back to wait longer each time; part of the caller's transaction.

    Args:
        outcome: of the run. ``failed`` puts the rows back; anything else is done, also ``held``: what arrived is in
            the hands of a person then.
    """
    if outcome != "failed":
        connection.execute(
            text(
                "update ops.inbound set status = 'done', lease_until = null, finished_at = now()"
                " where run_id = :run_id and status = 'claimed'"
            ),
            {"run_id": run_id},
        )
        return
    connection.execute(
        text(
            "update ops.inbound set error = :error, lease_until = null,"
            " status = case when attempts >= :most then 'failed' else 'new' end,"
            " finished_at = case when attempts >= :most then now() end,"
            " not_before = now() + make_interval(secs => :wait * (4 ^ (attempts - 1)))"
            " where run_id = :run_id and status = 'claimed'"
        ),
        {"run_id": run_id, "error": (error or "")[:1000], "most": ATTEMPTS, "wait": _FIRST_WAIT_S},
    )


def waiting(connection: Connection, source: str) -> list[int]:
    """Ids of what a run of the source could claim now, oldest first."""
    rows = connection.execute(text(f"select id from ops.inbound where {_CLAIMABLE} order by id"), {"source": source})
    return [int(row[0]) for row in rows]


def retry(connection: Connection, inbound_id: int) -> None:
    """Let a failed row be claimed again.

    Raises:
        LookupError: there is no failed row with this id.
    """
    done = connection.execute(
        text(
            "update ops.inbound set status = 'new', attempts = 0, not_before = now(), finished_at = null"
            " where id = :id and status = 'failed'"
        ),
        {"id": inbound_id},
    )
    if not done.rowcount:
        raise LookupError(f"no failed inbound row {inbound_id}")
