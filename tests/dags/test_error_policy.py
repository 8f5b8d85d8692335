"""What an error means: wait as asked, give up at once, or follow the task's own retries."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.core.errors import BadConfig, Fatal, Retriable


@pytest.fixture
def policy(airflow_home: Path) -> Any:
    from dags.common import ErrorPolicy

    return ErrorPolicy()


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(None, None), (30.0, timedelta(seconds=30)), (0.0, timedelta(seconds=1)), (1e6, timedelta(hours=1))],
)
def test_retriable_waits_as_the_source_asked(policy: Any, asked: float | None, waits: timedelta | None) -> None:
    decision = policy.evaluate(Retriable("busy", source="actif", retry_after=asked), 1, 4)
    assert decision.action.value == "retry"
    assert decision.retry_delay == waits
    assert "busy" in decision.reason


@pytest.mark.parametrize("error", [Fatal("truncated"), BadConfig("no url"), KeyError("x"), TypeError("y")])
def test_what_cannot_heal_fails_at_once(policy: Any, error: Exception) -> None:
    assert policy.evaluate(error, 1, 4).action.value == "fail"


@pytest.mark.parametrize("error", [OSError("gone"), TimeoutError(), RuntimeError("database restarts")])
def test_anything_else_follows_the_task(policy: Any, error: Exception) -> None:
    assert policy.evaluate(error, 1, 4).action.value == "default"
