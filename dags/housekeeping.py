"""Once a day: drop what is past its keep time, in the warehouse and in Airflow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task

from dags.common import DEFAULT_ARGS, every
from dags.notifiers import when_failed
from traforo.settings import load_settings

_DOC = """
### Housekeeping

Drops superseded releases beyond the kept ones and the schemas of failed builds, never the live release; events of
the feed, deliveries, settled rejects, deleted records, landed bytes and files past their keep times
(`traforo.retention`). Of Airflow's own runs, events and logs, thirty days are kept; the log of the embedded
server is cut when it grows large.
"""


@dag(
    dag_id="housekeeping",
    description="keep times",
    doc_md=_DOC,
    schedule=every("40 2 * * *"),
    catchup=False,
    on_failure_callback=when_failed(),
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    tags=["housekeeping"],
)
def housekeeping_daily() -> None:
    """The wiring; see ``_DOC``."""

    @task
    def housekeeping() -> dict[str, Any]:
        from traforo import pipeline

        return pipeline.housekeeping(load_settings())

    @task
    def airflow_history() -> dict[str, Any]:
        from traforo.airflow_clean import clean_history

        return clean_history(load_settings()).as_dict()

    housekeeping()
    airflow_history()


housekeeping_daily()
