"""Once a day: drop old releases and landed bytes past their keep time, close abandoned runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task

from dags.common import DEFAULT_ARGS, every
from traforo.settings import load_settings

_DOC = """
### Housekeeping

Removes superseded releases, unfinished build schemas, landed bytes and stored check results past their keep
time, and closes runs whose process is gone. Never touches the live release or the last good landing of a source.
"""


@dag(
    dag_id="housekeeping",
    description="keep times and abandoned runs",
    doc_md=_DOC,
    schedule=every("40 2 * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    tags=["housekeeping"],
)
def housekeeping_daily() -> None:
    """The wiring; see ``_DOC``."""

    @task
    def housekeeping() -> dict[str, Any]:
        from traforo import pipeline  # noqa: PLC0415

        return pipeline.housekeeping(load_settings())

    housekeeping()


housekeeping_daily()
