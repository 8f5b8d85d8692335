"""Airflow's own processes are killed in the middle: task, scheduler, triggerer, webhook receiver (API server)."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text

from traforo import pipeline, signing, stack, webhook
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings
from traforo.stack_api import AirflowError
from traforo.stack_process import read_state
from warehouse import embedded
from warehouse.cluster import Cluster, connect_cluster
from warehouse.secrets import rotate

pytestmark = [pytest.mark.airflow, pytest.mark.db, pytest.mark.full, pytest.mark.timeout(900)]
PATIENCE_S = 240.0


@dataclass
class World:
    """A running Airflow whose merges stand still before their commit until they are let go."""

    settings: Settings
    cluster: Cluster
    stack: stack.Stack
    marker: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        engine = self.cluster.engine("publisher")
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def kill(self, component: str) -> None:
        state = read_state(self.settings.home / "airflow" / "stack.json")
        assert state is not None
        os.kill(state.components[component], signal.SIGKILL)

    def states(self, dag_id: str) -> dict[str, str]:
        """Run id → state; nothing while the API server is away."""
        try:
            return {run.run_id: run.state for run in self.stack.api.dag_runs() if run.dag_id == dag_id}
        except (AirflowError, requests.RequestException):
            return {}


def until(condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("airflow_kill")
    marker = home / "paused"
    with pytest.MonkeyPatch.context() as patch, connect_cluster(home) as cluster:
        patch.setenv("TRAFORO_FAILPOINT", "merge.before_commit:wait")
        patch.setenv("TRAFORO_FAILPOINT_FILE", str(marker))
        with running_sandbox(Settings(home), 3, 0.5) as config:
            settings = Settings(home, config=config)
            pipeline.upgrade_database(settings)
            running = stack.up(settings, cluster.dsn("airflow"), attached=True)
            patch.delenv("TRAFORO_FAILPOINT")  # this process goes on without
            try:
                yield World(settings, cluster, running, marker)
            finally:
                stack.down(settings, running)
    shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


@pytest.fixture(scope="module")
def let_go(world: World) -> Iterator[Callable[[], None]]:
    """From the call on, nothing is held any more."""
    stop = threading.Event()

    def keep_open() -> None:
        while not stop.wait(0.2):
            world.marker.unlink(missing_ok=True)

    thread = threading.Thread(target=keep_open)
    yield thread.start
    stop.set()
    if thread.ident:
        thread.join()


def test_a_task_and_then_the_scheduler_are_killed_before_a_commit(world: World, let_go: Callable[[], None]) -> None:
    world.stack.api.trigger("ingest_actif", "the_run", "kill test")
    until(world.marker.exists, "the merge was not reached")
    # A first batch is about to become the raw table: who would look at that one now has to wait.
    assert world.rows("select outcome from ops.load where source = 'actif' and stream = 'flux'") == [("staged",)]
    os.kill(int(world.marker.read_text()), signal.SIGKILL)
    world.marker.unlink()
    until(world.marker.exists, "the killed task was not tried again")
    world.kill("scheduler")
    let_go()
    until(lambda: world.states("ingest_actif").get("the_run") == "success", "the run did not recover")
    [(run_id, outcome)] = world.rows("select run_id, outcome from ops.run where source = 'actif' and kind = 'ingest'")
    assert outcome == "loaded"
    [(valid, inserted)] = world.rows(f"select valid, inserted from ops.load where run_id = '{run_id}'")
    assert world.rows("select count(*), count(distinct record_key), max(version) from raw.actif__flux") == [
        (inserted, inserted, 1)
    ]
    assert 0 < inserted <= valid
    # The same bytes through an unbroken run: nothing to add, to change or to remove.
    assert pipeline.replay(world.settings, "actif", run_id).outcome == "unchanged"


def test_it_ends_in_one_release_and_one_set_of_events(world: World, let_go: Callable[[], None]) -> None:
    until(lambda: world.rows("select 1 from ops.release where status = 'published'"), "no release")
    assert world.rows("select count(*) from ops.release where status = 'published'") == [(1,)]
    events = world.rows("select aggregatetype, aggregateid, count(*) from ops.outbox group by 1, 2")
    assert len(events) > 100
    assert {count for *_, count in events} == {1}
    assert world.rows("select count(*) from traforo_v1.flow") == [
        (sum(kind == "flow" for kind, *_ in events),)
    ]  # fmt: skip


def test_a_killed_triggerer_does_not_lose_a_dropped_file(world: World, let_go: Callable[[], None]) -> None:
    inbox = Path(str(world.settings.source("synergie").options["inbox"]))
    before = set(world.states("ingest_synergie"))
    [first, *_] = sorted(inbox.glob("*.xlsx"))
    world.kill("triggerer")
    being_written = inbox / "late.part"
    being_written.write_bytes(first.read_bytes())
    being_written.replace(inbox / "late.xlsx")

    def taken() -> list[str]:
        found = world.states("ingest_synergie")
        return [run for run in found if run not in before and found[run] == "success"]

    until(taken, "the dropped file woke nobody")
    rows = world.rows("select uri, status, attempts from ops.inbound where source = 'synergie' and kind = 'file'")
    assert {status for _, status, _ in rows} == {"done"}
    assert len(rows) == len({uri for uri, *_ in rows}) == len(list(inbox.glob("*.xlsx"))) - 1  # same bytes: one row


def test_a_killed_receiver_takes_the_repeated_message_once(world: World, let_go: Callable[[], None]) -> None:
    secret = signing.shown(rotate(world.settings.home, webhook.sender_secret("actif")))
    body = b'{"type": "org.example.changed"}'

    def send() -> int | None:
        headers = signing.sign([secret], "msg-1", int(time.time()), body)
        try:
            url = f"{world.stack.url}/traforo/inbound/actif"
            return requests.post(url, data=body, headers=headers, timeout=10).status_code
        except requests.RequestException:
            return None

    assert send() == 202
    world.kill("api-server")
    until(lambda: send() == 202, "the receiver did not come back")
    [(inbound_id,)] = world.rows("select id from ops.inbound where kind = 'webhook'")
    query = f"select status, run_id from ops.inbound where id = {inbound_id}"
    until(lambda: world.rows(query)[0][0] == "done", "the message woke nobody")
    [(_, run_id)] = world.rows(query)
    [(reason,)] = world.rows(f"select reason from ops.run where run_id = '{run_id}'")
    assert [row["id"] for row in reason["inbound"]] == [inbound_id]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/dags"), ("GET", "/api/v2/connections"), ("GET", "/api/v2/variables"),
        ("GET", "/api/v2/assets/events"), ("POST", "/api/v2/assets/events"), ("POST", "/api/v2/dags/harmonise/dagRuns"),
        ("GET", "/api/v2/eventLogs"), ("GET", "/traforo/changes"), ("GET", "/traforo/snapshot"),
        ("POST", "/traforo/inbound/actif"),
    ],
)  # fmt: skip
def test_nobody_is_let_in_without_a_login(world: World, let_go: Callable[[], None], method: str, path: str) -> None:
    def status() -> int | None:
        try:
            return requests.request(method, world.stack.url + path, json={"asset_id": 1}, timeout=10).status_code
        except requests.RequestException:
            return None

    assert until(status, "nobody answers") == 401
