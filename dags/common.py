"""What all DAGs share: names of assets, defaults of tasks, and what an error means to the scheduler."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, CronTriggerTimetable, RetryDecision, RetryPolicy, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from connectors.core.errors import BadConfig, Fatal, Retriable
from connectors.core.registry import source_ids

if TYPE_CHECKING:
    from airflow.sdk import Context

OWNER = "traforo"
RELEASE = Asset(name="release", uri="traforo://release", group="traforo")

_LONGEST_WAIT = timedelta(hours=1)
# The same call gives the same answer: a person has to change something first.
_PERMANENT = (Fatal, BadConfig, TypeError, AttributeError, LookupError, ImportError, NameError)


class ErrorPolicy(RetryPolicy):
    """Retries what may heal by itself, gives up at once on what cannot.

    ``Retriable`` waits as long as the source asked for (``Retry-After``, one hour at most), else as the task
    says. ``Fatal``, ``BadConfig`` and programming errors fail without a retry. Anything else (a lost database
    connection, a killed process) follows the task's own ``retries``.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decide in the task's own process, with the exception at hand."""
        if isinstance(exception, Retriable):
            wait = None
            if exception.retry_after is not None:
                wait = min(timedelta(seconds=max(exception.retry_after, 1.0)), _LONGEST_WAIT)
            return RetryDecision.retry(wait, reason=str(exception))
        if isinstance(exception, _PERMANENT):
            return RetryDecision.fail(reason=str(exception))
        return RetryDecision.default()


class Refused(AirflowFailException):
    """A gate said no. The outcome is already recorded, so nothing may overwrite it with "failed"."""


DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": ErrorPolicy(),
    "execution_timeout": timedelta(minutes=30),
}


def raw_asset(source_id: str) -> Asset:
    """Rows of the source changed in ``raw``."""
    return Asset(name=f"raw_{source_id}", uri=f"traforo://raw/{source_id}", group="traforo")


def every(cron: str) -> CronTriggerTimetable:
    """The cron expression in UTC; a DAG seen for the first time waits for its next tick."""
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0))


def wake_up(context: Any) -> dict[str, Any]:
    """Why this run exists, for ``ops.run.reason``: kind of run, who asked, which events woke it."""
    run = context["dag_run"]
    events = context.get("triggering_asset_events") or {}
    return {
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "run_type": str(getattr(run.run_type, "value", run.run_type)),
        "assets": sorted(str(getattr(asset, "uri", asset)) for asset in events),
    }


def ingests_waiting() -> bool:
    """Whether an ingest is queued or running, also one whose first task has not left its mark in ``ops.run`` yet."""
    task = get_current_context()["ti"]
    return any(task.get_dr_count(f"ingest_{source}", states=["queued", "running"]) for source in source_ids())
