"""Rejected records come in after a mapping or a contract was mended, each exactly once."""

from __future__ import annotations

from sqlalchemy import text

from connectors.core.landing import is_finished, read_landed
from traforo.keep_out import keep_out
from traforo.pipeline.database import engine_of
from traforo.pipeline.ingest import StepResult, new_run, replay
from traforo.settings import Settings
from warehouse import load as loading
from warehouse import ops, reject_store
from warehouse.merge import merge


def replay_rejects(settings: Settings, source_id: str) -> list[StepResult]:
    """Read the landings again in which the open rejects of a source lie, with today's code and mappings.

    First the newest landing as a whole, through the gate, as any replay. Records that stand only in older ones
    (files and feeds that were never complete listings) are then taken one by one, and only if nothing newer is
    known of their key. Nothing is fetched.

    Returns:
        The result of every run that was made; empty where the source has no open reject.
    """
    with engine_of(settings, "loader") as engine:
        if not reject_store.waiting(engine, source_id):
            return []
    results = [replay(settings, source_id)]
    if results[0].outcome in ("held", "failed"):
        return results
    with engine_of(settings, "loader") as engine:
        older = [w for w in reject_store.waiting(engine, source_id) if w.run_id != results[0].run_id]
    for waiting in older:
        if waiting.landed_path and is_finished(waiting.landed_path):
            results.append(_replay_older(settings, source_id, waiting))
    return results


def _replay_older(settings: Settings, source_id: str, waiting: reject_store.Waiting) -> StepResult:
    source = settings.source(source_id)
    stream = source.stream(waiting.stream)
    run_id = new_run(settings, source_id, "replay", {"rejects_of": waiting.run_id, "stream": stream.name})
    with engine_of(settings, "loader") as engine:
        landed = read_landed(waiting.landed_path or settings.landing)
        with engine.begin() as connection:
            ops.record_landed(connection, run_id, landed, "landed")
        loading.stage(engine, source, stream, run_id, landed)
        with engine.begin() as connection:
            valid = reject_store.keep_only_waiting(connection, source_id, stream.name, waiting.run_id)
            connection.execute(
                text(
                    "update ops.load set valid = :valid, read = :valid + rejected, duplicate = 0"
                    " where run_id = :run_id and stream = :stream"
                ),
                {"valid": valid, "run_id": run_id, "stream": stream.name},
            )
        keep_out(settings, engine, source_id, run_id, [stream.name])
        counts = merge(engine, source, run_id, {stream.name: landed}, is_listing=False)
        final = {stream.name: {"valid": valid, "inserted": counts[stream.name].inserted}}
        outcome = "loaded" if counts[stream.name].changed else "unchanged"
        return StepResult(run_id, source_id, outcome, final)
