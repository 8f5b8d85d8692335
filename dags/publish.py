"""Writes the files, the catalogue and the page of the live release."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import DEFAULT_ARGS, RELEASE, every, wake_up
from dags.notifiers import when_failed
from traforo.settings import load_settings

_DOC = """
### Publish

Woken by a new release, and every fifteen minutes in case the event was lost. Publishes the release that is live
when it runs, and is skipped if that one is published already.
"""


@dag(
    dag_id="publish",
    description="live release → files, catalogue, page",
    doc_md=_DOC,
    schedule=AssetOrTimeSchedule(timetable=every("*/15 * * * *"), assets=[RELEASE]),
    catchup=False,
    on_failure_callback=when_failed(),
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    tags=["publish", "release"],
)
def publish_release() -> None:
    """The wiring; see ``_DOC``."""

    @task
    def publish() -> dict[str, Any]:
        from traforo import pipeline

        try:
            result = pipeline.publish(load_settings(), reason=wake_up(get_current_context()))
        except LookupError as error:
            raise AirflowSkipException(str(error)) from error
        if not result.published:
            raise AirflowSkipException(f"release {result.release_id} is published already")
        return result.as_dict()

    publish()


publish_release()
