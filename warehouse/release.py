"""Releases: built in schemas of their own, audited there, then switched in by one transaction.

``build_<id>`` and ``build_<id>_bi`` become ``release_<id>`` and ``release_<id>_bi``; their tables are never renamed
or written again. The interface schemas ``traforo_v1`` and ``bi`` hold only views on the live release. They are
prepared beside the live ones and exchanged by renaming schemas, which takes no lock on any table or view: readers
are never blocked. A reader who wants several queries to see one state pins ``release_<id>`` (``ops.release`` and
``traforo_v1.release_info`` name the live one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from warehouse.dbt import PROJECT_DIR
from warehouse.ops import PROJECT, dumps, git_sha, new_id

SCHEMA_VERSION = "1.0.0"
INTERFACES = {"traforo_v1": "", "bi": "_bi"}
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


def code_digest() -> str:
    """Digest over everything that shapes the marts: dbt project, seeds and canonical model."""
    digest = hashlib.sha256()
    skip = {"target", "logs", "dbt_packages"}
    files = [p for p in PROJECT_DIR.rglob("*") if p.is_file() and not skip & set(p.relative_to(PROJECT_DIR).parts)]
    files += [p for p in (PROJECT / "schemas" / "canonical").rglob("*.yml") if p.is_file()]
    for path in sorted(files):
        if path.suffix in {".sql", ".yml", ".csv"}:
            digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


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
    """Names of what differs from the live release: streams, ``code``, or ``first release``."""
    runs = source_runs(connection)
    if not runs:
        return []
    live = connection.execute(
        text("select source_runs, code_digest from ops.release where status = 'published'")
    ).one_or_none()
    if live is None:
        return ["first release"]
    changed = [name for name, run in runs.items() if live.source_runs.get(name) != run]
    return changed + (["code"] if live.code_digest != code_digest() else [])


def open_release(engine: Engine, reason: Mapping[str, Any]) -> Release:
    """Register a release that is about to be built; unfinished ones of a crashed run are closed as failed.

    Args:
        engine: connects as publisher.
    """
    release_id = new_id()
    with engine.begin() as connection:
        connection.execute(
            text(
                "update ops.release set status = 'failed', error = 'the run that built it did not finish'"
                " where status in ('building', 'built', 'audited')"
            )
        )
        connection.execute(
            text(
                "insert into ops.release"
                " (release_id, status, schema_version, git_sha, reason, source_runs, code_digest)"
                " values (:id, 'building', :version, :sha, cast(:reason as jsonb), cast(:runs as jsonb), :digest)"
            ),
            {
                "id": release_id, "version": SCHEMA_VERSION, "sha": git_sha(), "reason": dumps(reason),
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


def tables(connection: Connection, schema: str) -> list[str]:
    """Names of the tables of a schema, sorted."""
    rows = connection.execute(
        text("select tablename from pg_tables where schemaname = :schema order by 1"), {"schema": schema}
    )
    return [str(row[0]) for row in rows]


def count_rows(connection: Connection, schema: str) -> dict[str, int]:
    """Exact row counts of a schema's tables."""
    return {
        table: int(connection.execute(text(f'select count(*) from "{schema}"."{table}"')).scalar_one())
        for table in tables(connection, schema)
    }


def switch(engine: Engine, release_id: str) -> Release:
    """Publish an audited release, or an older one again: schemas, interface views, release rows and outbox together.

    Args:
        engine: connects as publisher.

    Raises:
        RuntimeError: the release is not audited, or its schemas are gone; nothing has changed then.
    """
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        release = get_release(connection, release_id)
        if release.status == "published":
            return release
        if release.status not in ("audited", "superseded", "held"):
            raise RuntimeError(f"release '{release_id}' is {release.status}; only an audited release can be published")
        if release.status != "superseded":
            _adopt(connection, release)
        counts = count_rows(connection, release.schema)
        if not counts:
            raise RuntimeError(f"release '{release_id}' has no tables any more")
        old = live_release(connection)
        for interface, suffix in INTERFACES.items():
            _exchange_views(connection, interface, release.schema + suffix)
        connection.execute(text("update ops.release set status = 'superseded' where status = 'published'"))
        connection.execute(
            text(
                "update ops.release set status = 'published', published_at = now(), row_counts = cast(:counts as jsonb)"
                " where release_id = :id"
            ),
            {"id": release_id, "counts": dumps(counts)},
        )
        connection.execute(
            text(
                "insert into ops.outbox (aggregatetype, aggregateid, type, payload, release_id)"
                " values ('release', :id, 'eu.traforo.release.published', cast(:payload as jsonb), :id)"
            ),
            {"id": release_id, "payload": dumps({"rows": counts, "replaces": old.release_id if old else None})},
        )
    with engine.begin() as connection:
        return get_release(connection, release_id)


def _adopt(connection: Connection, release: Release) -> None:
    """Take the build over from the transformer, under its final name: from now on nobody writes it."""
    for suffix in INTERFACES.values():
        built, final = release.build_schema + suffix, release.schema + suffix
        connection.execute(text(f'alter schema "{built}" owner to traforo_publisher'))
        connection.execute(text(f'alter schema "{built}" rename to "{final}"'))
        for table in tables(connection, final):
            connection.execute(text(f'alter table "{final}"."{table}" owner to traforo_publisher'))
        connection.execute(text(f'grant usage on schema "{final}" to traforo_reader'))
        connection.execute(text(f'grant select on all tables in schema "{final}" to traforo_reader'))


def _exchange_views(connection: Connection, interface: str, schema: str) -> None:
    fresh = f"{interface}__next"
    connection.execute(text(f"drop schema if exists {fresh} cascade"))
    connection.execute(text(f"create schema {fresh}"))
    for table in tables(connection, schema):
        connection.execute(text(f'create view {fresh}."{table}" as select * from "{schema}"."{table}"'))
        _copy_comments(connection, schema, fresh, table)
    connection.execute(text(f"grant usage on schema {fresh} to traforo_reader"))
    connection.execute(text(f"grant select on all tables in schema {fresh} to traforo_reader"))
    exists = connection.execute(text("select 1 from pg_namespace where nspname = :name"), {"name": interface}).scalar()
    if exists:
        # Dropping the old views would wait for their readers; housekeeping does that later.
        connection.execute(text(f"alter schema {interface} rename to {interface}__old_{new_id()}"))
    connection.execute(text(f"alter schema {fresh} rename to {interface}"))


def _copy_comments(connection: Connection, schema: str, views: str, table: str) -> None:
    rows = connection.execute(
        text(
            "select a.attname, d.description from pg_description d"
            " left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0"
            " where d.objoid = to_regclass(:name) and d.classoid = 'pg_class'::regclass"
        ),
        {"name": f'"{schema}"."{table}"'},
    ).all()
    for column, comment in rows:
        target = f'column {views}."{table}"."{column}"' if column else f'view {views}."{table}"'
        quoted = str(comment).replace("'", "''").replace(":", "\\:")  # text() would take :name for a parameter
        connection.execute(text(f"comment on {target} is '{quoted}'"))


def drop_old(engine: Engine, keep: int = KEEP_RELEASES) -> list[str]:
    """Drop superseded releases beyond the newest ``keep``, failed builds and old interface views.

    Whatever a reader still holds is left for the next time (``lock_timeout`` of the publisher).

    Returns:
        Names of the schemas that were dropped.
    """
    dropped: list[str] = []
    with engine.connect() as connection:
        candidates = connection.execute(
            text(
                "with kept as (select release_id from ops.release where status in ('superseded', 'published')"
                "  order by published_at desc nulls last limit :keep),"
                " busy as (select release_id from ops.release where status in ('building', 'built', 'audited', 'held')"
                "  union select release_id from kept)"
                " select nspname from pg_namespace where (nspname like 'build\\_%' or nspname like 'release\\_%'"
                "  or nspname like '%\\_\\_old\\_%')"
                " and not exists (select 1 from busy where nspname like '%' || release_id || '%') order by 1 desc"
            ),
            {"keep": keep},
        ).scalars()
        names = [str(name) for name in candidates]
    for name in sorted(names, key=lambda n: "__old_" not in n):
        try:
            with engine.begin() as connection:
                connection.execute(text(f'drop schema "{name}" cascade'))
            dropped.append(name)
        except Exception:  # noqa: S112 - a reader holds it; the next housekeeping tries again
            continue
    return dropped
