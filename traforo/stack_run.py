"""One pass through Airflow: start the ingests, let events do the rest, wait until nothing is left to do."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.core.registry import source_ids
from traforo import stack
from traforo.stack_airflow import airflow_home
from traforo.stack_api import AirflowApi, DagRun, TaskRun
from traforo.stack_progress import Progress

if TYPE_CHECKING:
    from rich.console import Console

    from traforo.settings import Settings

_TICK_S = 1.0
_EVENT_PATIENCE_S = 8.0  # an event becomes a run within a scheduler tick or two; later it is lost
_MOST_WAKE_UPS = 2
_LONGEST_REASON = 400


@dataclass(frozen=True)
class RunReport:
    """What one pass did.

    Attributes:
        ok: every step succeeded or had nothing to do.
        seconds: from the call to the last task.
        ready_seconds: until Airflow was ready.
        url: web address of Airflow.
        runs: ids in ``ops.run`` of this pass, by source, in the order they started.
        release_id: release that was switched in, None if nothing had changed.
        published: files of the live release were written in this pass.
        dag_runs: every DAG run of this pass.
        failures: what failed, in words, with the task's log file.
    """

    ok: bool
    seconds: float
    ready_seconds: float
    url: str
    runs: dict[str, list[str]]
    release_id: str | None
    published: bool
    dag_runs: tuple[DagRun, ...]
    failures: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-serialisable values, without the single DAG runs."""
        values = {name: value for name, value in vars(self).items() if name != "dag_runs"}
        return {**values, "dag_runs": {f"{run.dag_id}/{run.run_id}": run.state for run in self.dag_runs}}


@dataclass
class _Pass:
    """State of the loop: which runs belong to it, and when it last saw something to wait for."""

    api: AirflowApi
    before: set[tuple[str, str]]
    name: str
    runs: list[DagRun] = field(default_factory=list)
    tasks: list[TaskRun] = field(default_factory=list)
    idle_since: float | None = None
    wake_ups: dict[str, int] = field(default_factory=dict)
    settled: set[tuple[str, str]] = field(default_factory=set)

    def look(self) -> None:
        """Ask Airflow how the runs stand; the tasks of a run that has ended are asked for once."""
        self.runs = [run for run in self.api.dag_runs() if run.key not in self.before]
        moving = [run for run in self.runs if run.key not in self.settled]
        asked = {run.key for run in moving}
        self.tasks = [task for task in self.tasks if task.run_key not in asked] + self.api.tasks(moving)
        self.settled |= {run.key for run in moving if not run.active}

    def of(self, dag_id: str) -> list[DagRun]:
        """Runs of one DAG, newest first."""
        return [run for run in self.runs if run.dag_id == dag_id]

    def succeeded(self, task_id: str) -> list[TaskRun]:
        """Tasks of that name that did something (were not skipped), oldest first."""
        return [task for task in self.tasks if task.task_id == task_id and task.state == "success"]

    def start(self, dag_id: str, note: str) -> None:
        self.wake_ups[dag_id] = self.wake_ups.get(dag_id, 0) + 1
        self.api.trigger(dag_id, f"{self.name}__{self.wake_ups[dag_id]}", note)


def run(
    settings: Settings,
    metadata_dsn: str,
    *,
    sources: Sequence[str] | None = None,
    companions: Mapping[str, Sequence[str]] | None = None,
    console: Console | None = None,
    timeout_s: float = 1800.0,
) -> RunReport:
    """Start Airflow, let the DAGs do one pass, stop it again. A stack that runs already is used and left running.

    Args:
        settings: the installation.
        metadata_dsn: libpq URL of Airflow's metadata database.
        sources: which sources to ingest; all of them by default.
        companions: further commands that must run meanwhile, e.g. the sandbox.
        console: where progress is shown; None shows nothing.
        timeout_s: give up after this many seconds.

    Raises:
        StackError: Airflow did not start.
    """
    progress = Progress(console)
    started = time.monotonic()
    running = None
    try:
        with progress:
            running = stack.up(settings, metadata_dsn, attached=True, companions=companions, say=progress.say)
            ready = time.monotonic() - started
            one = let_run(settings, running, sources or source_ids(), progress, started + timeout_s)
            report = _report(settings, running, one, started, ready)
    finally:
        if running is not None and running.ours:
            progress.say("stopping Airflow")
            stack.down(settings, running)
    return report


def let_run(
    settings: Settings, running: stack.Stack, sources: Sequence[str], progress: Progress, deadline: float
) -> _Pass:
    """Wake the ingests up and wait until they and everything they caused, have ended."""
    finished = {run.key for run in running.api.dag_runs() if not run.active}
    one = _Pass(running.api, finished, time.strftime("pass_%Y%m%dT%H%M%S", time.gmtime()))
    one.look()
    for source in sources:
        if not one.of(f"ingest_{source}"):  # its own schedule may have started it already
            one.start(f"ingest_{source}", "traforo run")
    while time.monotonic() < deadline:
        began = time.monotonic()
        one.look()
        progress.show(one.runs, one.tasks)
        if any(run.active for run in one.runs):
            one.idle_since = None
        elif _nothing_left(settings, one):
            return one
        time.sleep(max(_TICK_S, 2 * (time.monotonic() - began)))  # a busy machine is asked less often
    raise TimeoutError("the DAGs did not end in time; see the web interface and the logs")


def _nothing_left(settings: Settings, one: _Pass) -> bool:
    """Whether the pass is over, no run being active; wakes up what an event should have woken, once it is late.

    What is left to do is read from the warehouse, not from events, so a lost event only costs some seconds.
    """
    step = _next_step(settings, one)
    if step is None or one.wake_ups.get(step, 0) >= _MOST_WAKE_UPS:
        return True
    now = time.monotonic()
    one.idle_since = one.idle_since or now
    if _event_expected(one, step) and now - one.idle_since < _EVENT_PATIENCE_S:
        return False
    one.start(step, "traforo run: something is left to do and no event came")
    one.idle_since = None
    return False


def _next_step(settings: Settings, one: _Pass) -> str | None:
    """The DAG that still has something to do; None also when it has failed, because it would fail again."""
    from traforo import pipeline  # noqa: PLC0415 - the database drivers are not needed before

    harmonised = one.of("harmonise")
    if harmonised and harmonised[0].state == "failed":
        return None
    if pipeline.pending(settings).changed:
        return "harmonise"
    return None if _published_since_last_switch(one) else "publish"


def _event_expected(one: _Pass, step: str) -> bool:
    if step == "publish":
        return bool(one.succeeded("switch"))
    return bool(one.succeeded("commit"))


def _published_since_last_switch(one: _Pass) -> bool:
    """A run of ``publish`` that began after the last switch has seen its release."""
    switches = [task.started_at for task in one.succeeded("switch") if task.started_at]
    begun = [run.started_at for run in one.of("publish") if run.started_at]
    return bool(begun) and (not switches or max(begun) >= max(switches))


def _report(settings: Settings, running: stack.Stack, one: _Pass, started: float, ready: float) -> RunReport:
    runs: dict[str, list[str]] = {}
    for run_ in reversed(one.runs):
        ops_run = one.api.xcom(run_, "start") if run_.dag_id.startswith("ingest_") else None
        if ops_run is not None:
            runs.setdefault(run_.dag_id.removeprefix("ingest_"), []).append(ops_run)
    switched = [run_ for run_ in one.of("harmonise") if run_.key in {t.run_key for t in one.succeeded("switch")}]
    logs = airflow_home(settings).logs
    failures = [f"{t.dag_id}.{t.task_id}: {_why(logs, t)}" for t in one.tasks if t.state == "failed"]
    failures += [
        f"{run_.dag_id}: failed before any task did"
        for run_ in one.runs
        if run_.state == "failed" and not any(t.run_key == run_.key and t.state == "failed" for t in one.tasks)
    ]
    return RunReport(
        ok=not failures,
        seconds=time.monotonic() - started,
        ready_seconds=ready,
        url=running.url,
        runs=runs,
        release_id=one.api.xcom(switched[0], "switch") if switched else None,
        published=bool(one.succeeded("publish")),
        dag_runs=tuple(one.runs),
        failures=tuple(failures),
    )


def _why(logs: Path, task: TaskRun) -> str:
    """First line of the exception that ended a task, and where its log lies."""
    log = (
        logs / f"dag_id={task.dag_id}" / f"run_id={task.run_id}" / f"task_id={task.task_id}"
        / f"attempt={task.try_number}.log"
    )  # fmt: skip
    reason = ""
    try:
        with log.open(encoding="utf-8") as lines:
            for line in lines:
                detail = json.loads(line).get("error_detail") if '"error_detail"' in line else None
                if detail:
                    reason = f"{detail[0]['exc_type']}: {detail[0]['exc_value']}"
    except (OSError, ValueError, LookupError):
        reason = "its log cannot be read"
    first = reason.strip().partition("\n")[0]
    return f"{first[:_LONGEST_REASON]} (log: {log})"
