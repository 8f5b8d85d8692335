"""Steps that wait for a person: hold a release or all publication, approve what was held, compare two releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from traforo import lineage
from traforo.pipeline.database import engine_of
from traforo.pipeline.release import ReleaseResult
from traforo.settings import Settings
from warehouse import release as releases
from warehouse.difference import Change, compare, differing_entities
from warehouse.interface import tables
from warehouse.verdicts import PUBLICATION, decide


@dataclass(frozen=True)
class Comparison:
    """Two releases side by side.

    Attributes:
        rows: table → rows in the old and in the new one, None where it has not got the table.
        changes: followed table → what differs.
    """

    old: str
    new: str
    rows: Mapping[str, tuple[int | None, int | None]]
    changes: Mapping[str, Change]


def hold(settings: Settings, release_id: str | None, by: str, why: str) -> None:
    """Hold a release that is not published yet; without an id, everything: later releases are built and wait.

    Raises:
        LookupError: there is no such release.
        RuntimeError: the release cannot be held any more.
    """
    with engine_of(settings, "publisher") as engine, engine.begin() as connection:
        if release_id is None:
            decide(connection, "publication", PUBLICATION, "hold", by, why)
            return
        release = releases.get_release(connection, release_id)
        if release.status not in ("built", "audited", "held"):
            raise RuntimeError(f"release '{release_id}' is {release.status}; only one that waits can be held")
        decide(connection, "release", release_id, "hold", by, why)
        _set_status(connection, release_id, "held", f"held by {by}: {why}")
        releases.end_build(connection, release_id, "held", f"held by {by}: {why}")


def lift(settings: Settings, by: str, why: str) -> None:
    """Let releases be published again; those that were held meanwhile still wait for ``approve``."""
    with engine_of(settings, "publisher") as engine, engine.begin() as connection:
        decide(connection, "publication", PUBLICATION, "lift", by, why)


def approve(settings: Settings, release_id: str, by: str, why: str, *, older: bool = False) -> ReleaseResult:
    """Publish a held release, because a person has looked at it.

    Args:
        older: also when a newer release is live already.

    Raises:
        LookupError: there is no such release.
        RuntimeError: it is not held, its tables are gone, or a newer one is live.
    """
    with engine_of(settings, "publisher") as engine:
        with engine.begin() as connection:
            release, live = releases.get_release(connection, release_id), releases.live_release(connection)
            if release.status not in ("held", "audited"):
                raise RuntimeError(f"release '{release_id}' is {release.status}, not held")
            if not tables(connection, release.build_schema):
                raise RuntimeError(f"the tables of release '{release_id}' are gone; build a new one")
            if live and not older and _is_newer(connection, live.release_id, release_id):
                raise RuntimeError(
                    f"release '{live.release_id}' is live and newer; say --older to go back all the same"
                )
            decide(connection, "release", release_id, "approve", by, why)
            _set_status(connection, release_id, "audited", None)
        switched = releases.switch(engine, release_id)
        lineage.tell(settings, release_id)
        return ReleaseResult(switched.release_id, switched.status, switched.row_counts)


def diff(settings: Settings, old: str | None, new: str) -> Comparison:
    """Rows and changed entities of two releases whose tables are still there; ``old`` is the live one by default.

    Raises:
        LookupError: a release is unknown or its tables are gone.
    """
    with engine_of(settings, "publisher") as engine, engine.connect() as connection:
        if old is None:
            live = releases.live_release(connection)
            if live is None:
                raise LookupError("nothing is live to compare with")
            old = live.release_id
        schemas = [schema_of(connection, name) for name in (old, new)]
        counts = [releases.count_rows(connection, schema) for schema in schemas]
        rows = {
            name: (counts[0].get(name), counts[1].get(name)) for name in sorted(counts[0].keys() | counts[1].keys())
        }
        return Comparison(old, new, rows, compare(connection, schemas[1], schemas[0]))


def diff_entities(settings: Settings, old: str, new: str, table: str, limit: int = 100) -> list[tuple[str, str]]:
    """``(kind, entity)`` of what differs in one table.

    Raises:
        LookupError: a release or the table is unknown.
    """
    with engine_of(settings, "publisher") as engine, engine.connect() as connection:
        return differing_entities(
            connection, schema_of(connection, new), schema_of(connection, old), table, limit=limit
        )


def schema_of(connection: Connection, release_id: str) -> str:
    """Schema in which the tables of a release lie now, built or published.

    Raises:
        LookupError: there is no such release, or its tables are gone.
    """
    release = releases.get_release(connection, release_id)
    for schema in (release.schema, release.build_schema):
        if tables(connection, schema):
            return schema
    raise LookupError(f"the tables of release '{release_id}' are gone")


def _is_newer(connection: Connection, release_id: str, than: str) -> bool:
    statement = text(
        "select a.created_at > b.created_at from ops.release a, ops.release b"
        " where a.release_id = :a and b.release_id = :b"
    )
    return bool(connection.execute(statement, {"a": release_id, "b": than}).scalar_one())


def _set_status(connection: Connection, release_id: str, status: str, error: str | None) -> None:
    connection.execute(
        text("update ops.release set status = :status, error = :error where release_id = :id"),
        {"id": release_id, "status": status, "error": error},
    )
