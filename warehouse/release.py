"""Releases: built in schemas of their own, audited there, then switched in by one transaction.

``build_<id>`` and ``build_<id>_bi`` become ``release_<id>`` and ``release_<id>_bi``; their tables are never renamed or
written again. ``warehouse.interface`` shows the published one to readers. A reader who wants to stay on one state for
longer than a transaction reads the tables of ``release_<id>`` themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from warehouse.dbt import code_digest
from warehouse.failpoints import failpoint
from warehouse.interface import adopt, attach, drop_release, tables, wait_for_planners
from warehouse.ops import dumps, git_sha, new_id
from warehouse.outbox import record_release, stale_streams

SCHEMA_VERSION = "1.0.0"
KEEP_RELEASES = 5
_LOCK = 724003


@dataclass(frozen=True)
class Release:
    """A release as ``ops.release`` knows it."""

    release_id: str
    status: str
    row_counts: Mapping[str, int]
    source_runs: Mapping[str, str]
    error: str | None = None

    @property
    def build_schema(self) -> str:
        """Schema in which dbt builds the release."""
        return f"build_{self.release_id}"

    @property
    def schema(self) -> str:
        """Schema of the release once it is published."""
        return f"release_{self.release_id}"


def source_runs(connection: Connection) -> dict[str, str]:
    """``source.stream`` → run that changed it last."""
    rows = connection.execute(
        text("select source || '.' || stream, last_change_run_id from ops.source_state order by 1")
    )
    return {str(name): str(run) for name, run in rows}


def get_release(connection: Connection, release_id: str) -> Release:
    """The release with this id.

    Raises:
        LookupError: there is none.
    """
    row = connection.execute(
        text("select release_id, status, row_counts, source_runs, error from ops.release where release_id = :id"),
        {"id": release_id},
    ).one_or_none()
    if row is None:
        raise LookupError(f"no release '{release_id}'")
    return Release(*row)


def live_release(connection: Connection) -> Release | None:
    """The published release, None before the first."""
    release_id = connection.execute(text("select release_id from ops.release where status = 'published'")).scalar()
    return get_release(connection, release_id) if release_id else None


def what_changed(connection: Connection) -> list[str]:
    """Names of what differs from the live release: streams, ``code``, ``decisions``, or ``first release``."""
    runs = source_runs(connection)
    if not runs:
        return []
    live = connection.execute(
        text("select source_runs, code_digest, created_at from ops.release where status = 'published'")
    ).one_or_none()
    if live is None:
        return ["first release"]
    changed = [name for name, run in runs.items() if live.source_runs.get(name) != run]
    decided = connection.execute(
        text(
            "select exists (select 1 from ops.identity_decision where decided_at > :since)"
            " or exists (select 1 from ops.material_decision where decided_at > :since)"
        ),
        {"since": live.created_at},
    ).scalar()
    return changed + (["code"] if live.code_digest != code_digest() else []) + (["decisions"] if decided else [])


def causes(connection: Connection) -> list[dict[str, Any]]:
    """Runs whose rows the next release takes in and the live one has not got, each with what had arrived for it."""
    rows = connection.execute(
        text(
            "with live as (select source_runs from ops.release where status = 'published')"
            " select distinct r.run_id, r.source, r.kind, coalesce(r.reason -> 'inbound', '[]') as inbound"
            " from ops.run r join ops.load l using (run_id)"
            " join ops.source_state s on s.source = l.source and s.stream = l.stream"
            " left join live on true"
            " cross join lateral (select live.source_runs ->> (l.source || '.' || l.stream) as run_id) known"
            " where l.outcome = 'loaded' and l.inserted + l.updated + l.deleted > 0"
            " and s.last_change_run_id is distinct from known.run_id"
            " and (r.run_id > coalesce(known.run_id, '') or r.run_id = s.last_change_run_id) order by r.run_id"
        )
    ).mappings()
    return [dict(row) for row in rows]


def open_release(engine: Engine, reason: Mapping[str, Any]) -> Release:
    """Register a release that is about to be built; unfinished ones of a crashed run are closed as failed.

    Building it is a run of kind ``harmonise`` with the id of the release; its reason names the runs that it takes in,
    with what had arrived for them.

    Args:
        engine: connects as publisher.
    """
    release_id = new_id()
    with engine.begin() as connection:
        told = dumps({**reason, "runs": causes(connection)})
        crashed = connection.execute(
            text(
                "update ops.release set status = 'failed', error = 'the run that built it did not finish'"
                " where status in ('building', 'built', 'audited') returning release_id, error"
            )
        )
        for row in crashed.all():
            end_build(connection, row.release_id, "failed", row.error)
        connection.execute(
            text(
                "insert into ops.run (run_id, kind, reason, git_sha)"
                " values (:id, 'harmonise', cast(:reason as jsonb), :sha)"
            ),
            {"id": release_id, "reason": told, "sha": git_sha()},
        )
        connection.execute(
            text(
                "insert into ops.release"
                " (release_id, status, schema_version, git_sha, reason, source_runs, code_digest)"
                " values (:id, 'building', :version, :sha, cast(:reason as jsonb), cast(:runs as jsonb), :digest)"
            ),
            {
                "id": release_id, "version": SCHEMA_VERSION, "sha": git_sha(), "reason": told,
                "runs": dumps(source_runs(connection)), "digest": code_digest(),
            },
        )  # fmt: skip
        return get_release(connection, release_id)


def set_status(engine: Engine, release_id: str, status: str, **values: Any) -> None:
    """Move a release to ``status`` and set more columns (``error``, ``checks_passed``, ``checks_failed``)."""
    columns = "".join(f", {name} = :{name}" for name in values)
    with engine.begin() as connection:
        connection.execute(
            text(f"update ops.release set status = :status{columns} where release_id = :id"),
            {"id": release_id, "status": status, **values},
        )
        if status in ("failed", "held"):
            end_build(connection, release_id, status, values.get("error"))


def end_build(connection: Connection, release_id: str, outcome: str, error: str | None = None) -> None:
    """Close the run that built a release; what a person decides later on a held one counts, and keeps its time."""
    connection.execute(
        text(
            "update ops.run set outcome = :outcome, error = :error, finished_at = coalesce(finished_at, now())"
            " where run_id = :id and (outcome is null or outcome = 'held')"
        ),
        {"id": release_id, "outcome": outcome, "error": error},
    )


def count_rows(connection: Connection, schema: str) -> dict[str, int]:
    """Exact row counts of a schema's tables."""
    return {
        table: int(connection.execute(text(f'select count(*) from "{schema}"."{table}"')).scalar_one())
        for table in tables(connection, schema)
    }


def switch(engine: Engine, release_id: str) -> Release:
    """Publish an audited release, or an older one again.

    The tables are attached first; the pointer, the release rows and the outbox then change in one transaction.

    Args:
        engine: connects as publisher.

    Raises:
        RuntimeError: the release is not audited, or its schemas are gone; nothing has changed then.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as lock:
        # Held over both transactions; freed when this connection ends, however it ends.
        lock.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            _switch(engine, release_id)
        finally:
            lock.execute(text("select pg_advisory_unlock(:key)"), {"key": _LOCK})
    with engine.connect() as connection:
        return get_release(connection, release_id)


def _switch(engine: Engine, release_id: str) -> None:
    with engine.begin() as connection:
        release = get_release(connection, release_id)
        if release.status == "published":
            return
        if release.status not in ("audited", "superseded"):
            raise RuntimeError(f"release '{release_id}' is {release.status}; only an audited release can be published")
        if release.status == "audited" and tables(connection, release.build_schema):
            adopt(connection, release.build_schema, release.schema, release_id)
            failpoint("switch.adopted")
            attach(connection, release.schema, release_id)
        counts = count_rows(connection, release.schema)
        if not counts:
            raise RuntimeError(f"release '{release_id}' has no tables any more")
    failpoint("switch.attached")
    wait_for_planners(engine)
    with engine.begin() as connection:
        old = live_release(connection)
        connection.execute(text("update ops.release set status = 'superseded' where status = 'published'"))
        connection.execute(
            text(
                "update ops.release set status = 'published', published_at = now(), row_counts = cast(:counts as jsonb)"
                " where release_id = :id"
            ),
            {"id": release_id, "counts": dumps(counts)},
        )
        end_build(connection, release_id, "published")
        told = {
            "rows": counts,
            "replaces": old.release_id if old else None,
            "stale": stale_streams(connection, release.schema),
        }
        record_release(connection, release_id, release.schema, old.schema if old else None, told)
        failpoint("switch.before_commit")
    failpoint("switch.after_commit")


def drop_old(engine: Engine, keep: int = KEEP_RELEASES) -> list[str]:
    """Drop superseded releases beyond the newest ``keep`` and failed builds, without making readers wait.

    Args:
        engine: connects as publisher.

    Returns:
        Names of the schemas that were dropped.
    """
    with engine.connect() as connection:
        candidates = connection.execute(
            text(
                "with kept as (select release_id from ops.release where status in ('superseded', 'published')"
                "  order by published_at desc nulls last limit :keep),"
                " busy as (select release_id from ops.release where status in ('building', 'built', 'audited', 'held')"
                "  union select release_id from kept)"
                " select nspname from pg_namespace where nspname ~ '^(build|release)_[0-9]{8}t[0-9]{6}[0-9a-f]{4}$'"
                " and split_part(nspname, '_', 2) not in (select release_id from busy) order by 1"
            ),
            {"keep": keep},
        ).scalars()
        names = [str(name) for name in candidates]
    return [name for name in names if drop_release(engine, name)]
