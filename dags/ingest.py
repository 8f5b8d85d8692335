"""One DAG a source, ``ingest_<source>``: fetch and land, load, gate, commit.

The sources come from the folders of ``connectors`` and the deployment file: adding a source adds no line here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetAny, AssetOrTimeSchedule, AssetWatcher, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from connectors.core.registry import source_ids
from connectors.core.source import Source
from dags.arrivals import ArrivalTrigger
from dags.common import DEFAULT_ARGS, Refused, every, raw_asset, wake_up
from dags.notifiers import when_failed
from dags.triggers import InboxTrigger
from traforo.settings import load_settings

_DOC = """
### Ingest of {title}

{description}

`fetch` lands the bytes untouched, `load` parses them, applies the contract of each record and copies them into
the stage, `check` judges the batch, `commit` merges it into `raw` or holds it.

* **Nothing changed**: `commit` is skipped and no event is sent.
* **The gate says no**: `commit` fails, `raw` keeps the last good rows, `traforo status` says why.
* **The source is down**: retried as the source asks, then failed; its rows are shown as stale after
  {stale} hours.

Publisher: {publisher}. Licence: {licence}.
"""


def _schedule(source: Source) -> Any:
    """The source's cadence, what arrives for it, and for a drop folder also the arrival of files."""
    arrival = AssetWatcher(name=f"arrival_{source.id}", trigger=ArrivalTrigger(source_id=source.id))
    arrived = Asset(
        name=f"arrival_{source.id}", uri=f"traforo://arrival/{source.id}", group="traforo", watchers=[arrival]
    )
    if not source.options.get("inbox"):
        return AssetOrTimeSchedule(timetable=every(source.cadence), assets=[arrived])
    watcher = AssetWatcher(name=f"inbox_{source.id}", trigger=InboxTrigger(source_id=source.id))
    inbox = Asset(name=f"inbox_{source.id}", uri=f"traforo://inbox/{source.id}", group="traforo", watchers=[watcher])
    return AssetOrTimeSchedule(timetable=every(source.cadence), assets=AssetAny(arrived, inbox))


def _record_failure(context: Any) -> None:
    """Close the run in ``ops`` when a task has failed for good."""
    error = context.get("exception")
    ops_run = context["ti"].xcom_pull(task_ids="start")
    if ops_run is None or isinstance(error, Refused):
        return
    from traforo import pipeline

    pipeline.fail_run(load_settings(), ops_run, f"{context['ti'].task_id}: {error or 'the task was killed'}")


def ingest_dag(source: Source) -> DAG:
    """The ingest DAG of one source."""

    @dag(
        dag_id=f"ingest_{source.id}",
        description=source.title.en,
        doc_md=_DOC.format(
            title=source.title.en,
            description=source.description.en,
            stale=source.stale_after_hours,
            publisher=source.publisher,
            licence=source.licence.name,
        ),
        schedule=_schedule(source),
        catchup=False,
        on_failure_callback=when_failed(),
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=2),
        default_args={**DEFAULT_ARGS, "on_failure_callback": _record_failure},
        tags=["ingest", source.id, source.country.lower()],
    )
    def ingest() -> None:
        @task(execution_timeout=timedelta(minutes=2))
        def start() -> str:
            from traforo import pipeline

            return pipeline.new_run(load_settings(), source.id, reason=wake_up(get_current_context()))

        @task(retries=4)
        def fetch(ops_run: str) -> dict[str, Any]:
            from traforo import pipeline

            return pipeline.fetch(load_settings(), ops_run).as_dict()

        @task
        def load(ops_run: str) -> dict[str, Any]:
            from traforo import pipeline

            return pipeline.load(load_settings(), ops_run).as_dict()

        @task
        def check(ops_run: str) -> dict[str, Any]:
            from traforo import pipeline

            return pipeline.check(load_settings(), ops_run).as_dict()

        @task(outlets=[raw_asset(source.id)])
        def commit(ops_run: str) -> dict[str, Any]:
            from traforo import pipeline

            result = pipeline.commit(load_settings(), ops_run)
            if result.outcome == "unchanged":
                raise AirflowSkipException(f"{ops_run}: the source sent nothing new")
            if result.outcome != "loaded":
                raise Refused(f"{ops_run} is {result.outcome}: {'; '.join(result.failures)}")
            return result.as_dict()

        ops_run: Any = start()
        fetch(ops_run) >> load(ops_run) >> check(ops_run) >> commit(ops_run)

    return ingest()


for _source_id in source_ids():
    globals()[f"ingest_{_source_id}"] = ingest_dag(load_settings().source(_source_id))
