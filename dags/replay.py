"""Reads landed bytes again with the code of today. Started by hand, with a source and optionally its runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import AssetAlias, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from connectors.core.registry import source_ids
from dags.common import DEFAULT_ARGS, Refused, raw_asset
from dags.notifiers import when_failed
from traforo.settings import load_settings

_REPLAYED = AssetAlias("replayed", group="traforo")
_DOC = """
### Replay

Parses, checks and loads again what already lies in the landing: after a repaired mapping, a changed contract, or
to bring back rejected records. Nothing is fetched.

* `source`: which source.
* `landed_run_id`: the run whose bytes are read; empty means the newest of each stream.

`harmonise` is woken afterwards and decides whether anything changed.
"""


@dag(
    dag_id="replay",
    description="landing → raw, again",
    doc_md=_DOC,
    schedule=None,
    catchup=False,
    on_failure_callback=when_failed(),
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    params={
        "source": Param(default=source_ids()[0], type="string", enum=source_ids(), description="Source to replay"),
        "landed_run_id": Param(
            default=None,
            type=["null", "string"],
            minLength=1,
            description="Run whose landing is read; empty: the newest of each stream",
        ),
    },
    tags=["replay"],
)
def replay_landing() -> None:
    """The wiring; see ``_DOC``."""

    @task(outlets=[_REPLAYED], execution_timeout=timedelta(hours=3))
    def replay() -> dict[str, Any]:
        from traforo import pipeline

        context = get_current_context()
        source_id = context["params"]["source"]
        result = pipeline.replay(load_settings(), source_id, context["params"]["landed_run_id"])
        if result.outcome == "unchanged":
            raise AirflowSkipException(f"{result.run_id}: the same rows as before")
        if result.outcome != "loaded":
            raise Refused(f"{result.run_id} is {result.outcome}: {'; '.join(result.failures)}")
        context["outlet_events"][_REPLAYED].add(raw_asset(source_id))
        return result.as_dict()

    replay()


replay_landing()
