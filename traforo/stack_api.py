"""The few calls to Airflow's REST API that starting, watching and reporting need."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

_TIMEOUT_S = 15.0
_PATIENCE_S = 90.0
_UNAUTHORISED = 401
_NOT_FOUND = 404
ACTIVE = frozenset({"queued", "running"})
FINISHED_TASK = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass(frozen=True)
class DagRun:
    """One run of one DAG, as Airflow sees it now."""

    dag_id: str
    run_id: str
    state: str
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it."""
        return self.dag_id, self.run_id

    @property
    def active(self) -> bool:
        """Queued or running."""
        return self.state in ACTIVE

    @property
    def seconds(self) -> float:
        """How long it has run."""
        if self.started_at is None:
            return 0.0
        return ((self.ended_at or datetime.now(UTC)) - self.started_at).total_seconds()


@dataclass(frozen=True)
class TaskRun:
    """One task of a DAG run."""

    dag_id: str
    run_id: str
    task_id: str
    state: str
    try_number: int
    seconds: float
    started_at: datetime | None

    @property
    def run_key(self) -> tuple[str, str]:
        """Key of the DAG run it belongs to."""
        return self.dag_id, self.run_id


class AirflowError(RuntimeError):
    """Airflow answered something else than expected; the message says what."""


class AirflowApi:
    """Client of one Airflow on this machine.

    Args:
        url: root of the API server, e.g. ``http://127.0.0.1:8080``.
        user: login name.
        password: its password.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url, self._user, self._password = url, user, password
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine cannot reach its loopback interface

    def _call(self, method: str, path: str, **options: Any) -> Any:
        """One request; repeated while the server is too busy to answer, which every call here may be."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = self._ask(method, path, **options)
                break
            except (requests.ConnectionError, requests.Timeout) as error:
                if time.monotonic() > deadline:
                    raise AirflowError(f"{method} {path}: no answer within {_PATIENCE_S:.0f} s") from error
                time.sleep(1.0)
        if answer.status_code == _NOT_FOUND:
            return None
        if not answer.ok:
            raise AirflowError(f"{method} {path}: HTTP {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        if "Authorization" not in self._session.headers:
            self._log_in()
        url = f"{self.url}/api/v2{path}"
        answer = self._session.request(method, url, timeout=_TIMEOUT_S, **options)
        if answer.status_code == _UNAUTHORISED:
            self._log_in()
            answer = self._session.request(method, url, timeout=_TIMEOUT_S, **options)
        return answer

    def _log_in(self) -> None:
        body = {"username": self._user, "password": self._password}
        answer = self._session.post(f"{self.url}/auth/token", json=body, timeout=_TIMEOUT_S)
        if not answer.ok:
            raise AirflowError(f"login at {self.url} refused: HTTP {answer.status_code}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def unhealthy(self) -> list[str]:
        """Names of the components that have not reported yet; all of them when nobody answers."""
        names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        try:
            answer = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=_TIMEOUT_S)
            health = answer.json() if answer.ok else {}
        except (requests.RequestException, ValueError):
            return ["api-server"]
        return [name for name in names if (health.get(name) or {}).get("status") != "healthy"]

    def dag_ids(self) -> set[str]:
        """DAGs that are parsed, stored and not stale."""
        return {dag["dag_id"] for dag in self._call("GET", "/dags", params={"limit": 100})["dags"]}

    def import_errors(self) -> list[str]:
        """DAG files that could not be imported, with the last line of the reason."""
        errors = self._call("GET", "/importErrors", params={"limit": 50})["import_errors"]
        return [f"{e['filename']}: {e['stack_trace'].strip().splitlines()[-1]}" for e in errors]

    def dag_runs(self, *, active_only: bool = False) -> list[DagRun]:
        """The newest hundred runs of all DAGs, newest first."""
        params: dict[str, Any] = {"order_by": "-id", "limit": 100}
        if active_only:
            params["state"] = sorted(ACTIVE)
        found = self._call("GET", "/dags/~/dagRuns", params=params)
        return [_dag_run(item) for item in found["dag_runs"]]

    def trigger(self, dag_id: str, run_id: str, note: str, conf: dict[str, Any] | None = None) -> None:
        """Start a run unless there is one with this id already, so that a repeated call is harmless."""
        known = f"/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"
        if self._call("GET", known) is not None:
            return
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf or {}, "note": note}
        try:
            created = self._call("POST", f"/dags/{quote(dag_id)}/dagRuns", json=body)
        except AirflowError:
            if self._call("GET", known) is None:  # else an unanswered first attempt had started it
                raise
            return
        if created is None:
            raise AirflowError(f"there is no DAG {dag_id}")

    def fail(self, run: DagRun, note: str) -> None:
        """Mark a run and its unfinished tasks as failed."""
        path = f"/dags/{quote(run.dag_id)}/dagRuns/{quote(run.run_id, safe='')}"
        self._call("PATCH", path, json={"state": "failed", "note": note})

    def tasks(self, runs: Iterable[DagRun]) -> list[TaskRun]:
        """Tasks of the given runs, in the order they started."""
        found = []
        for run in runs:
            path = f"/dags/{quote(run.dag_id)}/dagRuns/{quote(run.run_id, safe='')}/taskInstances"
            for item in (self._call("GET", path) or {"task_instances": []})["task_instances"]:
                found.append(
                    TaskRun(
                        run.dag_id, run.run_id, item["task_id"], item["state"] or "waiting",
                        item["try_number"], item["duration"] or 0.0, _time(item["start_date"]),
                    )
                )  # fmt: skip
        return sorted(found, key=lambda task: task.started_at or datetime.max.replace(tzinfo=UTC))

    def xcom(self, run: DagRun, task_id: str) -> Any:
        """What a task returned; None if it returned nothing or has not ended."""
        path = (
            f"/dags/{quote(run.dag_id)}/dagRuns/{quote(run.run_id, safe='')}"
            f"/taskInstances/{quote(task_id)}/xcomEntries/return_value"
        )
        found = self._call("GET", path)
        return None if found is None else found["value"]


def _dag_run(item: dict[str, Any]) -> DagRun:
    return DagRun(
        item["dag_id"], item["dag_run_id"], item["state"],
        _time(item["queued_at"]), _time(item["start_date"]), _time(item["end_date"]),
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
