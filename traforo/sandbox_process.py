"""Runs the sandbox (the four source systems, simulated) beside the pipeline."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from traforo.settings import Settings
from warehouse.process import die_with_parent

_START_TIMEOUT_S = 120


def deployment_file(settings: Settings) -> Path:
    """The file with which the sandbox points the sources to itself."""
    return settings.home / "sandbox" / "traforo.yml"


def command(settings: Settings, seed: int, scale: float) -> list[str]:
    """The command that serves the sandbox until it is told to stop."""
    folder = settings.home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    return [
        sys.executable, "-m", "sandbox", "serve", "--dir", str(folder), "--port", str(_port(folder)),
        "--seed", str(seed), "--scale", str(scale),
    ]  # fmt: skip


@contextmanager
def running_sandbox(settings: Settings, seed: int, scale: float) -> Iterator[Path]:
    """The sandbox for the time of the block; gives the deployment file that points the sources to it.

    Raises:
        RuntimeError: it did not start; the message holds the end of its log.
    """
    folder = settings.home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            command(settings, seed, scale),
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent(),
        )  # fmt: skip
    try:
        _wait_ready(process, log_path)
        yield deployment_file(settings)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        log = log_path.read_text(errors="replace")
        if "sandbox ready on" in log:
            return
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended with {process.returncode}: {log[-1500:]}")
        time.sleep(0.1)
    raise RuntimeError(f"the sandbox was not ready within {_START_TIMEOUT_S} s; see {log_path}")


def _port(folder: Path) -> int:
    """The port of the last start if it is free, else a free one: addresses stay the same from run to run."""
    kept = folder / "port"
    for wanted in ([int(kept.read_text())] if kept.exists() else []) + [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            port = int(probe.getsockname()[1])
        kept.write_text(str(port))
        return port
    raise RuntimeError("no free port on 127.0.0.1")
