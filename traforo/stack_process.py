"""Finds and ends every process of one Airflow stack, however it was left behind.

All components run in one session (``setsid``), whose id outlives its leader. Airflow puts each task into a
process group of its own, and a task may start a session of its own, so members are also known by a token in
their environment. Only the standard library is used: the supervisor must start in milliseconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TOKEN_VARIABLE = "TRAFORO_STACK_TOKEN"  # noqa: S105 - name of a variable, not a secret
_TOKEN_LENGTH = 16
_PROC = Path("/proc")


@dataclass(frozen=True)
class StackState:
    """What the supervisor writes down about itself, so that another process can find and end the stack.

    Attributes:
        pid: process id of the supervisor, which is also the id of the session.
        started: start time of the supervisor in clock ticks since boot; tells it from a later process that
            was given the same id. 0 where the system has no ``/proc``.
        token: value of the variable that every process of the stack carries.
        attached: the stack ends with the command that started it.
        guard: process id of the guard, which ends by itself shortly after the supervisor.
        components: process id of each component.
    """

    pid: int
    started: int
    token: str
    attached: bool
    guard: int = 0
    components: dict[str, int] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Replace the file in one step; it holds no secret."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        temporary.replace(path)


def read_state(path: Path) -> StackState | None:
    """The state written last; None if there is none, a crash left half a file, or it names no supervisor."""
    try:
        state = StackState(**json.loads(path.read_text(encoding="utf-8")))
        plausible = state.pid > 1 and len(state.token) >= _TOKEN_LENGTH
    except (OSError, ValueError, TypeError):
        return None
    return state if plausible else None


def start_ticks(pid: int) -> int:
    """Start time of a process in clock ticks since boot, 0 if it is gone or the system has no ``/proc``."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


def is_alive(state: StackState) -> bool:
    """Whether the supervisor that wrote the state still runs (not merely a process with its number)."""
    try:
        os.kill(state.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not _PROC.is_dir():
        return True
    fields = _stat(state.pid)
    return bool(fields) and fields[0] != "Z" and int(fields[19]) == state.started


def members(state: StackState) -> list[int]:
    """Living processes of the stack other than its supervisor, its guard and the caller.

    A process is a member if it carries the stack's token, or if it is in the supervisor's session and younger
    than the supervisor. A session id cannot be given to a new process while a member of the session lives, so
    a session whose leader has another start time than ours holds none of our processes; session 0 (what the
    kernel or another container started) is never ours.
    """
    found = []
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if not entry.name.isdigit() or int(entry.name) in (os.getpid(), state.pid, state.guard):
            continue
        fields = _stat(int(entry.name))
        if not fields or fields[0] == "Z":
            continue
        if _in_session(state, fields) or _carries(entry, state.token):
            found.append(int(entry.name))
    return found


def _in_session(state: StackState, fields: list[str]) -> bool:
    if state.pid <= 1 or state.started <= 0 or int(fields[3]) != state.pid or int(fields[19]) < state.started:
        return False
    return start_ticks(state.pid) in (0, state.started)


def end_members(state: StackState, grace_s: float, reap: Callable[[], object] = lambda: None) -> int:
    """Ask every process of the stack to end, then end it; returns how many had to be killed.

    Args:
        state: whose processes.
        grace_s: seconds between SIGTERM and SIGKILL.
        reap: called while waiting; a parent collects its dead children here.
    """
    _signal_all(state, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while members(state) and time.monotonic() < deadline:
        reap()
        time.sleep(0.1)
    killed = 0
    for _ in range(20):
        left = members(state)
        if not left:
            break
        killed = max(killed, len(left))
        _signal_all(state, signal.SIGKILL)
        reap()
        time.sleep(0.1)
    return killed


def _signal_all(state: StackState, number: signal.Signals) -> None:
    if not _PROC.is_dir() and state.pid > 1:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(state.pid, number)
        return
    for pid in members(state):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _stat(pid: int) -> list[str]:
    """Fields of ``/proc/<pid>/stat`` after the name: 0 state, 1 parent, 2 group, 3 session, 19 start time."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _carries(entry: Path, token: str) -> bool:
    if len(token) < _TOKEN_LENGTH:
        return False
    mark = f"{TOKEN_VARIABLE}={token}".encode()
    try:
        return mark in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def take_lock(path: Path) -> Any:
    """Take the stack's lock without waiting; keep the returned file open for as long as it is needed.

    The kernel frees it when its holder dies, so a crash never blocks the next start.

    Raises:
        BlockingIOError: another supervisor holds it.
    """
    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise
    return handle
