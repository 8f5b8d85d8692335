"""The real scheduler, once from the sources to the published files, and once more when nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.core.registry import source_ids
from tests.e2e.canary import FINDER, files, secrets, spoil, tables
from traforo import pipeline, stack, stack_run
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings
from traforo.stack_process import members, read_state
from warehouse.cluster import Cluster, connect_cluster

pytestmark = [pytest.mark.airflow, pytest.mark.e2e, pytest.mark.db, pytest.mark.timeout(420)]
SEED, SCALE = 11, 1.0


@dataclass
class Passes:
    """Two passes through one Airflow, and the warehouse they left."""

    settings: Settings
    cluster: Cluster
    first: stack_run.RunReport
    second: stack_run.RunReport
    left_over: list[int]
    lock_is_free: bool

    def query(self, sql: str, **values: Any) -> list[Any]:
        engine = self.cluster.engine("publisher")
        with engine.connect() as connection:
            rows = list(connection.execute(text(sql), values))
        engine.dispose()
        return rows


@pytest.fixture(scope="module")
def passes(emptied_home: Path) -> Iterator[Passes]:
    """Both passes; Airflow is stopped before the first test looks."""
    with connect_cluster(emptied_home) as cluster:
        bare = Settings(emptied_home)
        with running_sandbox(bare, SEED, SCALE):
            pass
        spoil(emptied_home / "sandbox" / "data")
        with running_sandbox(bare, SEED, SCALE) as config:
            settings = Settings(emptied_home, config=config)
            dsn = cluster.dsn("airflow")
            running = stack.up(settings, dsn, attached=True)
            state = read_state(emptied_home / "airflow" / "stack.json")
            assert state is not None
            try:
                first = stack_run.run(settings, dsn)
                second = stack_run.run(settings, dsn)
            finally:
                stack.down(settings, running)
        yield Passes(settings, cluster, first, second, members(state), stack.running(settings) is None)


def test_every_source_goes_all_the_way(passes: Passes) -> None:
    first = passes.first
    assert first.failures == ()
    assert first.ok
    assert set(first.runs) == set(source_ids())
    assert first.published
    assert {(run.dag_id, run.state) for run in first.dag_runs} >= {
        *((f"ingest_{source}", "success") for source in source_ids()),
        ("harmonise", "success"),
        ("publish", "success"),
    }


def test_events_did_the_waking(passes: Passes) -> None:
    """Neither the clock nor a repeated call was needed between the steps."""
    for dag_id in ("harmonise", "publish"):
        runs = [run.run_id for run in passes.first.dag_runs if run.dag_id == dag_id]
        assert any(run_id.startswith("asset_triggered__") for run_id in runs), runs


def test_a_burst_of_four_sources_gives_one_release(passes: Passes) -> None:
    ((release_id, source_runs),) = passes.query(
        "select release_id, source_runs from ops.release where status = 'published'"
    )
    assert release_id == passes.first.release_id
    assert {name.partition(".")[0] for name in source_runs} == set(passes.first.runs)
    assert passes.query("select count(*) from ops.release")[0][0] == 1


def test_the_warehouse_knows_which_dag_run_did_what(passes: Passes) -> None:
    for source, (run_id, *_) in passes.first.runs.items():
        (row,) = passes.query("select source, outcome, reason from ops.run where run_id = :id", id=run_id)
        assert row.source == source
        assert row.outcome == "loaded"
        assert row.reason["dag_id"] == f"ingest_{source}"
        assert row.reason["dag_run_id"]
    assert passes.query("select count(*) from ops.run where finished_at is null")[0][0] == 0


def test_the_files_of_the_release_are_there(passes: Passes) -> None:
    folder = passes.settings.published / str(passes.first.release_id)
    assert (folder / "datapackage.json").is_file()
    assert passes.query("select count(*) from ops.publication where release_id = :id", id=passes.first.release_id)[0][0]


def test_nothing_new_means_nothing_published(passes: Passes) -> None:
    second = passes.second
    assert second.failures == ()
    assert second.ok
    assert second.release_id is None
    assert not second.published
    for source, (run_id, *_) in second.runs.items():
        outcome = passes.query("select outcome from ops.run where run_id = :id", id=run_id)[0][0]
        assert outcome == "unchanged", source
    assert not pipeline.pending(passes.settings).changed


def test_airflow_is_gone_without_a_trace(passes: Passes) -> None:
    assert passes.left_over == []
    assert passes.lock_is_free
    assert not (passes.settings.home / "airflow" / "stack.json").exists()


def test_airflow_has_written_down_neither_the_person_nor_a_secret(passes: Passes) -> None:
    """Its logs, and its own tables: XCom, rendered templates, events, audit log, serialised DAGs."""
    assert passes.query("select count(*) from raw.actif__flux where payload::text like '%Canari%'")[0][0] > 10
    own = secrets(passes.settings)
    logs = dict(files(passes.settings.home / "airflow"))
    # Where Airflow's simple login reads the generated password.
    login = passes.settings.home / "airflow" / "passwords.json"
    assert login.stat().st_mode & 0o777 == 0o600
    del logs[login]
    assert len(logs) > 20
    kept = tables(passes.cluster.url("airflow", "psycopg2"), "schemaname = 'public'")
    assert {"public.xcom", "public.rendered_task_instance_fields", "public.log"} <= kept.keys()
    assert len(kept["public.xcom"]) > 100
    assert [str(path) for path, body in logs.items() if FINDER.in_bytes(body)] == []
    assert [name for name, content in kept.items() if FINDER.in_text(content)] == []
    told = [(str(path), name) for path, body in logs.items() for name, value in own.items() if value.encode() in body]
    told += [(table, name) for table, content in kept.items() for name, value in own.items() if value in content]
    assert told == []
