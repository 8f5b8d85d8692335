"""What a run reads and writes, as an event of OpenLineage; see ``traforo.lineage``."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openlineage.client.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import dataset_version_dataset as versions
from openlineage.client.facet_v2 import error_message_run, job_type_job, schema_dataset
from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics
from sqlalchemy import Connection, text

from connectors.core.registry import get_contract
from connectors.core.source import Source
from schemas.canonical.model import load_model
from traforo.settings import Settings
from warehouse.cluster import Cluster

PRODUCER = "https://traforo.invalid/lineage"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, PRODUCER)
_ENDS = {"loaded": "COMPLETE", "unchanged": "COMPLETE", "published": "COMPLETE", "done": "COMPLETE", "held": "ABORT"}


def send(settings: Settings, cluster: Cluster, run_id: str) -> None:
    """Build the event of a run's present state and hand it to the client, which knows where to send it.

    Raises:
        Exception: whatever the client meets on its way.
    """
    engine = cluster.engine("publisher")
    try:
        with engine.connect() as connection:
            event = run_event(settings, cluster, connection, run_id)
    finally:
        engine.dispose()
    client = OpenLineageClient()
    client.emit(event)
    client.close()


def run_event(settings: Settings, cluster: Cluster, connection: Connection, run_id: str) -> RunEvent:
    """START while the run lasts, then COMPLETE, ABORT (held) or FAIL, with the tables and their versions."""
    run = connection.execute(
        text("select kind, source, outcome, reason, started_at, finished_at from ops.run where run_id = :id"),
        {"id": run_id},
    ).one()
    ended = run.finished_at is not None
    state = _ENDS.get(run.outcome, "FAIL") if ended else "START"
    name = f"{run.kind}_{run.source}" if run.source else str(run.kind)
    inputs, outputs = _datasets(settings, cluster, connection, run_id, dict(run._mapping), complete=state == "COMPLETE")
    facets: dict[str, Any] = {}
    if state in ("FAIL", "ABORT"):
        told = f"run {run_id} is {run.outcome}; 'traforo status' says why"
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(message=told, programmingLanguage="PYTHON")
    kind = job_type_job.JobTypeJobFacet(processingType="BATCH", integration="TRAFORO", jobType=str(run.kind).upper())
    namespace = os.environ.get("OPENLINEAGE_NAMESPACE") or "traforo"
    return RunEvent(
        eventType=RunState(state),
        eventTime=(run.finished_at if ended else run.started_at).isoformat(),
        run=Run(runId=str(uuid.uuid5(_NAMESPACE, f"{namespace}/{run_id}")), facets=facets),
        job=Job(namespace=namespace, name=name, facets={"jobType": kind}),
        producer=PRODUCER,
        inputs=inputs,
        outputs=outputs,
    )


def _datasets(
    settings: Settings,
    cluster: Cluster,
    connection: Connection,
    run_id: str,
    run: Mapping[str, Any],
    *,
    complete: bool,
) -> tuple[list[InputDataset], list[OutputDataset]]:
    if run["kind"] in ("ingest", "replay"):
        return _of_source(settings.source(run["source"]), cluster, connection, run_id)
    release_id = run["reason"].get("release_id", run_id)
    if run["kind"] == "publish":
        shown = _of_interface(cluster, connection, release_id)
        files = _files(settings.published / release_id, connection, release_id) if complete else []
        return [_input(dataset) for dataset in shown], files
    raw = [
        _dataset_in(cluster, f"raw.{name.replace('.', '__')}", version)
        for name, version in sorted(_source_runs(connection, release_id).items())
    ]
    return raw, _of_interface(cluster, connection, release_id) if complete else []


def _of_source(
    source: Source, cluster: Cluster, connection: Connection, run_id: str
) -> tuple[list[InputDataset], list[OutputDataset]]:
    """The streams of a source, and the raw tables they go to with the digest of the contract that they were read by."""
    address = urlsplit(source.base_url or "")
    origin = f"{address.scheme}://{address.netloc}" if address.netloc else f"traforo://{source.id}"
    loads = {
        row.stream: row
        for row in connection.execute(
            text(
                "select l.stream, l.outcome, l.inserted + l.updated as rows, left(s.contract_digest, 16) as version"
                " from ops.load l left join ops.source_state s on s.source = l.source and s.stream = l.stream"
                " where l.run_id = :id"
            ),
            {"id": run_id},
        )
    }
    inputs = [InputDataset(namespace=origin, name=f"{source.id}/{stream.name}") for stream in source.streams]
    outputs = []
    for stream in source.streams:
        done = loads.get(stream.name)
        if done is None or done.outcome not in ("loaded", "unchanged"):
            continue
        contract = get_contract(stream)
        fields = [(name, str(field.annotation), field.description) for name, field in contract.model_fields.items()]
        table = f"raw.{source.id}__{stream.name}"
        outputs.append(_dataset_out(cluster, table, fields, done.version, done.rows))
    return inputs, outputs


def _of_interface(cluster: Cluster, connection: Connection, release_id: str) -> list[OutputDataset]:
    """Tables of the interface that the release has, with the version of the schema and the release."""
    row = connection.execute(
        text("select schema_version, row_counts from ops.release where release_id = :id"), {"id": release_id}
    ).one()
    model = load_model()
    return [
        _dataset_out(
            cluster,
            f"{model.schema('core')}.{table.name}",
            [(column.name, column.type, column.definition.en) for column in table.columns],
            f"{row.schema_version}+{release_id}",
            row.row_counts[table.name],
        )
        for table in model.published("core")
        if table.name in row.row_counts
    ]


def _source_runs(connection: Connection, release_id: str) -> dict[str, str]:
    found = connection.execute(text("select source_runs from ops.release where release_id = :id"), {"id": release_id})
    return {str(name): str(run) for name, run in dict(found.scalar_one()).items()}


def _files(folder: Path, connection: Connection, release_id: str) -> list[OutputDataset]:
    rows = connection.execute(
        text("select path, rows, bytes from ops.publication where release_id = :id order by path"), {"id": release_id}
    )
    return [
        OutputDataset(
            namespace="file",
            name=str(folder / Path(row.path).name),
            outputFacets={
                "outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(rowCount=row.rows, size=row.bytes)
            },
        )
        for row in rows
    ]


def _input(dataset: OutputDataset) -> InputDataset:
    return InputDataset(namespace=dataset.namespace, name=dataset.name, facets=dataset.facets)


def _dataset_in(cluster: Cluster, table: str, version: str) -> InputDataset:
    facets: dict[str, Any] = {"version": versions.DatasetVersionDatasetFacet(datasetVersion=version)}
    return InputDataset(namespace=_server(cluster), name=f"{cluster.database}.{table}", facets=facets)


def _dataset_out(
    cluster: Cluster, table: str, fields: Iterable[tuple[str, str, str | None]], version: str | None, rows: int
) -> OutputDataset:
    columns = [
        schema_dataset.SchemaDatasetFacetFields(name=name, type=kind, description=told) for name, kind, told in fields
    ]
    facets: dict[str, Any] = {"schema": schema_dataset.SchemaDatasetFacet(fields=columns)}
    if version:
        facets["version"] = versions.DatasetVersionDatasetFacet(datasetVersion=version)
    return OutputDataset(
        namespace=_server(cluster),
        name=f"{cluster.database}.{table}",
        facets=facets,
        outputFacets={"outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(rowCount=int(rows))},
    )


def _server(cluster: Cluster) -> str:
    return f"postgres://{cluster.host}:{cluster.port}"
