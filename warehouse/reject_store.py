"""Rejects as people handle them: found, dismissed with a reason, read again from the landing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from warehouse.counts import table_name


@dataclass(frozen=True)
class Waiting:
    """Open rejects of one stream that were seen last in one run, and where that run's landing lies."""

    stream: str
    run_id: str
    landed_path: Path | None
    rejects: int


_CHOSEN = (
    " from ops.reject where (cast(:source as text) is null or source = :source)"
    " and (cast(:stream as text) is null or stream = :stream)"
    " and (cast(:id as bigint) is null or id = :id)"
    " and (:status = 'all' or status = :status)"
)
_AT_ONCE = 500


def find(
    engine: Engine, *, source: str | None = None, stream: str | None = None, status: str = "open",
    reject_id: int | None = None, limit: int | None = None,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Rejects, oldest first, as dicts, read as they are asked for; ``status`` ``all`` gives every one."""
    chosen = {"source": source, "stream": stream, "status": status, "id": reject_id, "limit": limit}
    with engine.connect() as connection:
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(
            text(
                "select id, run_id, source, stream, part, position, record_key, errors, payload, kind, status, note,"
                " resolved_by, resolved_run_id, to_char(created_at, 'YYYY-MM-DD HH24:MI') as since"
                f"{_CHOSEN} order by id limit :limit"
            ),
            chosen,
        )
        yield from (dict(row) for row in rows.mappings())


def count(engine: Engine, *, source: str | None = None, stream: str | None = None, status: str = "open") -> int:
    """How many ``find`` would give."""
    chosen = {"source": source, "stream": stream, "status": status, "id": None}
    with engine.connect() as connection:
        return int(connection.execute(text(f"select count(*){_CHOSEN}"), chosen).scalar_one())


def get(engine: Engine, reject_id: int) -> dict[str, Any]:
    """One reject, whatever its status.

    Raises:
        LookupError: there is none with this id.
    """
    for found in find(engine, status="all", reject_id=reject_id):
        return found
    raise LookupError(f"no reject {reject_id}")


def dismiss(engine: Engine, ids: list[int], person: str, reason: str) -> int:
    """Close open rejects for good: the same record does not come back as a reject. Returns how many were open.

    Raises:
        ValueError: no reason is given.
    """
    if not reason.strip():
        raise ValueError("say why: a dismissed record is not looked at again")
    with engine.begin() as connection:
        done = connection.execute(
            text(
                "update ops.reject set status = 'dismissed', resolved_at = now(), resolved_by = :person,"
                " note = :reason where id = any(:ids) and status = 'open'"
            ),
            {"ids": ids, "person": person, "reason": reason.strip()},
        )
        return int(done.rowcount)


def waiting(engine: Engine, source: str) -> list[Waiting]:
    """Open rejects of a source by stream and run, oldest run first."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select j.stream, j.last_seen_run_id, l.landed_path, count(*) from ops.reject j"
                " left join ops.load l on l.run_id = j.last_seen_run_id and l.stream = j.stream"
                " where j.source = :source and j.status = 'open'"
                " group by j.stream, j.last_seen_run_id, l.landed_path order by j.last_seen_run_id, j.stream"
            ),
            {"source": source},
        )
        return [Waiting(stream, run, Path(path) if path else None, n) for stream, run, path, n in rows]


def keep_only_waiting(connection: Connection, source: str, stream: str, seen_run_id: str) -> int:
    """Take out of a staged batch everything but the records that waited as rejects; returns how many are left.

    A key that was loaded after that run stays as it is: what came later counts.
    """
    name = table_name(source, stream)
    connection.execute(
        text(
            f"delete from stage.{name} s where not exists (select 1 from ops.reject j where j.source = :source"
            "  and j.stream = :stream and j.status = 'open' and j.last_seen_run_id = :run_id"
            "  and j.part = s.part and j.position = s.position)"
            f" or exists (select 1 from raw.{name} r where r.record_key = s.record_key and r.deleted_at is null"
            "  and r.fetched_at > s.fetched_at)"
        ),
        {"source": source, "stream": stream, "run_id": seen_run_id},
    )
    return int(connection.execute(text(f"select count(*) from stage.{name}")).scalar_one())
