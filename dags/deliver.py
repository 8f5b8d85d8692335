"""Tells subscribers of events by signed webhooks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import DEFAULT_ARGS, RELEASE, every
from dags.notifiers import when_failed
from traforo.settings import load_settings

_DOC = """
### Deliver

Woken by a new release, and every five minutes for what has to be sent again. What is due is read from
`ops.delivery`: one row an event and subscriber, tried ten times over three days, then kept as a dead letter
(`traforo events dead`). A subscriber that does not answer is no failure of this DAG.
"""


@dag(
    dag_id="deliver",
    description="outbox → subscribers",
    doc_md=_DOC,
    schedule=AssetOrTimeSchedule(timetable=every("*/5 * * * *"), assets=[RELEASE]),
    catchup=False,
    on_failure_callback=when_failed(),
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=20),
    default_args=DEFAULT_ARGS,
    tags=["deliver", "events"],
)
def deliver_events() -> None:
    """The wiring; see ``_DOC``."""

    @task(execution_timeout=timedelta(minutes=10), retries=1)
    def deliver() -> dict[str, Any]:
        from traforo.deliver import deliver as deliver_round

        report = deliver_round(load_settings()).as_dict()
        if not any(report.values()):
            raise AirflowSkipException("nothing is due")
        return report

    deliver()


deliver_events()
