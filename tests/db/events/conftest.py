"""Small releases for the tests of events: a state of three tables is built, audited and switched in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from warehouse import release
from warehouse.cluster import Cluster

COLUMNS = {
    "flow": ("flow_id text primary key", "quantity_t_per_year numeric(18,3)", "months text[]", "is_stale boolean"),
    "site": ("site_id text primary key", "site_name text"),
    "organisation_identifier": (
        "organisation_id text", "identifier_scheme_code text", "identifier text",
        "primary key (organisation_id, identifier_scheme_code, identifier)",
    ),
    "material": ("material_code text primary key", "low_code text"),
}  # fmt: skip


STATE = ("landing", "published", "data_docs", "dbt", "airflow")


@pytest.fixture
def bare_home(server_home: Path) -> Iterator[Path]:
    """The shared state folder without what other tests landed or published, before and after."""

    def clear() -> None:
        for name in STATE:
            shutil.rmtree(server_home / name, ignore_errors=True)

    clear()
    yield server_home
    clear()


@pytest.fixture
def publisher(warehouse: Cluster) -> Iterator[Engine]:
    admin = create_engine(warehouse.admin_url(warehouse.database), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        schemas = connection.execute(
            text("select nspname from pg_namespace where nspname ~ '^(build|release|traforo_v1|bi|store)'")
        ).scalars()
        for schema in list(schemas):
            connection.execute(text(f'drop schema "{schema}" cascade'))
    admin.dispose()
    engine = warehouse.engine("publisher")
    yield engine
    engine.dispose()


def fill(connection: Connection, schema: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Create the tables of a build with primary keys, and fill them."""
    for name, columns in COLUMNS.items():
        connection.execute(text(f'create table "{schema}".{name} ({", ".join(columns)})'))
        for row in tables.get(name, []):
            names = ", ".join(row)
            values = ", ".join(f":{column}" for column in row)
            connection.execute(text(f'insert into "{schema}".{name} ({names}) values ({values})'), row)


@pytest.fixture
def build(warehouse: Cluster, publisher: Engine) -> Iterator[Callable[..., str]]:
    """Builds and audits a release from rows by table; returns its id."""
    transformer = warehouse.engine("transformer")

    def make(**tables: list[dict[str, Any]]) -> str:
        opened = release.open_release(publisher, {"test": True})
        with transformer.begin() as connection:
            connection.execute(text(f'create schema "{opened.build_schema}"'))
            connection.execute(text(f'create schema "{opened.build_schema}_bi"'))
            fill(connection, opened.build_schema, tables)
        release.set_status(publisher, opened.release_id, "audited")
        return opened.release_id

    yield make
    transformer.dispose()


def _flow(flow_id: str, tonnes: str = "1.500", *, stale: bool = False) -> dict[str, Any]:
    return {"flow_id": flow_id, "quantity_t_per_year": Decimal(tonnes), "months": ["JAN"], "is_stale": stale}


@pytest.fixture
def flow() -> Callable[..., dict[str, Any]]:
    """Makes a row of ``flow``; quantities are decimals with three digits."""
    return _flow


@pytest.fixture
def site() -> Callable[..., dict[str, Any]]:
    """Makes a row of ``site``."""
    return lambda site_id, name="Halle (fictif)": {"site_id": site_id, "site_name": name}


@pytest.fixture
def live_rows(publisher: Engine) -> Callable[[str], list[dict[str, Any]]]:
    """The live rows of a table without what is volatile, in the order of their JSON text."""

    def read(table: str) -> list[dict[str, Any]]:
        with publisher.connect() as connection:
            live = release.live_release(connection)
            assert live is not None
            rows = connection.execute(
                text(f"select (to_jsonb(t) - '{{release_id,is_stale}}'::text[])::text from \"{live.schema}\".{table} t")
            ).scalars()
            return _sorted(json.loads(row, parse_float=Decimal) for row in rows)

    return read


@pytest.fixture
def same() -> Callable[[Iterable[dict[str, Any]]], list[dict[str, Any]]]:
    """Puts rows in the order of ``live_rows``."""
    return _sorted


def _sorted(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str))
