"""``traforo stack serve``, as a container runs it: it ends when asked, and when Airflow has ended."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings
from traforo.stack_process import StackState, members, read_state
from warehouse import embedded

pytestmark = [pytest.mark.airflow, pytest.mark.db, pytest.mark.full, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("serve")
    with running_sandbox(Settings(home), 3, 0.5) as config:
        yield Settings(home, config=config)
    shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


def serving(settings: Settings, log: Path) -> tuple[subprocess.Popen[bytes], StackState]:
    """The command, once Airflow's API answers."""
    command = [
        Path(sys.executable).with_name("traforo"), "--home", str(settings.home), "--config", str(settings.config),
        "stack", "serve",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 240
    while b"password" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    state = read_state(settings.home / "airflow" / "stack.json")
    assert state is not None
    port = (settings.home / "airflow" / "port").read_text()
    assert requests.get(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=10).status_code == 200
    return process, state


@pytest.mark.parametrize("how", ["asked to end", "its supervisor is killed"])
def test_it_ends_with_everything_it_started(settings: Settings, tmp_path: Path, how: str) -> None:
    process, state = serving(settings, tmp_path / "log")
    if how == "asked to end":
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    else:
        subprocess.run(["kill", "-KILL", str(state.pid)], check=True)
        assert process.wait(60) == 1
        assert "Airflow has ended" in (tmp_path / "log").read_text()
    assert members(state) == []
    assert not (settings.home / "airflow" / "stack.json").exists()
    assert embedded.running_port(settings.home) is None
