"""What every step leaves behind in ``ops``: runs, fetches, loads, states."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from connectors.core.landing import Landed, landed_entries
from warehouse import inbound

PROJECT = Path(__file__).resolve().parent.parent


def new_id(moment: datetime | None = None) -> str:
    """An id that sorts by time: ``20261121t101500`` and the fraction of the second in four hexadecimal digits."""
    now = moment or datetime.now(UTC)
    return f"{now:%Y%m%dt%H%M%S}{now.microsecond * 65536 // 1_000_000:04x}"


@functools.cache
def git_sha() -> str | None:
    """Commit of the running code, None outside a git checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - git from the PATH, no input of others
            cwd=PROJECT, check=True, capture_output=True, text=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


@dataclass(frozen=True)
class Run:
    """One run of one kind of work."""

    run_id: str
    source: str | None
    kind: str
    outcome: str | None


@dataclass(frozen=True)
class State:
    """What is known of a stream from its last good load.

    Attributes:
        content_digest: digest over the landed parts.
        contract_digest: digest over the code that read them; another one means that all is read again.
        validators: URL → ``etag``/``last_modified``.
        landed_path: folder of the landing that was loaded last.
    """

    content_digest: str | None
    contract_digest: str | None
    cursor: Mapping[str, Any] | None
    validators: Mapping[str, Mapping[str, str]]
    landed_path: str | None
    rows: int


NO_STATE = State(None, None, None, {}, None, 0)


def start_run(engine: Engine, kind: str, source: str | None, reason: Mapping[str, Any]) -> str:
    """Register a run and return its id."""
    run_id = new_id()
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into ops.run (run_id, source, kind, reason, git_sha)"
                " values (:run_id, :source, :kind, cast(:reason as jsonb), :git_sha)"
            ),
            {"run_id": run_id, "source": source, "kind": kind, "reason": dumps(reason), "git_sha": git_sha()},
        )
    return run_id


def finish_run(connection: Connection, run_id: str, outcome: str, error: str | None = None) -> None:
    """Close a run and what it had claimed; one that is closed already keeps its first outcome unless it was held."""
    inbound.settle(connection, run_id, outcome, error)
    connection.execute(
        text(
            "update ops.run set outcome = :outcome, error = :error, finished_at = now()"
            " where run_id = :run_id and (outcome is null or outcome = 'held')"
        ),
        {"run_id": run_id, "outcome": outcome, "error": error},
    )


def start_publishing(engine: Engine, reason: Mapping[str, Any]) -> str:
    """Register the writing of a release's files and return its id; one that was killed is closed as failed.

    Args:
        engine: connects as publisher.
    """
    with engine.begin() as connection:
        connection.execute(
            text(
                "update ops.run set outcome = 'failed', error = 'the run did not finish', finished_at = now()"
                " where kind = 'publish' and finished_at is null"
            )
        )
    return start_run(engine, "publish", None, reason)


def end_run(engine: Engine, run_id: str, outcome: str, error: str | None = None) -> None:
    """Close a run that takes in nothing from a source (``publish``).

    Args:
        engine: connects as publisher.
    """
    with engine.begin() as connection:
        connection.execute(
            text("update ops.run set outcome = :outcome, error = :error, finished_at = now() where run_id = :run_id"),
            {"run_id": run_id, "outcome": outcome, "error": error},
        )


def get_run(engine: Engine, run_id: str) -> Run:
    """The run with this id.

    Raises:
        LookupError: there is none.
    """
    with engine.connect() as connection:
        row = connection.execute(
            text("select run_id, source, kind, outcome from ops.run where run_id = :run_id"), {"run_id": run_id}
        ).one_or_none()
    if row is None:
        raise LookupError(f"no run '{run_id}'")
    return Run(*row)


def get_state(engine: Engine, source: str, stream: str) -> State:
    """What the last good load of the stream left."""
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "select s.content_digest, s.contract_digest, s.cursor, s.validators, l.landed_path, s.rows"
                " from ops.source_state s"
                " left join ops.load l on l.run_id = s.last_run_id and l.stream = s.stream"
                " where s.source = :source and s.stream = :stream"
            ),
            {"source": source, "stream": stream},
        ).one_or_none()
    return State(*row) if row else NO_STATE


def newer_load(engine: Engine, run_id: str) -> str | None:
    """A later run that answers for a stream that this run would load: it was loaded, or found it as it was before."""
    with engine.connect() as connection:
        return connection.execute(
            text(
                "select n.run_id from ops.load l join ops.run h using (run_id)"
                " join ops.load m on m.source = l.source and m.stream = l.stream"
                " join ops.run n on n.run_id = m.run_id"
                " left join ops.source_state s on s.source = l.source and s.stream = l.stream"
                " where l.run_id = :run_id and l.outcome = 'held' and n.started_at > h.started_at"
                # A fetch that found the last good content again leaves that run as the last one.
                " and (n.run_id = s.last_run_id or (n.kind = 'ingest' and m.outcome = 'unchanged'))"
                " order by n.started_at desc limit 1"
            ),
            {"run_id": run_id},
        ).scalar()


def record_landed(connection: Connection, run_id: str, landed: Landed, outcome: str) -> None:
    """Write one ``ops.fetch`` row a part and the ``ops.load`` row of the stream (outcome landed or unchanged)."""
    entries = landed_entries(landed)
    if entries:
        connection.execute(
            text(
                "insert into ops.fetch (run_id, source, stream, part, url, status, headers, sha256, bytes,"
                " unchanged, fetched_at) values (:run_id, :source, :stream, :part, :url, :status,"
                " cast(:headers as jsonb), :sha256, :bytes, :unchanged, cast(:fetched_at as timestamptz))"
                " on conflict (run_id, stream, part) do nothing"
            ),
            [
                {
                    "run_id": run_id, "source": landed.source_id, "stream": landed.stream, "part": e["name"],
                    "url": e["url"], "status": e["status"], "headers": dumps(e["headers"]), "sha256": e["sha256"],
                    "bytes": e["size"], "unchanged": e["unchanged"], "fetched_at": e["landed_at"],
                }
                for e in entries
            ],
        )  # fmt: skip
    connection.execute(
        text(
            "insert into ops.load (run_id, source, stream, parts, bytes, outcome, content_digest, landed_path)"
            " values (:run_id, :source, :stream, :parts, :bytes, :outcome, :digest, :path)"
            " on conflict (run_id, stream) do update set parts = excluded.parts, bytes = excluded.bytes,"
            " outcome = excluded.outcome, content_digest = excluded.content_digest, landed_path = excluded.landed_path"
        ),
        {
            "run_id": run_id, "source": landed.source_id, "stream": landed.stream, "parts": len(landed.parts),
            "bytes": sum(p.size for p in landed.parts), "outcome": outcome, "digest": landed.digest,
            "path": str(landed.folder),
        },
    )  # fmt: skip


def load_rows(engine: Engine, run_id: str) -> list[dict[str, Any]]:
    """The ``ops.load`` rows of a run, as dicts, by stream."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select stream, parts, bytes, read, valid, inserted, updated, unchanged, duplicate, rejected,"
                " deleted, outcome, error, landed_path, coalesce(notes -> 'notices', '[]') as notices"
                " from ops.load where run_id = :run_id order by stream"
            ),
            {"run_id": run_id},
        ).mappings()
        return [dict(row) for row in rows]


def add_notices(engine: Engine, run_id: str, notices: Mapping[str, list[str]]) -> None:
    """Keep with a run's loads what a person should know of them, by stream."""
    with engine.begin() as connection:
        for stream, lines in notices.items():
            if lines:
                connection.execute(
                    text(
                        "update ops.load set notes = jsonb_set(notes, '{notices}',"
                        " coalesce(notes -> 'notices', '[]') || cast(:lines as jsonb))"
                        " where run_id = :run_id and stream = :stream"
                    ),
                    {"run_id": run_id, "stream": stream, "lines": dumps(lines)},
                )


def dumps(value: Any) -> str:
    """JSON text of a plain value; dates become ISO text."""
    return json.dumps(value, ensure_ascii=False, default=str)
