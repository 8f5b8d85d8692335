"""Every role tries everything: what it may is allowed, and everything else is refused by the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from warehouse import release
from warehouse.cluster import AIRFLOW_DATABASE, ROLES, Cluster, role_name

Build = Callable[..., str]
# Statement → roles that may do it. Every other role must be refused.
MATRIX: dict[str, set[str]] = {
    "select * from traforo_v1.flow": {"reader", "finance", "publisher"},
    "select * from {release}.flow": {"reader", "finance", "publisher"},
    "select count(*) from bi.fct_flow": {"reader", "finance", "publisher"},
    "select * from finance.expense_person": {"finance", "publisher"},
    "select * from {finance}.expense_person": {"finance", "publisher"},
    "delete from {release}.flow": {"publisher"},
    "create table {release}.stowaway (x int)": {"publisher"},
    # The publisher is a member of the transformer: it has to take its builds over.
    "select * from raw.actif__flux": {"owner", "loader", "transformer", "publisher"},
    "update raw.actif__flux set version = 2": {"owner", "loader"},
    "delete from raw.actif__flux": {"owner"},
    "select * from traforo_ops.source_freshness": {"owner", "publisher", "reader", "finance"},
    "select * from traforo_ops.reject_summary": {"owner", "publisher", "reader", "finance"},
    "select * from ops.reject": {"owner", "loader", "transformer", "publisher"},
    "update ops.reject set status = 'dismissed'": {"owner", "loader"},
    "select * from ops.run": {"owner", "loader", "transformer", "publisher"},
    "select * from ops.outbox": {"owner", "publisher"},
    "update ops.outbox set payload = '{{}}'": {"owner"},
    "delete from ops.outbox": {"owner"},
    "insert into ops.outbox (aggregatetype, aggregateid, type, payload) values ('t', 'i', 't', '{{}}')": {
        "owner", "publisher",
    },
    "select * from ops.feed": {"owner", "publisher", "gateway"},
    "select * from ops.inbound": {"owner", "loader", "publisher", "transformer", "gateway"},
    "insert into ops.inbound (source, kind, uri, sha256) values ('a', 'webhook', 'x', '1')": {
        "owner", "loader", "gateway",
    },
    "update ops.inbound set status = 'done'": {"owner", "loader"},
    "delete from ops.inbound": {"owner"},
    "select * from ops.subscription": {"owner", "publisher"},
    "update ops.subscription set url = 'https://evil.example/'": {"owner", "publisher"},
    "select * from ops.delivery": {"owner", "publisher"},
    "insert into ops.decision (subject, subject_id, decision, decided_by, reason) values"
    " ('release', 'r', 'approve', 'x', 'y')": {"owner", "publisher"},
    "update ops.decision set reason = 'another'": {"owner"},
    "select * from ops.erasure_mark": {"owner", "loader"},
    "update ops.release set status = 'published' where false": {"owner", "publisher"},
    "create table stage.x (x int)": {"owner", "loader"},
    "create table raw.x (x int)": {"owner"},
    "create table ops.x (x int)": {"owner"},
    "create schema stowaway": {"owner", "transformer", "publisher"},
    "create table public.x (x int)": {"owner"},
    "select ops.create_stream('evil', 'x')": {"owner"},
    "create role stowaway": set(),
    "alter role traforo_reader set default_transaction_read_only = off": {"reader"},  # guards are no walls
    "copy (select 1) to program 'true'": set(),
    "select pg_read_file('/etc/passwd')": set(),
    "set role traforo_owner": {"owner"},
    "set role traforo_publisher": {"publisher"},
    "set role traforo_transformer": {"transformer", "publisher"},
}  # fmt: skip


@pytest.fixture
def released(publisher: Engine, build: Build, warehouse: Cluster) -> str:
    """Schema of a live release with a table of the star."""
    release_id = build(flow=[{"flow_id": "F1"}])
    transformer = warehouse.engine("transformer")
    with transformer.begin() as connection:
        connection.execute(text(f'create table "build_{release_id}_bi".fct_flow (x int)'))
        connection.execute(text(f'create schema "build_{release_id}_finance"'))
        connection.execute(text(f'create table "build_{release_id}_finance".expense_person (x int)'))
    transformer.dispose()
    release.switch(publisher, release_id)
    return f'"release_{release_id}"'


@pytest.fixture
def engines(warehouse: Cluster) -> Iterator[dict[str, Engine]]:
    made = {role: warehouse.engine(role) for role in ROLES if role != "airflow"}
    yield made
    for engine in made.values():
        engine.dispose()


def may(engine: Engine, statement: str) -> bool:
    """Whether the role may do it; nothing is kept."""
    with engine.connect() as connection:
        connection.execute(text("set transaction read write"))  # the reader's default is a guard, not the wall
        try:
            connection.execute(text(statement))
        except (ProgrammingError, OperationalError) as error:
            told = str(error.orig)
            assert any(
                reason in told
                for reason in ("permission denied", "must be owner", "must have", "may alter", "read-only")
            ), told
            return False
        finally:
            connection.rollback()
    return True


@pytest.mark.parametrize("statement", MATRIX)
def test_matrix(statement: str, released: str, engines: dict[str, Engine]) -> None:
    filled = statement.format(release=released, finance=f'{released[:-1]}_finance"')
    assert {role for role, engine in engines.items() if may(engine, filled)} == MATRIX[statement]


def test_no_role_but_airflow_enters_its_database_and_it_enters_no_other(warehouse: Cluster) -> None:
    import psycopg

    for role in ROLES:
        database = warehouse.database if role == "airflow" else AIRFLOW_DATABASE
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(
                host=warehouse.host, port=warehouse.port, dbname=database, user=role_name(role),
                password=warehouse.password(role),
            )  # fmt: skip


def test_a_wrong_password_is_refused(warehouse: Cluster) -> None:
    import psycopg

    dsn = warehouse.dsn("reader").replace(warehouse.password("reader"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn)


def test_guards_of_each_role(engines: dict[str, Any]) -> None:
    def setting(role: str, name: str) -> str:
        with engines[role].connect() as connection:
            return str(connection.execute(text(f"show {name}")).scalar_one())

    assert setting("reader", "default_transaction_read_only") == "on"
    assert setting("finance", "default_transaction_read_only") == "on"
    assert setting("reader", "statement_timeout") == "1min"
    assert setting("gateway", "statement_timeout") == "20s"
    assert setting("publisher", "lock_timeout") == "5s"
    assert all(setting(role, "password_encryption") == "scram-sha-256" for role in engines)


TRAP = "create function stage.trap() returns trigger language plpgsql as 'begin return new; end'"


@pytest.mark.parametrize(
    "hidden",
    [
        None,
        f"{TRAP}; create trigger t before update on stage.actif__flux for each row execute function stage.trap()",
        "create rule r as on update to stage.actif__flux do also notify x",
        "create index on stage.actif__flux (length(record_key))",
        "alter table stage.actif__flux add constraint c check (length(record_key) < 9)",
        "alter table stage.actif__flux alter position set default version()",
        "alter table stage.actif__flux add stowaway text",
        "alter table stage.actif__flux drop column position",
        "alter table stage.actif__flux enable row level security;"
        " create policy p on stage.actif__flux using (length(record_key) < 9)",
    ],
)
def test_a_first_batch_brings_nothing_along_into_raw(engines: dict[str, Engine], hidden: str | None) -> None:
    """Otherwise the loader could have the owner run what it likes."""
    with engines["loader"].connect() as connection:
        connection.execute(
            text("create table stage.actif__flux (like raw.actif__flux including all excluding indexes)")
        )
        connection.execute(text("alter table stage.actif__flux add ordinal bigint, alter run_id set default 'r'"))
        if hidden:
            connection.execute(text(hidden))
        adopted = connection.execute(text("select ops.adopt_batch('actif', 'flux')")).scalar_one()
        connection.rollback()
    assert adopted == (None if hidden else 0)
