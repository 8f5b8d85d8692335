"""From a source to ``raw``: ``new_run`` → ``fetch`` → ``load`` → ``check`` → ``commit``, and back by ``replay``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from connectors.core.cursor import clamp
from connectors.core.errors import BadConfig, ConnectorError, Fatal, NotConfigured
from connectors.core.http import HttpClient
from connectors.core.landing import Landed, finished_runs, is_finished, land, read_landed
from connectors.core.registry import get_connector
from connectors.core.source import FetchContext, Stream
from traforo import arrivals, lineage
from traforo.keep_out import keep_out
from traforo.pipeline.database import cluster_of, engine_of
from traforo.settings import Settings
from warehouse import load as loading
from warehouse import ops
from warehouse.merge import merge

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepResult:
    """What a step of a source's run did; ``streams`` holds counts by stream."""

    run_id: str
    source: str
    outcome: str
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failures: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return asdict(self)


def new_run(settings: Settings, source_id: str, kind: str = "ingest", reason: Mapping[str, Any] | None = None) -> str:
    """Register a run of a source, with what has arrived for it, and return its id.

    Raises:
        BadConfig: the source is unknown or its settings are wrong.
    """
    source = settings.source(source_id)
    with engine_of(settings, "loader") as engine:
        run_id = ops.start_run(engine, kind, source_id, reason or {})
        if kind == "ingest":
            arrivals.take(settings, engine, source, run_id)
    lineage.tell(settings, run_id)
    return run_id


def fetch(settings: Settings, run_id: str) -> StepResult:
    """Ask the source for every stream and land the answers untouched.

    A stream whose bytes and reading code are those of the last good load is ``unchanged`` and skipped later.

    Raises:
        ConnectorError: the source failed; what was landed stays unfinished and is never read.
    """
    with engine_of(settings, "loader") as engine:
        source = settings.source(_source_of(engine, run_id))
        streams = {}
        http = HttpClient(source)  # one for all streams: the time a run may spend waiting is the run's
        unused: list[NotConfigured] = []
        for stream in source.streams:
            state = ops.get_state(engine, source.id, stream.name)
            try:
                landed = _land(settings, http, stream, run_id, state)
            except NotConfigured as error:
                unused.append(error)
                continue
            same = (
                landed.digest == state.content_digest
                and loading.contract_digest(source.id, stream) == state.contract_digest
            )
            outcome = "unchanged" if same else "landed"
            with engine.begin() as connection:
                ops.record_landed(connection, run_id, landed, outcome)
            if same:
                _tell(engine, run_id, landed)
            streams[stream.name] = {
                "parts": len(landed.parts), "bytes": sum(p.size for p in landed.parts), "outcome": outcome
            }  # fmt: skip
        if not streams:
            raise unused[0]
        outcome = "landed" if any(s["outcome"] == "landed" for s in streams.values()) else "unchanged"
        return StepResult(run_id, source.id, outcome, streams)


def _land(settings: Settings, http: HttpClient, stream: Stream, run_id: str, state: ops.State) -> Landed:
    source, since = http.source, clamp(state.cursor)
    reads_anew = loading.contract_digest(source.id, stream) != state.contract_digest
    context = FetchContext(
        http=http, source=source, since=since, reads_anew=reads_anew, validators=state.validators
    )  # fmt: skip
    previous = None
    if state.landed_path and is_finished(Path(state.landed_path)):
        previous = read_landed(Path(state.landed_path))
    else:
        context.validators = {}  # nothing to fall back on, so everything is asked for again
    parts = get_connector(source.id).fetch(stream, context)
    return land(settings.landing, source.id, stream.name, run_id, parts, context.notes, previous)


def load(settings: Settings, run_id: str) -> StepResult:
    """Read the landed streams through their contracts into batch tables, bad records into ``ops.reject``.

    Raises:
        ConnectorError: a landed stream cannot be read as a whole.
    """
    with engine_of(settings, "loader") as engine:
        source = settings.source(_source_of(engine, run_id))
        streams = {}
        for row in ops.load_rows(engine, run_id):
            if row["outcome"] == "unchanged":
                continue
            landed = read_landed(Path(row["landed_path"]))
            counts = loading.stage(engine, source, source.stream(row["stream"]), run_id, landed)
            _tell(engine, run_id, landed)
            streams[row["stream"]] = asdict(counts)
        return StepResult(run_id, source.id, "staged" if streams else "unchanged", streams)


def _tell(engine: Engine, run_id: str, landed: Landed) -> None:
    """Keep with the load what the connector says of it to people."""
    ops.add_notices(engine, run_id, {landed.stream: [str(line) for line in landed.notes.get("notices", ())]})


def check(settings: Settings, run_id: str) -> StepResult:
    """Judge the staged batches with Great Expectations; outcome ``passed``, ``failed`` or ``unchanged``."""
    with cluster_of(settings) as cluster:
        loader, transformer = cluster.engine("loader"), cluster.engine("transformer")
        source = settings.source(_source_of(loader, run_id))
        rows = [row for row in ops.load_rows(loader, run_id) if row["outcome"] == "staged"]
        staged = [row["stream"] for row in rows]
        if not staged:
            return StepResult(run_id, source.id, "unchanged")
        from quality import gate, suites  # noqa: PLC0415 - Great Expectations is slow to import

        wanted = [suite for name in staged for suite in suites.batch_suites(source.id, source.stream(name), run_id)]
        docs = settings.data_docs / source.id
        results = gate.evaluate(wanted, cluster.url("transformer", "psycopg2"), docs)
        gate.store(transformer, results, scope="batch", run_id=run_id)
        verdict = gate.decide(results, docs)
        failures = [*verdict.failures, *(notice for row in rows for notice in row["notices"])]
        ops.add_notices(
            loader,
            run_id,
            {name: [w for w in verdict.warnings if w.startswith(f"{source.id}.{name}.")] for name in staged},
        )
        if not verdict.passed:
            _hold(loader, run_id, staged, failures)
            lineage.tell(settings, run_id)
        loader.dispose()
        transformer.dispose()
        counts = {"checks": {"passed": verdict.checks_passed, "failed": verdict.checks_failed}}
        outcome = "passed" if verdict.passed else "failed"
        return StepResult(run_id, source.id, outcome, counts, () if verdict.passed else tuple(failures))


def _hold(engine: Engine, run_id: str, streams: list[str], failures: list[str]) -> None:
    error = "; ".join(failures)
    with engine.begin() as connection:
        connection.execute(
            text(
                "update ops.load set outcome = 'held', error = :error, finished_at = now()"
                " where run_id = :run_id and stream = any(:streams)"
            ),
            {"run_id": run_id, "streams": streams, "error": error},
        )
        ops.finish_run(connection, run_id, "held", error)


def commit(settings: Settings, run_id: str) -> StepResult:
    """Take the judged batches into ``raw``; outcome ``loaded``, ``unchanged`` or ``held``."""
    with engine_of(settings, "loader") as engine:
        run = ops.get_run(engine, run_id)
        source = settings.source(str(run.source))
        rows = ops.load_rows(engine, run_id)
        if run.outcome == "held":
            return StepResult(
                run_id, source.id, "held", {}, tuple(sorted({str(r["error"]) for r in rows if r["error"]}))
            )
        staged = {row["stream"]: read_landed(Path(row["landed_path"])) for row in rows if row["outcome"] == "staged"}
        keep_out(settings, engine, source.id, run_id, staged)
        counts = merge(engine, source, run_id, staged) if staged else {}
        _confirm_unchanged(engine, source.id, run_id, rows)
        final = {row["stream"]: _reported(row) for row in ops.load_rows(engine, run_id)}
        # A task that was killed after its merge is tried again: then the run is loaded already, and says so again.
        loaded = run.outcome == "loaded" or any(c.changed for c in counts.values())
        outcome = "loaded" if loaded else "unchanged"
    lineage.tell(settings, run_id)
    return StepResult(run_id, source.id, outcome, final)


def _confirm_unchanged(engine: Engine, source_id: str, run_id: str, rows: list[dict[str, Any]]) -> None:
    """An unchanged stream is a good load too: it is fresh, and its rows count as unchanged."""
    with engine.begin() as connection:
        for row in rows:
            if row["outcome"] == "unchanged":
                connection.execute(
                    text(
                        "with state as (update ops.source_state set last_checked_at = now(), last_good_at = now(),"
                        "  error = null where source = :source and stream = :stream returning rows)"
                        " update ops.load set read = state.rows, valid = state.rows, unchanged = state.rows,"
                        "  finished_at = now() from state where run_id = :run_id and stream = :stream"
                    ),
                    {"source": source_id, "stream": row["stream"], "run_id": run_id},
                )
        ops.finish_run(connection, run_id, "unchanged")


def _reported(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("stream", "error", "landed_path")}


def fail_run(settings: Settings, run_id: str, error: str) -> None:
    """Close a run as failed; its source keeps its last good rows and is shown with the error."""
    with engine_of(settings, "loader") as engine, engine.begin() as connection:
        ops.finish_run(connection, run_id, "failed", error)
        connection.execute(
            text(
                "update ops.source_state s set error = :error, last_checked_at = now()"
                " from ops.run r where r.run_id = :run_id and s.source = r.source"
            ),
            {"run_id": run_id, "error": error},
        )
        connection.execute(
            text(
                "update ops.load set outcome = 'failed', error = :error, finished_at = now()"
                " where run_id = :run_id and finished_at is null"
            ),
            {"run_id": run_id, "error": error},
        )
    lineage.tell(settings, run_id)


def sync(settings: Settings, source_id: str, reason: Mapping[str, Any] | None = None) -> StepResult:
    """All steps of one source's run, in this process. A failing source is an outcome, not an exception."""
    run_id = new_run(settings, source_id, "ingest", reason)
    return _finish(settings, run_id, source_id, with_fetch=True)


def _finish(settings: Settings, run_id: str, source_id: str, *, with_fetch: bool) -> StepResult:
    try:
        if with_fetch:
            fetch(settings, run_id)
        load(settings, run_id)
        check(settings, run_id)
        return commit(settings, run_id)
    except ConnectorError as error:
        message = str(error)
    except Exception as error:  # a fault of ours in one source must not keep the others from running
        logger.exception("run %s of %s", run_id, source_id)
        message = f"{source_id}: internal error, please report it: {type(error).__name__}: {error}"
    fail_run(settings, run_id, message)
    return StepResult(run_id, source_id, "failed", {}, (message,))


def approve(settings: Settings, run_id: str) -> StepResult:
    """Take a held batch in after a person has looked at it: read it again from the landing, without the gate.

    Raises:
        BadConfig: the run is not held, or a newer run has been loaded since and would be undone.
    """
    with engine_of(settings, "loader") as engine:
        run = ops.get_run(engine, run_id)
        if run.outcome != "held":
            raise BadConfig(f"run '{run_id}' is {run.outcome or 'running'}, not held", rule="not_held")
        source = settings.source(str(run.source))
        held = [row for row in ops.load_rows(engine, run_id) if row["outcome"] == "held"]
        if newer := ops.newer_load(engine, run_id):
            raise BadConfig(f"run '{newer}' is newer and good; '{run_id}' would undo it", rule="newer_run")
        staged = {}
        for row in held:
            staged[row["stream"]] = read_landed(Path(row["landed_path"]))
            loading.stage(engine, source, source.stream(row["stream"]), run_id, staged[row["stream"]])
        keep_out(settings, engine, source.id, run_id, staged)
        merge(engine, source, run_id, staged)
        final = {row["stream"]: _reported(row) for row in ops.load_rows(engine, run_id)}
    lineage.tell(settings, run_id)
    return StepResult(run_id, source.id, "loaded", final)


def replay(settings: Settings, source_id: str, landed_run_id: str | None = None) -> StepResult:
    """Read a landed run again with today's code and mappings, through the same gate.

    Args:
        landed_run_id: run whose landing is read; None takes the newest finished one of each stream.

    Raises:
        Fatal: nothing has been landed.
    """
    source = settings.source(source_id)
    run_id = new_run(settings, source_id, "replay", {"landed_run_id": landed_run_id})
    with engine_of(settings, "loader") as engine, engine.begin() as connection:
        for stream in source.streams:
            folders = list(finished_runs(settings.landing, source_id, stream.name))
            if landed_run_id:
                folders = [f for f in folders if f.name == f"run={landed_run_id}"]
            if folders:
                ops.record_landed(connection, run_id, read_landed(folders[-1]), "landed")
    if not _has_loads(settings, run_id):
        message = f"nothing landed{f' in run {landed_run_id}' if landed_run_id else ''}"
        fail_run(settings, run_id, message)
        raise Fatal(message, source=source_id, rule="nothing_landed")
    return _finish(settings, run_id, source_id, with_fetch=False)


def _has_loads(settings: Settings, run_id: str) -> bool:
    with engine_of(settings, "loader") as engine:
        return bool(ops.load_rows(engine, run_id))


def _source_of(engine: Engine, run_id: str) -> str:
    return str(ops.get_run(engine, run_id).source)
