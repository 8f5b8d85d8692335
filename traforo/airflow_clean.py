"""Keeps Airflow's own history short: a sweep every ten minutes leaves a thousand runs a week."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from traforo import pipeline
from traforo.settings import Settings
from traforo.stack_airflow import airflow_home, environment

KEEP_DAYS = 30
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Cleaned:
    """What was removed: log files, and whatever Airflow's database held from before ``before``."""

    before: str
    log_files: int

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return asdict(self)


def clean_history(settings: Settings, keep_days: int = KEEP_DAYS) -> Cleaned:
    """Remove runs, events and logs of Airflow older than ``keep_days``. What the warehouse knows stays.

    Raises:
        RuntimeError: Airflow's own cleaning failed; the message holds the end of its output.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    home = airflow_home(settings)
    with pipeline.cluster_of(settings) as cluster:
        # A task is kept away from Airflow's database, so the command gets the address of its own.
        surroundings = environment(settings, cluster.dsn("airflow"), int(home.port.read_text()))
        done = subprocess.run(  # noqa: S603 - our own command
            [
                sys.executable, "-m", "airflow", "db", "clean", "--clean-before-timestamp", before.isoformat(),
                "--skip-archive", "--yes",
            ],
            env=surroundings, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"airflow db clean failed: {(done.stdout + done.stderr).strip()[-800:]}")
    return Cleaned(before.isoformat(timespec="seconds"), drop_old_logs(home.logs, before))


def drop_old_logs(logs: Path, before: datetime) -> int:
    """Delete log files last written before ``before``, and folders that are empty then; returns the files."""
    dropped, limit = 0, before.timestamp()
    for path in sorted(logs.rglob("*"), reverse=True):  # children before their folder
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()) and path.stat().st_mtime < min(limit, time.time() - 60):
                path.rmdir()
        elif path.lstat().st_mtime < limit:
            path.unlink()
            dropped += 1
    return dropped
