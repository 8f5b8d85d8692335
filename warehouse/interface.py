"""What readers see: fixed views whose rows follow one pointer, so that a release changes for all tables at once.

Every interface table ``T`` has a partitioned store ``store_<interface>.T``, one partition a release, and a view
``<interface>.T`` on the partition of the published release. The pointer is the row of ``ops.release`` with status
``published``: it is read with the reader's own snapshot, so one query (and one REPEATABLE READ transaction) sees one
release in all tables, and publishing is one UPDATE that no reader waits for. Exchanging views or schemas by name was
tried: names are resolved one by one, and a query with two tables could get one of each release.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

INTERFACES: Mapping[str, str] = {"traforo_v1": "", "bi": "_bi", "finance": "_finance"}
"""Interface schema → suffix of the schema that dbt builds it in."""
_READERS: Mapping[str, str] = {"finance": "traforo_finance"}
"""Interface schema → who reads it, where that is not the reader."""
_LIVE = "(select r.release_id from ops.release r where r.status = 'published')"


def tables(connection: Connection, schema: str) -> list[str]:
    """Names of the tables of a schema, sorted."""
    rows = connection.execute(
        text("select tablename from pg_tables where schemaname = :schema order by 1"), {"schema": schema}
    )
    return [str(row[0]) for row in rows]


def adopt(connection: Connection, build_schema: str, schema: str, release_id: str) -> None:
    """Take a build over from the transformer under its final name, and mark its rows with the release.

    From now on nobody writes it: dbt's role no longer owns it, and the publisher only attaches it.
    """
    for interface, suffix in INTERFACES.items():
        built, final, reader = build_schema + suffix, schema + suffix, _reader(interface)
        if not _exists(connection, built):
            continue
        connection.execute(text(f'alter schema "{built}" owner to traforo_publisher'))
        connection.execute(text(f'alter schema "{built}" rename to "{final}"'))
        for table in tables(connection, final):
            connection.execute(text(f'alter table "{final}"."{table}" owner to traforo_publisher'))
            connection.execute(
                text(
                    f'alter table "{final}"."{table}" add column release_id text not null default \'{release_id}\','
                    f" add constraint {_short(table)}_release check (release_id = '{release_id}')"
                )
            )
        connection.execute(text(f'grant usage on schema "{final}" to {reader}'))
        connection.execute(text(f'grant select on all tables in schema "{final}" to {reader}'))


def _reader(interface: str) -> str:
    return _READERS.get(interface, "traforo_reader")


def _exists(connection: Connection, schema: str) -> bool:
    found = text("select to_regnamespace(:schema) is not null")
    return bool(connection.execute(found, {"schema": f'"{schema}"'}).scalar())


def _short(table: str) -> str:
    return table[:50]


def attach(connection: Connection, schema: str, release_id: str) -> None:
    """Make the release a partition of every interface table, creating stores and views that are missing.

    Attaching takes no lock that a reader waits for. A table whose columns have changed gets a new store: rolling back
    beyond such a change needs the matching code.
    """
    for interface, suffix in INTERFACES.items():
        connection.execute(text(f"create schema if not exists {interface}"))
        connection.execute(text(f"create schema if not exists store_{interface}"))
        connection.execute(text(f"grant usage on schema {interface} to {_reader(interface)}"))
        for table in tables(connection, schema + suffix):
            _ensure_store(connection, interface, schema + suffix, table)
            connection.execute(
                text(
                    f'alter table store_{interface}."{table}" attach partition "{schema + suffix}"."{table}"'
                    f" for values in ('{release_id}')"
                )
            )
            _copy_comments(connection, schema + suffix, interface, table)
        _drop_views_without_table(connection, interface, set(tables(connection, schema + suffix)))
    _release_view(connection)


def _columns(connection: Connection, schema: str, table: str) -> list[tuple[str, str]]:
    rows = connection.execute(
        text(
            "select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a"
            " where a.attrelid = to_regclass(:name) and a.attnum > 0 and not a.attisdropped order by a.attnum"
        ),
        {"name": f'"{schema}"."{table}"'},
    )
    return [(str(name), str(kind)) for name, kind in rows]


def _ensure_store(connection: Connection, interface: str, schema: str, table: str) -> None:
    wanted = _columns(connection, schema, table)
    present = _columns(connection, f"store_{interface}", table)
    if present == wanted:
        return
    if present:
        connection.execute(text(f'drop view if exists {interface}."{table}"'))
        for name, parent in _partitions(connection, interface, table):
            connection.execute(text(f"alter table {parent} detach partition {name}"))
        connection.execute(text(f'drop table store_{interface}."{table}"'))
    declared = ", ".join(f'"{name}" {kind}' for name, kind in wanted)
    connection.execute(text(f'create table store_{interface}."{table}" ({declared}) partition by list (release_id)'))
    shown = ", ".join(f'"{name}"' for name, _ in wanted if name != "release_id")
    connection.execute(
        text(
            f'create view {interface}."{table}" as select {shown} from store_{interface}."{table}"'
            f" where release_id = {_LIVE}"
        )
    )
    connection.execute(text(f'grant select on {interface}."{table}" to {_reader(interface)}'))


def _partitions(connection: Connection, interface: str, table: str) -> list[tuple[str, str]]:
    rows = connection.execute(
        text(
            "select inhrelid::regclass::text, inhparent::regclass::text from pg_inherits"
            " where inhparent = to_regclass(:name)"
        ),
        {"name": f'store_{interface}."{table}"'},
    )
    return [(str(name), str(parent)) for name, parent in rows]


def _drop_views_without_table(connection: Connection, interface: str, kept: set[str]) -> None:
    views = connection.execute(
        text("select viewname from pg_views where schemaname = :schema"), {"schema": interface}
    ).scalars()
    for view in list(views):
        if view not in kept and view != "release":
            connection.execute(text(f'drop view {interface}."{view}"'))


def _release_view(connection: Connection) -> None:
    if connection.execute(text("select to_regclass('traforo_v1.release')")).scalar():
        return
    connection.execute(
        text(
            "create view traforo_v1.release as select release_id, schema_version, published_at, source_runs, row_counts"
            " from ops.release where status = 'published'"
        )
    )
    connection.execute(
        text(
            "comment on view traforo_v1.release is"
            " 'EN The live release | FR La version publiée | IT La versione pubblicata'"
        )
    )
    connection.execute(text("grant select on traforo_v1.release to traforo_reader"))


def _copy_comments(connection: Connection, schema: str, interface: str, table: str) -> None:
    """Comments of dbt's table on the view, where they differ."""
    rows = connection.execute(
        text(
            "select a.attname, d.description from pg_description d"
            " left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0"
            " where d.objoid = to_regclass(:source) and d.classoid = 'pg_class'::regclass"
            " except select a.attname, d.description from pg_description d"
            " left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0"
            " where d.objoid = to_regclass(:target) and d.classoid = 'pg_class'::regclass"
        ),
        {"source": f'"{schema}"."{table}"', "target": f'{interface}."{table}"'},
    ).all()
    for column, comment in rows:
        target = f'column {interface}."{table}"."{column}"' if column else f'view {interface}."{table}"'
        quoted = str(comment).replace("'", "''").replace(":", "\\:")  # text() would take :name for a parameter
        connection.execute(text(f"comment on {target} is '{quoted}'"))


def wait_for_planners(engine: Engine, most_s: float = 2.0) -> None:
    """Wait until no query is left that was planned before the attach and has not read its snapshot yet.

    Such a query would not know the new partition and yet follow the new pointer. It locks the tables before it is
    planned and until its transaction ends, and locks, unlike what other roles are doing, can be seen by everybody. A
    transaction that is open for longer than ``most_s`` has its snapshot long since, or plans its next query anew.
    """
    deadline = time.monotonic() + most_s
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        before = list(connection.execute(_HOLDERS, {"schemas": [f"store_{name}" for name in INTERFACES]}).scalars())
        while before and time.monotonic() < deadline:
            time.sleep(0.005)
            before = list(connection.execute(_STILL_THERE, {"transactions": before}).scalars())


_HOLDERS = text(
    "select distinct l.virtualtransaction from pg_locks l join pg_class c on c.oid = l.relation"
    " where l.locktype = 'relation' and l.pid <> pg_backend_pid()"
    " and l.database = (select oid from pg_database where datname = current_database())"
    " and c.relnamespace = any (select oid from pg_namespace where nspname = any (:schemas))"
)
_STILL_THERE = text(
    "select virtualxid from pg_locks where locktype = 'virtualxid' and granted and virtualxid = any (:transactions)"
)


def drop_release(engine: Engine, schema: str) -> bool:
    """Detach and drop the schemas of an old release or build without making readers wait.

    Returns:
        False where a reader still holds it; the next housekeeping tries again.
    """
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("set statement_timeout = '20s'"))
            for suffix in INTERFACES.values():
                _detach_all(connection, schema + suffix)
                connection.execute(text(f'drop schema if exists "{schema + suffix}" cascade'))
            connection.execute(text("reset statement_timeout"))
    except DBAPIError:
        return False
    return True


def _detach_all(connection: Connection, schema: str) -> None:
    rows = connection.execute(
        text(
            "select i.inhrelid::regclass::text, i.inhparent::regclass::text, i.inhdetachpending from pg_inherits i"
            " join pg_class c on c.oid = i.inhrelid where c.relnamespace = to_regnamespace(:schema) and c.relkind = 'r'"
        ),
        {"schema": f'"{schema}"'},
    ).all()
    for name, parent, half_done in rows:
        connection.execute(
            text(f"alter table {parent} detach partition {name} {'finalize' if half_done else 'concurrently'}")
        )
