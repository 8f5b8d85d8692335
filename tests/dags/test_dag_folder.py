"""What every DAG must have, and what importing the folder may not do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = ("actif", "elenco_sottoprodotti", "synergie", "tiers_lieux")
EXPECTED = {f"ingest_{source}" for source in SOURCES} | {
    "harmonise",
    "publish",
    "deliver",
    "replay",
    "housekeeping",
    "watch",
}
RELEASE = "traforo://release/"  # Airflow closes a URI without a path
LOOK = """
import json, socket, sys, time

def refuse(*args, **kwargs):
    raise OSError("the network is off while DAGs are parsed")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = socket.create_connection = refuse
import sqlalchemy
from airflow.dag_processing.dagbag import DagBag
from airflow import settings

settings.dispose_orm()
sqlalchemy.engine.Engine.connect = refuse
before = set(sys.modules)
started = time.perf_counter()
bag = DagBag(dag_folder=sys.argv[1])
seconds = time.perf_counter() - started
print(json.dumps({
    "dags": sorted(bag.dags), "errors": bag.import_errors, "seconds": seconds,
    "files": {s.file: s.duration.total_seconds() for s in bag.dagbag_stats},
    "modules": sorted({name for name in set(sys.modules) - before}),
}))
"""
HEAVY = ("great_expectations", "dbt", "pyarrow", "pandas", "psycopg", "psycopg2", "frictionless", "lxml", "requests")


@pytest.fixture(scope="module")
def parsed(airflow_home: Path) -> dict[str, Any]:
    """The folder parsed in a fresh process without network and database."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(PROJECT / "dags")],
        env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_the_set_of_dags_is_exact(dags: dict[str, Any]) -> None:
    assert set(dags) == EXPECTED


def test_parsing_needs_neither_network_nor_database(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == EXPECTED


def test_parsing_imports_nothing_heavy(parsed: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    loaded = [name for name in parsed["modules"] if name.split(".")[0] in HEAVY or name.startswith("traforo.pipeline")]
    assert loaded == []
    with capsys.disabled():
        files = ", ".join(f"{Path(name).name} {took * 1000:.0f} ms" for name, took in parsed["files"].items())
        sys.stdout.write(f"\nDAG folder parsed in {parsed['seconds'] * 1000:.0f} ms ({files})\n")


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_every_dag_says_who_owns_it_and_when_it_gives_up(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.owner == "traforo"
    assert dag.tags
    assert dag.description
    assert dag.doc_md is not None
    assert len(dag.doc_md.strip()) > 100
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert timedelta(0) < dag.dagrun_timeout <= timedelta(hours=4)
    for task in dag.tasks:
        assert 1 <= task.retries <= 4, task.task_id
        assert timedelta(0) < task.execution_timeout < dag.dagrun_timeout, task.task_id
        assert task.retry_delay <= timedelta(minutes=1)
        assert type(task.retry_policy).__name__ == "ErrorPolicy"


@pytest.mark.parametrize("source", SOURCES)
def test_ingest_walks_in_order_and_only_commit_announces(dags: dict[str, Any], source: str) -> None:
    dag = dags[f"ingest_{source}"]
    order = [task.task_id for task in dag.topological_sort()]
    assert order == ["start", "fetch", "load", "check", "commit"]
    outlets = {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks if task.outlets}
    assert outlets == {"commit": [f"traforo://raw/{source}"]}
    assert all(task.on_failure_callback for task in dag.tasks)


def test_harmonise_is_woken_by_any_source_and_by_the_clock(dags: dict[str, Any]) -> None:
    timetable = dags["harmonise"].timetable
    assert type(timetable).__name__ == "AssetOrTimeSchedule"
    assert timetable.timetable.expression == "*/10 * * * *"
    assert type(timetable.asset_condition).__name__ == "AssetAny"
    assert {asset.uri for asset in timetable.asset_condition.objects} == {f"traforo://raw/{s}" for s in SOURCES}
    assert [t.task_id for t in dags["harmonise"].topological_sort()] == ["decide", "build", "audit", "switch"]
    assert {t.task_id: [a.uri for a in t.outlets] for t in dags["harmonise"].tasks if t.outlets} == {
        "switch": [RELEASE]
    }


def test_publish_is_woken_by_a_release_and_by_the_clock(dags: dict[str, Any]) -> None:
    timetable = dags["publish"].timetable
    assert timetable.timetable.expression == "*/15 * * * *"
    assert [asset.uri for asset in timetable.asset_condition.objects] == [RELEASE]


def test_replay_is_started_by_hand_for_a_known_source(dags: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    dag = dags["replay"]
    assert dag.schedule is None
    assert set(dag.params) == {"source", "landed_run_id"}
    assert dag.params.get_param("source").resolve("actif") == "actif"
    with pytest.raises(ParamValidationError):
        dag.params.get_param("source").resolve("no_such_source")


def test_housekeeping_is_daily(dags: dict[str, Any]) -> None:
    assert dags["housekeeping"].timetable.expression == "40 2 * * *"


def test_every_dag_survives_serialisation(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag_id, dag in dags.items():
        copy = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        assert copy.dag_id == dag_id
        assert {task.task_id for task in copy.tasks} == {task.task_id for task in dag.tasks}


def test_deliver_is_woken_by_a_release_and_by_the_clock(dags: dict[str, Any]) -> None:
    timetable = dags["deliver"].timetable
    assert timetable.timetable.expression == "*/5 * * * *"
    assert [asset.uri for asset in timetable.asset_condition.objects] == [RELEASE]
