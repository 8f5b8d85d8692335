"""Nothing of a stack outlives it, whichever of its processes is killed and however."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from traforo.stack_process import TOKEN_VARIABLE, StackState, end_members, is_alive, members, read_state, take_lock
from traforo.stack_supervisor import EXIT_COMPONENT_DIED, EXIT_LOCKED, Spec

PROJECT = Path(__file__).resolve().parents[2]
# A component that, like Airflow, keeps a child in a process group of its own, and one in another session.
FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(child, process_group=0)
subprocess.Popen(child, start_new_session=True)
open(sys.argv[1], "w").write("up")
time.sleep(600)
"""
PARENT = """
import json, os, subprocess, sys, time
process = subprocess.Popen([sys.executable, "-m", "traforo.stack_supervisor"], stdin=subprocess.PIPE,
                           start_new_session=True, env={**os.environ, **json.loads(sys.argv[2])})
process.stdin.write(sys.argv[1].encode() + b"\\n")
process.stdin.flush()
time.sleep(600)
"""


def _until(condition: Callable[[], bool], within_s: float = 15.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Scene:
    """A supervisor over the family above, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.token = folder, secrets.token_hex(16)
        self.up = folder / "up"
        self.environment = {**os.environ, TOKEN_VARIABLE: self.token, "PYTHONPATH": str(PROJECT)}

    def spec(self, *, attached: bool, command: list[str] | None = None) -> Spec:
        family = [sys.executable, "-c", FAMILY, str(self.up)]
        return Spec(str(self.folder), str(self.folder), attached, {"family": command or family})

    def start(self, spec: Spec) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "traforo.stack_supervisor"],
            stdin=subprocess.PIPE, env=self.environment, start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(f"{spec.as_json()}\n".encode())
        process.stdin.flush()
        return process

    def state(self) -> StackState:
        """The state once the whole family is there."""
        assert _until(self.up.exists)
        state = read_state(self.folder / "stack.json")
        assert state is not None
        assert _until(lambda: len(members(state)) == 3)
        return state

    def lock_is_free(self) -> bool:
        try:
            take_lock(self.folder / "stack.lock").close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    end_members(StackState(0, -1, scene.token, attached=False), grace_s=0)


def test_sigterm_ends_children_that_ignore_it(scene: Scene) -> None:
    process = scene.start(scene.spec(attached=False))
    state = scene.state()
    process.terminate()
    assert process.wait(20) == 0
    assert members(state) == []
    assert not (scene.folder / "stack.json").exists()
    assert _until(scene.lock_is_free)


def test_a_killed_supervisor_leaves_nobody_and_no_lock(scene: Scene) -> None:
    process = scene.start(scene.spec(attached=False))
    state = scene.state()
    process.kill()
    process.wait()
    assert not is_alive(state)
    assert _until(lambda: members(state) == [])
    assert _until(scene.lock_is_free)


def test_a_killed_command_takes_its_attached_stack_along(scene: Scene) -> None:
    spec = scene.spec(attached=True)
    command = subprocess.Popen([sys.executable, "-c", PARENT, spec.as_json(), json.dumps(scene.environment)])
    state = scene.state()
    command.kill()
    command.wait()
    assert _until(lambda: not is_alive(state) and members(state) == [])
    assert _until(scene.lock_is_free)


def test_a_detached_stack_outlives_its_command(scene: Scene) -> None:
    process = scene.start(scene.spec(attached=False))
    state = scene.state()
    assert process.stdin is not None
    process.stdin.close()
    time.sleep(0.6)
    assert is_alive(state)
    assert len(members(state)) == 3


def test_only_one_supervisor_at_a_time(scene: Scene) -> None:
    first = scene.start(scene.spec(attached=False))
    scene.state()
    assert scene.start(scene.spec(attached=False)).wait(10) == EXIT_LOCKED
    assert first.poll() is None


def test_a_component_is_started_again(scene: Scene) -> None:
    scene.start(scene.spec(attached=False))
    state = scene.state()
    scene.up.unlink()
    os.kill(state.components["family"], signal.SIGKILL)
    assert _until(scene.up.exists)
    again = read_state(scene.folder / "stack.json")
    assert again is not None
    assert again.components["family"] != state.components["family"]


def test_a_component_that_cannot_live_ends_the_stack(scene: Scene) -> None:
    process = scene.start(scene.spec(attached=False, command=[sys.executable, "-c", "raise SystemExit(7)"]))
    assert process.wait(30) == EXIT_COMPONENT_DIED


def test_a_process_that_was_given_an_old_number_is_not_ours(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        state = StackState(stranger.pid, 1, secrets.token_hex(8), attached=False)
        assert not is_alive(state)
        assert members(state) == []
        assert end_members(state, grace_s=0) == 0
        assert stranger.poll() is None
        path = tmp_path / "stack.json"
        replace(state, components={"x": 1}).write(path)
        assert read_state(path) == replace(state, components={"x": 1})
    finally:
        stranger.kill()
        stranger.wait()


def test_half_a_state_file_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"pid": 1, "star')
    assert read_state(tmp_path / "stack.json") is None
    assert read_state(tmp_path / "none.json") is None
