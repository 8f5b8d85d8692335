"""Looks once an hour for what no run can report: sources gone stale, batches still held, dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import DEFAULT_ARGS, every
from dags.notifiers import is_on, send
from traforo.settings import load_settings

_DOC = """
### Watch

A source that nobody asks any more, a held batch that nobody looks at, a dead letter: no run fails because of them.
This DAG reads `traforo_ops` and tells what people have not been told within a day (`ops.alert`), in one message. It is
skipped where alerts are off (`dags/notifiers.py`) or nothing is new. `traforo status` shows the same at any time.
"""


@dag(
    dag_id="watch",
    description="what waits for a person → one message",
    doc_md=_DOC,
    schedule=every("17 * * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=20),
    default_args=DEFAULT_ARGS,
    tags=["watch"],
)
def watch_problems() -> None:
    """The wiring; see ``_DOC``."""

    @task(execution_timeout=timedelta(minutes=5), retries=1)
    def look() -> dict[str, Any]:
        from traforo import alerts

        if not is_on():
            raise AirflowSkipException("alerts are off")
        message = alerts.compose(load_settings())
        if message is None:
            raise AirflowSkipException("nothing new")
        return {"told": sorted(message.new), "ways": send(message, get_current_context())}

    look()


watch_problems()
