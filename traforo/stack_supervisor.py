"""Keeps the components of one Airflow stack together; started by ``traforo.stack``, never by hand.

It reads one line of JSON (``Spec``) from standard input, starts the components in its own session, starts again
one that dies, and ends all of them on SIGTERM or, when attached, when standard input closes because the command
that started it is gone. A second, tiny process waits for the supervisor itself to disappear (SIGKILL, out of
memory) and then ends what is left.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType

from traforo.stack_process import (
    TOKEN_VARIABLE,
    StackState,
    end_members,
    start_ticks,
    take_lock,
)

EXIT_LOCKED = 3
EXIT_COMPONENT_DIED = 4
_TICK_S = 0.2
_GRACE_S = 5.0
_MAX_DEATHS = 3
_DEATHS_WITHIN_S = 600.0


@dataclass(frozen=True)
class Spec:
    """What to run.

    Attributes:
        folder: where ``stack.json`` and ``stack.lock`` lie.
        logs: folder of one log file a component.
        attached: end when standard input closes.
        components: command of each component, in the order of their start.
    """

    folder: str
    logs: str
    attached: bool
    components: dict[str, list[str]]

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


class Supervisor:
    """Starts, watches and ends the components."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.deaths: dict[str, list[float]] = {name: [] for name in spec.components}
        self.stopping = False
        self.state = StackState(os.getpid(), start_ticks(os.getpid()), os.environ[TOKEN_VARIABLE], spec.attached)

    @property
    def state_file(self) -> Path:
        """Where the stack can be found by others."""
        return Path(self.spec.folder) / "stack.json"

    def start(self, name: str) -> None:
        """Start one component; its output is appended to ``<logs>/<name>.log``."""
        with (Path(self.spec.logs) / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603 - commands of our own
                self.spec.components[name], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        components = {name: child.pid for name, child in self.children.items()}
        self.state = replace(self.state, components=components)
        self.state.write(self.state_file)

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Handler of SIGTERM and SIGINT."""
        self.stopping = True

    def reap(self) -> None:
        """Collect dead children, so that they do not count as living."""
        for child in self.children.values():
            child.poll()

    def watch(self) -> int:
        """Wait until asked to stop or a component cannot be kept alive; returns the exit code."""
        while not self.stopping:
            if self.spec.attached and _closed(sys.stdin.fileno()):
                break
            if not self.spec.attached:
                time.sleep(_TICK_S)
            for name, child in list(self.children.items()):
                if child.poll() is None or self.stopping:
                    continue
                if not self.may_restart(name):
                    return EXIT_COMPONENT_DIED
                self.start(name)
        return 0

    def may_restart(self, name: str) -> bool:
        """Note a death; after three within ten minutes the component is given up."""
        now = time.monotonic()
        recent = [died for died in self.deaths[name] if now - died < _DEATHS_WITHIN_S]
        self.deaths[name] = [*recent, now]
        time.sleep(len(recent))
        return len(recent) < _MAX_DEATHS

    def run(self) -> int:
        """Start everything, watch, end everything."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.state = replace(self.state, guard=_fork_guard(self.state))
        self.state.write(self.state_file)
        try:
            for name in self.spec.components:
                self.start(name)
            return self.watch()
        finally:
            end_members(self.state, _GRACE_S, self.reap)
            self.state_file.unlink(missing_ok=True)


def _closed(descriptor: int) -> bool:
    """Whether the other end of the pipe is gone; waits one tick."""
    ready, _, _ = select.select([descriptor], [], [], _TICK_S)
    return bool(ready) and os.read(descriptor, 1024) == b""


def _fork_guard(state: StackState) -> int:
    """Fork a process that ends the stack's other processes once the supervisor is gone; returns its id.

    It holds the reading end of a pipe whose writing end only the supervisor has, so it wakes up the moment the
    supervisor ends, in whatever way. It also shares the stack's lock, so nobody starts before it is done.
    """
    reading, writing = os.pipe()
    if guard := os.fork():
        os.close(reading)
        return guard
    os.close(writing)
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    with suppress(OSError):
        os.read(reading, 1)
    end_members(state, grace_s=2.0)
    os._exit(0)


def main() -> int:
    """Entry point; see the module's text."""
    spec = Spec(**json.loads(_first_line(sys.stdin.fileno())))
    try:
        lock = take_lock(Path(spec.folder) / "stack.lock")
    except BlockingIOError:
        return EXIT_LOCKED
    with lock:
        return Supervisor(spec).run()


def _first_line(descriptor: int) -> str:
    """Read up to the first newline, byte by byte: nothing may stay in a buffer that ``select`` cannot see."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            break
        line += byte
    return line.decode()


if __name__ == "__main__":
    sys.exit(main())
