"""A small invented programme in a built warehouse: one project a rule, made of contract records, built once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from schemas.sources.base import SourceRecord
from tests.db.money.programme import Programme
from tests.db.money.scenarios import scenarios
from tests.db.rows import empty
from warehouse import dbt
from warehouse.cluster import Cluster, connect_cluster

SCHEMA, SCHEMA_AGAIN = "build_money_test", "build_money_again"
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")


@dataclass(frozen=True)
class Money:
    """The built programme.

    Attributes:
        first: rows of ``expense_finding`` after the first build.
        rebuild: build everything anew, into ``SCHEMA_AGAIN``.
    """

    cluster: Cluster
    programme: Programme
    first: list[dict[str, Any]]
    rebuild: Callable[[], None]

    def rows(self, query: str, schema: str = SCHEMA) -> list[dict[str, Any]]:
        """Rows of a query on a built schema, whose name stands for ``{s}``."""
        engine = self.cluster.engine("transformer")
        with engine.connect() as connection:
            found = [dict(row) for row in connection.execute(text(query.replace("{s}", schema))).mappings()]
        engine.dispose()
        return found

    def findings(self, schema: str = SCHEMA) -> list[dict[str, Any]]:
        """Every finding with the code of its project."""
        query = 'select f.*, r.project_code from "{s}".expense_finding f left join "{s}".project r using (project_id)'
        return self.rows(query, schema)


def store(connection: Connection, stream: str, records: list[SourceRecord]) -> None:
    """Put records into the raw table, as a load does; a record that is there already is replaced."""
    for record in records:
        payload = json.dumps(record.model_dump(mode="json"), sort_keys=True)
        connection.execute(
            text(
                f"insert into raw.synergie__{stream} (record_key, payload, raw_hash, payload_hash, run_id,"
                " first_run_id, part, position, fetched_at)"
                " values (:key, cast(:payload as jsonb), :hash, :hash, 'test', 'test', 'part', 'row', now())"
                " on conflict (record_key) do update set payload = excluded.payload"
            ),
            {"key": record.record_key(), "payload": payload, "hash": hashlib.sha256(payload.encode()).digest()},
        )


@pytest.fixture(scope="package")
def money(server_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Money]:
    """The programme, loaded and built without dbt's own tests."""
    target = tmp_path_factory.mktemp("dbt")
    with connect_cluster(server_home) as cluster:
        empty(cluster)
        programme = scenarios()
        engine = cluster.engine("owner")
        with engine.begin() as connection:
            for stream, records in programme.streams().items():
                store(connection, stream, records)
        engine.dispose()

        def build(schema: str) -> None:
            built = dbt.build(cluster, schema, target, *NO_TESTS)
            assert built.ok, built.failures

        build(SCHEMA)
        made = Money(cluster, programme, [], lambda: build(SCHEMA_AGAIN))
        yield replace(made, first=made.findings())
        empty(cluster)
