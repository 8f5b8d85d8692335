"""One pass against a simulated Airflow: who is woken, when it is over, what is reported."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from traforo import pipeline, stack, stack_run
from traforo.settings import Settings
from traforo.stack_api import AirflowApi, DagRun, TaskRun
from traforo.stack_progress import Progress

TASKS = {
    "ingest": ("start", "fetch", "load", "check", "commit"),
    "harmonise": ("decide", "build", "audit", "switch"),
    "publish": ("publish",),
}


class FakeAirflow:
    """Answers like the REST API; a run takes two looks, and sends its event unless events are lost."""

    def __init__(self, *, changed: bool, lose_events: bool = False, failing: str = "") -> None:
        self.changed, self.lose_events, self.failing = changed, lose_events, failing
        self.pending = False
        self.runs: dict[tuple[str, str], DagRun] = {}
        self.states: dict[tuple[str, str], dict[str, str]] = {}
        self.looks: dict[tuple[str, str], int] = {}
        self.triggered: list[str] = []

    def trigger(self, dag_id: str, run_id: str, note: str, conf: Any = None) -> None:
        self.triggered.append(dag_id)
        self._new(dag_id, run_id)

    def _new(self, dag_id: str, run_id: str) -> None:
        now = datetime.now(UTC)
        self.runs[dag_id, run_id] = DagRun(dag_id, run_id, "running", now, now, None)
        self.looks[dag_id, run_id] = 0

    def dag_runs(self, *, active_only: bool = False) -> list[DagRun]:
        for key, run in list(self.runs.items()):
            self.looks[key] += 1
            if run.active and self.looks[key] >= 2:
                self._end(run)
        return list(reversed(self.runs.values()))

    def _end(self, run: DagRun) -> None:
        names = TASKS[run.dag_id.partition("_")[0]]
        works = self.changed if run.dag_id.startswith("ingest") else self._has_work(run.dag_id)
        states = dict.fromkeys(names, "success")
        if run.dag_id == self.failing:
            states[names[0]] = "failed"
        elif not works:
            states[names[-1]] = "skipped"
        self.states[run.key] = states
        state = "failed" if run.dag_id == self.failing else "success"
        self.runs[run.key] = replace(run, state=state, ended_at=datetime.now(UTC))
        if works and state == "success":
            self._consequences(run.dag_id)

    def _has_work(self, dag_id: str) -> bool:
        return self.pending if dag_id == "harmonise" else True

    def _consequences(self, dag_id: str) -> None:
        following = {"harmonise": "publish", "publish": None}.get(dag_id, "harmonise")
        self.pending = dag_id.startswith("ingest") or (self.pending and dag_id != "harmonise")
        waiting = any(run.active and run.dag_id == following for run in self.runs.values())
        if following and not self.lose_events and not waiting:
            self._new(following, f"asset_triggered__{len(self.runs)}")

    def tasks(self, runs: Any) -> list[TaskRun]:
        found = []
        for run in runs:
            for name, state in self.states.get(run.key, {}).items():
                found.append(TaskRun(run.dag_id, run.run_id, name, state, 1, 0.1, run.started_at))
        return found

    def xcom(self, run: DagRun, task_id: str) -> Any:
        return f"{run.dag_id}-{task_id}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_run, "_TICK_S", 0.0)
    monkeypatch.setattr(stack_run, "_EVENT_PATIENCE_S", 0.1)


def _run(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> stack_run.RunReport:
    monkeypatch.setattr(pipeline, "pending", lambda settings: SimpleNamespace(changed=["x"] if airflow.pending else []))
    running = stack.Stack(
        "http://airflow", "admin", "p", str(tmp_path), datetime.now(UTC), False, cast("AirflowApi", airflow)
    )
    monkeypatch.setattr(stack, "up", lambda *args, **options: running)
    monkeypatch.setattr(stack, "down", lambda *args: pytest.fail("a stack that ran before was stopped"))
    return stack_run.run(Settings(tmp_path), "postgresql://x", sources=["actif", "synergie"], timeout_s=20)


def test_events_carry_the_pass_to_its_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    airflow = FakeAirflow(changed=True)
    report = _run(airflow, monkeypatch, tmp_path)
    assert airflow.triggered == ["ingest_actif", "ingest_synergie"]
    assert report.ok
    assert report.published
    assert report.release_id == "harmonise-switch"
    assert report.runs == {"actif": ["ingest_actif-start"], "synergie": ["ingest_synergie-start"]}


def test_lost_events_are_made_good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    airflow = FakeAirflow(changed=True, lose_events=True)
    report = _run(airflow, monkeypatch, tmp_path)
    assert airflow.triggered == ["ingest_actif", "ingest_synergie", "harmonise", "publish"]
    assert report.ok
    assert report.published


def test_nothing_new_builds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    airflow = FakeAirflow(changed=False)
    report = _run(airflow, monkeypatch, tmp_path)
    assert "harmonise" not in airflow.triggered
    assert report.ok
    assert report.release_id is None


def test_a_failed_release_ends_the_pass_and_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "airflow/logs/dag_id=harmonise/run_id=asset_triggered__2/task_id=decide/attempt=1.log"
    log.parent.mkdir(parents=True)
    log.write_text('{"event": "x"}\n{"error_detail": [{"exc_type": "Refused", "exc_value": "held: too few\\nrows"}]}\n')
    report = _run(FakeAirflow(changed=True, failing="harmonise"), monkeypatch, tmp_path)
    assert not report.ok
    assert not report.published
    assert report.failures == (f"harmonise.decide: Refused: held: too few (log: {log})",)


def test_a_failed_source_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = _run(FakeAirflow(changed=True, failing="ingest_actif"), monkeypatch, tmp_path)
    assert not report.ok
    assert report.release_id is not None
    assert report.published
    assert [failure.partition(":")[0] for failure in report.failures] == ["ingest_actif.start"]


def test_a_pass_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    airflow = FakeAirflow(changed=True)
    monkeypatch.setattr(airflow, "_end", lambda run: None)
    monkeypatch.setattr(stack_run, "_TICK_S", 0.01)
    running = stack.Stack("u", "a", "p", "", datetime.now(UTC), False, cast("AirflowApi", airflow))
    with pytest.raises(TimeoutError, match="did not end in time"):
        stack_run.let_run(Settings(tmp_path), running, ["actif"], Progress(None), time.monotonic() + 0.3)


def test_progress_is_lines_where_there_is_no_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=False, width=200)
    now = datetime.now(UTC)
    run = DagRun("ingest_actif", "r", "running", now, now, None)
    with Progress(console) as progress:
        progress.say("waiting for scheduler")
        for state in ("running", "running", "success"):
            progress.show([run], [TaskRun("ingest_actif", "r", "fetch", state, 1, 2.0, now)])
    shown = cast("io.StringIO", console.file).getvalue().splitlines()
    assert [line.split("s  ", 1)[1] for line in shown] == [
        "waiting for scheduler",
        "ingest_actif · fetch · running",
        "ingest_actif · fetch · success 2.0 s",
    ]


def test_progress_is_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    now = datetime.now(UTC)
    runs = [DagRun(dag_id, "r", "running", now, now, None) for dag_id in ("publish", "ingest_actif", "harmonise")]
    with Progress(console) as progress:
        progress.say("working")
        progress.show(runs, [TaskRun("harmonise", "r", "build", "running", 1, 2.0, now)])
    shown = cast("io.StringIO", console.file).getvalue()
    assert "build" in shown
    assert shown.index("ingest_actif") < shown.index("harmonise") < shown.index("publish")
