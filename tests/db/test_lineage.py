"""Events of OpenLineage: sent where asked for, whole, as the specification wants them, and never a reason to fail."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import Engine, text

from traforo import lineage
from traforo.settings import Settings
from warehouse import ops, release
from warehouse.cluster import Cluster

pytestmark = pytest.mark.db
# What OpenLineage 2-0-2 requires of a run event and of every facet, and which facets we send with their own demands.
FACET = {
    "type": "object",
    "required": ["_producer", "_schemaURL"],
    "properties": {"_producer": {"type": "string", "format": "uri"}, "_schemaURL": {"type": "string", "format": "uri"}},
}


def facets(**wanted: dict[str, Any]) -> dict[str, Any]:
    known = {
        name: {"allOf": [FACET, {"required": list(properties), "properties": properties}]}
        for name, properties in wanted.items()
    }
    return {"type": "object", "properties": known, "additionalProperties": FACET}


FIELD = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "type": {"type": "string"}}}
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "facets": facets(
            schema={"fields": {"type": "array", "items": FIELD}}, version={"datasetVersion": {"type": "string"}}
        ),
        "outputFacets": facets(outputStatistics={"rowCount": {"type": ["integer", "null"]}}),
    },
}
EVENT = {
    "type": "object",
    "required": ["eventTime", "eventType", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {
                "runId": {"type": "string", "format": "uuid"},
                "facets": facets(errorMessage={"message": {"type": "string"}, "programmingLanguage": {}}),
            },
        },
        "job": {
            "type": "object",
            "required": ["namespace", "name"],
            "properties": {"facets": facets(jobType={"processingType": {"enum": ["BATCH", "STREAMING"]}})},
        },
        "inputs": {"type": "array", "items": DATASET},
        "outputs": {"type": "array", "items": DATASET},
    },
}
SCHEMA = Draft202012Validator(EVENT, format_checker=FormatChecker())


@pytest.fixture
def settings(warehouse: Cluster) -> Settings:
    return Settings(warehouse.home)


@pytest.fixture
def owner(warehouse: Cluster) -> Iterator[Engine]:
    engine = warehouse.engine("owner")
    yield engine
    engine.dispose()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Switches the file on; gives the events so far, each checked against the schema."""
    file = tmp_path / "lineage.jsonl"
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "file")
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", str(file))
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__APPEND", "true")

    def read() -> list[dict[str, Any]]:
        events = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        for event in events:
            assert [error.message for error in SCHEMA.iter_errors(event)] == []
            uuid.UUID(event["run"]["runId"])
            assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        return events

    return read


def do(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def ingested(owner: Engine, run_id: str, outcome: str | None, error: str = "") -> None:
    ended = "now()" if outcome else "null"
    told = f"'{outcome}'" if outcome else "null"
    do(
        owner,
        "insert into ops.run (run_id, source, kind, outcome, finished_at, error) values"
        f" ('{run_id}', 'actif', 'ingest', {told}, {ended}, '{error}')",
    )


def test_nothing_is_sent_unless_it_is_asked_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT__TYPE"):
        monkeypatch.delenv(name, raising=False)
    assert not lineage.is_on()
    lineage.tell(settings, "no such run")  # would be logged as an error


def test_an_ingest_from_start_to_end(settings: Settings, owner: Engine, told: Any, warehouse: Cluster) -> None:
    ingested(owner, "r1", None)
    lineage.tell(settings, "r1")
    do(
        owner,
        "update ops.run set outcome = 'loaded', finished_at = now()",
        "insert into ops.load (run_id, source, stream, inserted, updated, outcome)"
        " values ('r1', 'actif', 'flux', 40, 2, 'loaded')",
        "insert into ops.source_state (source, stream, contract_digest) values ('actif', 'flux', repeat('ab', 32))",
    )
    lineage.tell(settings, "r1")
    start, end = told()
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == end["run"]["runId"]
    assert end["job"] == start["job"]
    assert (end["job"]["namespace"], end["job"]["name"]) == ("traforo", "ingest_actif")
    assert [dataset["name"] for dataset in start["inputs"]] == ["actif/flux"]
    assert start["outputs"] == []
    [table] = end["outputs"]
    assert table["namespace"] == f"postgres://{warehouse.host}:{warehouse.port}"
    assert table["name"] == f"{warehouse.database}.raw.actif__flux"
    assert table["facets"]["version"]["datasetVersion"] == "ab" * 8
    assert table["outputFacets"]["outputStatistics"]["rowCount"] == 42
    assert {"siret", "libelle_flux"} <= {field["name"] for field in table["facets"]["schema"]["fields"]}


@pytest.mark.parametrize(("outcome", "state"), [("failed", "FAIL"), ("held", "ABORT")])
def test_a_bad_end_says_so_without_the_reason(
    settings: Settings, owner: Engine, told: Any, outcome: str, state: str
) -> None:
    ingested(owner, "r2", outcome, "Mario Rossi (fittizio)")
    lineage.tell(settings, "r2")
    [event] = told()
    assert event["eventType"] == state
    assert event["run"]["facets"]["errorMessage"]["message"].startswith(f"run r2 is {outcome}")
    assert event["outputs"] == []
    assert "Rossi" not in json.dumps(event)


def test_a_release_goes_from_raw_tables_to_the_interface_with_its_schema_version(
    settings: Settings, owner: Engine, told: Any, warehouse: Cluster
) -> None:
    do(
        owner,
        "insert into ops.source_state (source, stream, last_change_run_id) values ('actif', 'flux', 'r1')",
    )
    publisher = warehouse.engine("publisher")
    opened = release.open_release(publisher, {})
    lineage.tell(settings, opened.release_id)
    do(
        owner,
        "update ops.run set outcome = 'published', finished_at = now()",
        "update ops.release set status = 'published', row_counts = '{\"flow\"\\: 7, \"not_of_the_model\"\\: 1}'",
    )
    lineage.tell(settings, opened.release_id)
    run_id = ops.start_publishing(publisher, {"release_id": opened.release_id})
    ops.end_run(publisher, run_id, "published")
    do(
        owner,
        "insert into ops.publication (release_id, table_name, format, path, rows, bytes, sha256)"
        f" values ('{opened.release_id}', 'flow', 'csv', '/x/flow.csv', 7, 70, 'x')",
    )
    lineage.tell(settings, run_id)
    publisher.dispose()
    start, end, written = told()
    assert [event["job"]["name"] for event in (start, end, written)] == ["harmonise", "harmonise", "publish"]
    [raw] = start["inputs"]
    assert raw["name"].endswith(".raw.actif__flux")
    assert raw["facets"]["version"]["datasetVersion"] == "r1"
    [flow] = end["outputs"]
    assert flow["name"].endswith(".traforo_v1.flow")
    assert flow["facets"]["version"]["datasetVersion"] == f"{release.SCHEMA_VERSION}+{opened.release_id}"
    assert flow["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert {"flow_id", "quantity_t_per_year"} <= {field["name"] for field in flow["facets"]["schema"]["fields"]}
    assert [dataset["name"] for dataset in written["inputs"]] == [flow["name"]]
    [file] = written["outputs"]
    assert (file["namespace"], file["outputFacets"]["outputStatistics"]["rowCount"]) == ("file", 7)


def test_a_catalogue_that_does_not_answer_is_no_failure(
    settings: Settings, owner: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "http")
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__URL", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__RETRY", '{"total": 0}')
    ingested(owner, "r3", "loaded")
    lineage.tell(settings, "r3")
    assert "the lineage of run r3 could not be told" in caplog.text
