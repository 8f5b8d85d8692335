"""Builds one release from everything that changed in ``raw`` since the live one."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from airflow.sdk import AssetAny, AssetOrTimeSchedule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from connectors.core.registry import source_ids
from dags.common import DEFAULT_ARGS, RELEASE, Refused, every, ingests_waiting, raw_asset, wake_up
from dags.notifiers import when_failed
from traforo.settings import load_settings

_BURST = timedelta(minutes=5)
_LOOK_EVERY_S = 2.0
_DOC = """
### Harmonise

Woken by a change in any source, and every ten minutes in case an event was lost. The events only wake it: what
has to be done is read from the warehouse (`decide`), so a lost, repeated or merged event does no harm.

`decide` waits up to five minutes while other ingests are running, so that a burst gives one release. `build`
runs dbt into a schema of its own, `audit` judges it there unchanged, `switch` puts it before the readers in one
transaction. If any of them fails, readers keep the last good release.
"""


@dag(
    dag_id="harmonise",
    description="raw → one audited release",
    doc_md=_DOC,
    schedule=AssetOrTimeSchedule(
        timetable=every("*/10 * * * *"), assets=AssetAny(*(raw_asset(source) for source in source_ids()))
    ),
    catchup=False,
    on_failure_callback=when_failed(),
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    tags=["harmonise", "release"],
)
def harmonise() -> None:
    """The wiring; see ``_DOC``."""

    @task(execution_timeout=_BURST + timedelta(minutes=2))
    def decide() -> dict[str, Any]:
        from traforo import pipeline

        settings = load_settings()
        deadline = time.monotonic() + _BURST.total_seconds()
        pending = pipeline.pending(settings)
        while pending.changed and (pending.active_ingests or ingests_waiting()) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)
            pending = pipeline.pending(settings)
        if not pending.changed:
            raise AirflowSkipException("nothing changed since the live release")
        return {**wake_up(get_current_context()), "changed": pending.changed}

    @task(execution_timeout=timedelta(hours=1), retries=1)
    def build(reason: dict[str, Any]) -> str:
        from traforo import pipeline

        result = pipeline.build_release(load_settings(), reason)
        if result.status != "built":
            raise Refused(f"{result.release_id} is {result.status}: {'; '.join(result.failures)}")
        return result.release_id

    @task(retries=1)
    def audit(release_id: str) -> str:
        from traforo import pipeline

        result = pipeline.audit_release(load_settings(), release_id)
        if not result.passed:
            raise Refused(f"{release_id} is held: {'; '.join(result.failures)}")
        return release_id

    @task(outlets=[RELEASE], execution_timeout=timedelta(minutes=5))
    def switch(release_id: str) -> str:
        from traforo import pipeline

        result = pipeline.switch_release(load_settings(), release_id)
        if result.status != "published":
            raise Refused(f"{release_id} is {result.status}: {'; '.join(result.failures)}")
        return result.release_id

    reason: Any = decide()
    built: Any = build(reason)
    audited: Any = audit(built)
    switch(audited)


harmonise()
