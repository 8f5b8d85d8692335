"""Old logs go, young ones and the folders in use stay."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from traforo.airflow_clean import drop_old_logs

NOW = datetime.now(UTC)


def _file(path: Path, age_days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    _age(path, age_days)
    return path


def _age(path: Path, days: float) -> None:
    then = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


def test_only_what_is_past_its_time_goes(tmp_path: Path) -> None:
    old = _file(tmp_path / "dag_id=a" / "run_id=1" / "attempt=1.log", 31)
    young = _file(tmp_path / "dag_id=a" / "run_id=2" / "attempt=1.log", 29)
    empty = tmp_path / "dag_id=b" / "run_id=0"
    empty.mkdir(parents=True)
    _age(empty, 40)
    fresh = tmp_path / "components"
    fresh.mkdir()
    assert drop_old_logs(tmp_path, NOW - timedelta(days=30)) == 1
    assert not old.exists()
    assert young.exists()
    assert not empty.exists()
    assert fresh.is_dir()
    assert drop_old_logs(tmp_path, NOW - timedelta(days=30)) == 0
