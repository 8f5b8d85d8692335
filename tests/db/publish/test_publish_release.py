"""A release becomes files: exact, complete, in place at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from publish.files import publish_release
from schemas.canonical.model import load_model
from warehouse.cluster import Cluster

RELEASE = "20261121t101500"
SCHEMA = f"release_{RELEASE}"


def create_tables(connection: Connection, schema: str) -> None:
    """Every published table, as the canonical model declares it, with the column that releases add."""
    connection.execute(text(f'drop schema if exists "{schema}" cascade'))
    connection.execute(text(f'create schema "{schema}"'))
    for table in load_model().published("core"):
        columns = ", ".join(f'"{c.name}" {c.type}{"" if c.nullable else " not null"}' for c in table.columns)
        key = ", ".join(f'"{c}"' for c in table.primary_key)
        connection.execute(
            text(
                f'create table "{schema}"."{table.name}" ({columns}, release_id text not null default \'{RELEASE}\','
                f" primary key ({key}))"
            )
        )


@pytest.fixture
def engine(warehouse: Cluster) -> Engine:
    engine = warehouse.engine("publisher")
    with engine.begin() as connection:
        create_tables(connection, SCHEMA)
        connection.execute(
            text(
                "insert into ops.release (release_id, status, schema_version, source_runs, code_digest, published_at)"
                " values (:id, 'published', '1.0.0', '{}', 'x', now())"
            ),
            {"id": RELEASE},
        )
    return engine


def test_first(engine: Engine, tmp_path: Path) -> None:
    files = publish_release(engine, RELEASE, SCHEMA, tmp_path)
    assert files
    print(sorted(p.name for p in (tmp_path / "latest").iterdir()))
    json.loads((tmp_path / "latest" / "datapackage.json").read_text())
