"""Runs of ``ops`` that Airflow started and nobody works on any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from traforo import pipeline
from traforo.settings import Settings


def close_abandoned(settings: Settings, before: datetime, error: str) -> list[str]:
    """Close as failed what DAGs started before ``before`` and never ended; returns the run ids.

    Only to be called when no Airflow of this installation was running at ``before``. Left open they would make
    ``harmonise`` wait for ingests that will never end. Runs of the command line are not touched.
    """
    with pipeline.engine_of(settings, "loader") as engine, engine.connect() as connection:
        found = connection.execute(
            text(
                "select run_id from ops.run where finished_at is null and started_at < :before"
                " and jsonb_exists(reason, 'dag_run_id') order by run_id"
            ),
            {"before": before},
        )
        run_ids = [str(row[0]) for row in found]
    for run_id in run_ids:
        pipeline.fail_run(settings, run_id, error)
    return run_ids
