"""Starts and stops a real Airflow: API server, scheduler, DAG processor and triggerer in one session.

``up`` leaves it running, ``down`` ends it, ``running`` says where it is; ``traforo.stack_run`` lets the DAGs do
one pass. Whatever ends the starting command (Ctrl-C, SIGKILL, a crash), no process stays behind and no lock
blocks the next start: see ``traforo.stack_supervisor``.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import psycopg

from connectors.core.registry import source_ids
from traforo import stack_airflow
from traforo.stack_api import AirflowApi
from traforo.stack_process import TOKEN_VARIABLE, end_members, is_alive, members, read_state, take_lock
from traforo.stack_supervisor import EXIT_LOCKED, Spec

if TYPE_CHECKING:
    from traforo.settings import Settings
    from traforo.stack_airflow import AirflowHome

Say = Callable[[str], None]
_START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 30.0
_STOPPED_NOTE = "the stack was stopped while this ran"


class StackError(RuntimeError):
    """The stack cannot be started or stopped; the message says why and where to look."""


@dataclass(frozen=True)
class Stack:
    """A running Airflow.

    Attributes:
        url, user, password: web login.
        logs: folder of the component logs.
        started_at: when this command found or started it.
        ours: this command started it.
        api: client of its REST API.
    """

    url: str
    user: str
    password: str = field(repr=False)
    logs: str
    started_at: datetime
    ours: bool
    api: AirflowApi
    process: subprocess.Popen[bytes] | None = None


def expected_dags() -> set[str]:
    """Ids of the DAGs that the repository defines."""
    return {f"ingest_{source}" for source in source_ids()} | {
        "harmonise",
        "publish",
        "deliver",
        "replay",
        "housekeeping",
    }


def running(settings: Settings) -> Stack | None:
    """The stack of this installation if its supervisor is alive."""
    home = stack_airflow.airflow_home(settings)
    state = read_state(home.state)
    if state is None or not is_alive(state):
        return None
    return _stack(settings, home, int(home.port.read_text()), ours=False)


def up(
    settings: Settings,
    metadata_dsn: str,
    *,
    attached: bool = False,
    companions: Mapping[str, Sequence[str]] | None = None,
    say: Say = lambda _: None,
) -> Stack:
    """Start Airflow and wait until every component is healthy and every DAG is known.

    Nothing is started twice: a running stack is returned as it is.

    Args:
        settings: the installation.
        metadata_dsn: libpq URL of the metadata database, which must exist and be owned by its user.
        attached: the stack ends when this process ends, in whatever way; else it runs until ``down``.
        companions: further commands to keep running beside Airflow, e.g. the sandbox.
        say: told about progress in short sentences.

    Raises:
        StackError: it did not become healthy; the message holds the reason.
    """
    already = running(settings)
    if already is not None:
        say(f"Airflow already runs at {already.url}")
        return already
    home = stack_airflow.prepare(settings)
    _clear_left_overs(home, say)
    port = stack_airflow.free_port(home)
    environment = stack_airflow.environment(settings, metadata_dsn, port)
    _migrate(home, metadata_dsn, environment, say)
    if stack_airflow.login() == "fab":
        _prepare_login(settings, home, environment)
    stack = _launch(settings, home, port, environment, attached=attached, companions=companions or {})
    try:
        _wait_until_ready(stack, home, say)
        _close_left_over_runs(settings, stack)
    except BaseException:
        down(settings, stack)
        raise
    return stack


def down(settings: Settings, stack: Stack | None = None) -> bool:
    """End every process of the stack and wait for it; returns whether there was anything to end.

    Args:
        settings: the installation.
        stack: the stack if the caller started it, so that its supervisor can be collected.

    Raises:
        StackError: something could not be ended, even by force.
    """
    home = stack_airflow.airflow_home(settings)
    state = read_state(home.state)
    if stack is not None and stack.process is not None and stack.process.stdin is not None:
        with suppress(OSError):
            stack.process.stdin.close()
    if state is None:
        return False
    if is_alive(state):
        with suppress(ProcessLookupError):
            os.kill(state.pid, 15)
        if stack is not None and stack.process is not None:
            with suppress(subprocess.TimeoutExpired):
                stack.process.wait(_STOP_TIMEOUT_S)
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while is_alive(state) and time.monotonic() < deadline:
            time.sleep(0.05)
        if is_alive(state):
            with suppress(ProcessLookupError):
                os.kill(state.pid, 9)
    end_members(state, grace_s=2.0)
    left = members(state)
    if left:
        raise StackError(f"processes {left} of the stack could not be ended")
    home.state.unlink(missing_ok=True)
    return True


def _stack(
    settings: Settings,
    home: AirflowHome,
    port: int,
    *,
    ours: bool,
    process: subprocess.Popen[bytes] | None = None,
) -> Stack:
    url, user, word = f"http://127.0.0.1:{port}", stack_airflow.USER, stack_airflow.password(settings)
    return Stack(
        url, user, word, str(home.component_logs), datetime.now(UTC), ours, AirflowApi(url, user, word), process
    )  # fmt: skip


def _clear_left_overs(home: AirflowHome, say: Say) -> None:
    """End what a crashed stack left, and wait for its guard to let go of the lock."""
    state = read_state(home.state)
    if state is not None and not is_alive(state):
        left = len(members(state))
        if left:
            say(f"ending {left} processes that an earlier stack left behind")
            end_members(state, grace_s=2.0)
        home.state.unlink(missing_ok=True)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while True:
        try:
            take_lock(home.lock).close()
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StackError("another command is starting or stopping Airflow; try again") from None
            time.sleep(0.2)
        else:
            return


def _migrate(home: AirflowHome, dsn: str, environment: dict[str, str], say: Say) -> None:
    """``airflow db migrate``, unless the database already is where the last migration left it."""
    airflow_version = version("apache-airflow")
    known = json.loads(home.migrated.read_text()) if home.migrated.exists() else {}
    state = {"airflow": airflow_version, "login": stack_airflow.login()}
    if known == {**state, "revision": _revision(dsn)}:
        return
    say("preparing Airflow's database")
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (home.component_logs / "db-migrate.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise StackError(f"airflow db migrate failed; see {home.component_logs / 'db-migrate.log'}")
    home.migrated.write_text(json.dumps({**state, "revision": _revision(dsn)}))


def _prepare_login(settings: Settings, home: AirflowHome, environment: dict[str, str]) -> None:
    """The administrator and the role of senders of events, in Airflow's database."""
    wanted = json.dumps({"name": stack_airflow.USER, "password": stack_airflow.password(settings)})
    done = subprocess.run(
        [sys.executable, "-m", "dags.login"],
        env=environment, input=wanted, capture_output=True, text=True, check=False,
    )  # fmt: skip
    log = home.component_logs / "login.log"
    log.write_text(done.stdout + done.stderr)
    if done.returncode:
        raise StackError(f"the login could not be prepared (is the uv group 'server' installed?); see {log}")


def _revision(dsn: str) -> str | None:
    """Alembic revision of the metadata database, None when it is empty."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        if connection.execute("select to_regclass('public.alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("select version_num from public.alembic_version").fetchone()
        return str(row[0]) if row else None


def _launch(
    settings: Settings,
    home: AirflowHome,
    port: int,
    environment: dict[str, str],
    *,
    attached: bool,
    companions: Mapping[str, Sequence[str]],
) -> Stack:
    commands = {**{name: list(command) for name, command in companions.items()}}
    commands.update(stack_airflow.component_commands())
    for name in (*commands, "supervisor"):
        log = home.component_logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
    spec = Spec(str(home.folder), str(home.component_logs), attached, commands)
    environment = {**environment, TOKEN_VARIABLE: secrets.token_hex(16)}
    with (home.component_logs / "supervisor.log").open("ab") as log_file:
        process = subprocess.Popen(
            [sys.executable, "-m", "traforo.stack_supervisor"],
            stdin=subprocess.PIPE, stdout=log_file, stderr=subprocess.STDOUT,
            env=environment, cwd=home.folder, start_new_session=True,
        )  # fmt: skip
    if process.stdin is None:
        raise StackError("the supervisor has no standard input")
    process.stdin.write(f"{spec.as_json()}\n".encode())
    process.stdin.flush()
    if not attached:
        process.stdin.close()
    _wait_for_state(home, process)
    return _stack(settings, home, port, ours=True, process=process)


def _wait_for_state(home: AirflowHome, process: subprocess.Popen[bytes]) -> None:
    """Until the supervisor can be found by ``down``; a supervisor that ends at once is reported later."""
    while process.poll() is None:
        state = read_state(home.state)
        if state is not None and state.pid == process.pid:
            return
        time.sleep(0.02)


def _wait_until_ready(stack: Stack, home: AirflowHome, say: Say) -> None:
    started, told, wanted = time.monotonic(), "", expected_dags()
    while time.monotonic() - started < _START_TIMEOUT_S:
        _check_alive(stack, home)
        missing = stack.api.unhealthy() or [f"DAG {name}" for name in sorted(wanted - stack.api.dag_ids())]
        if not missing:
            say(f"Airflow is ready after {time.monotonic() - started:.0f} s at {stack.url}")
            return
        if missing[0].startswith("DAG ") and (errors := stack.api.import_errors()):
            raise StackError(f"DAG files cannot be imported: {'; '.join(errors)}")
        waiting = f"waiting for {', '.join(missing)}"
        if waiting != told:
            say(waiting)
            told = waiting
        time.sleep(0.5)
    raise StackError(f"Airflow was not ready within {_START_TIMEOUT_S:.0f} s; see {home.component_logs}")


def _check_alive(stack: Stack, home: AirflowHome) -> None:
    code = stack.process.poll() if stack.process is not None else None
    if code == EXIT_LOCKED:
        raise StackError("another command is starting Airflow; try again")
    if code is not None:
        raise StackError(f"Airflow's components ended (exit {code}); see {home.component_logs}")


def _close_left_over_runs(settings: Settings, stack: Stack) -> None:
    """Mark runs that an earlier stack could not finish as failed: nobody works on them any more.

    They would hold back new runs until the scheduler notices, about a minute later. Nothing is lost: what they
    should have done is read from the warehouse by the next run.
    """
    for run in stack.api.dag_runs(active_only=True):
        if run.queued_at is not None and run.queued_at < stack.started_at:
            stack.api.fail(run, _STOPPED_NOTE)
    from traforo.airflow_runs import close_abandoned  # noqa: PLC0415 - database drivers are not needed before

    close_abandoned(settings, stack.started_at, _STOPPED_NOTE)
