"""The views for operating: what each shows, that readers may see them, that they hold no values of records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from schemas.canonical.model import load_model
from traforo.pipeline.database import declared_streams
from warehouse import operations, release
from warehouse.cluster import Cluster

pytestmark = pytest.mark.db
MODEL = load_model()


@pytest.fixture
def engines(warehouse: Cluster) -> Iterator[dict[str, Engine]]:
    made = {role: warehouse.engine(role) for role in ("owner", "loader", "publisher", "reader")}
    with made["owner"].begin() as connection:
        operations.declare(connection, declared_streams())
    yield made
    for engine in made.values():
        engine.dispose()


def rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def do(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def run_of(run_id: str, source: str, outcome: str, started: str, reason: dict[str, Any] | None = None) -> str:
    told = json.dumps(reason or {}).replace(":", "\\:")
    return (
        "insert into ops.run (run_id, source, kind, outcome, started_at, finished_at, reason, error) values"
        f" ('{run_id}', '{source}', 'ingest', '{outcome}', now() - interval '{started}',"
        f" now() - interval '{started}' + interval '90 seconds', '{told}', 'Mario Rossi (fittizio)')"
    )


@pytest.mark.parametrize("table", MODEL.published("operations"), ids=lambda table: table.name)
def test_a_view_is_what_the_model_says(engines: dict[str, Engine], table: Any) -> None:
    found = rows(
        engines["reader"],
        "select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,"
        " col_description(a.attrelid, a.attnum) as told from pg_attribute a"
        f" where a.attrelid = 'traforo_ops.{table.name}'::regclass and a.attnum > 0 order by a.attnum",
    )
    kinds = {"timestamptz": "timestamp with time zone"}
    assert [(row["name"], row["type"]) for row in found] == [
        (column.name, kinds.get(column.type, column.type)) for column in table.columns
    ]
    for row, column in zip(found, table.columns, strict=True):
        assert all(column.definition.get(language) in row["told"] for language in ("fr", "it", "en"))
    assert rows(engines["reader"], f"select count(*) as n from traforo_ops.{table.name}")


def test_texts_are_put_once(engines: dict[str, Engine]) -> None:
    with engines["owner"].begin() as connection:
        connection.execute(text("comment on view traforo_ops.pipeline_run is 'something else'"))
        assert operations.comment(connection) == 1
        assert operations.comment(connection) == 0


def test_freshness_follows_the_allowance_of_the_source(engines: dict[str, Engine]) -> None:
    hours = {(source, stream): hours for source, stream, hours in declared_streams()}
    late = hours["actif", "flux"] + 1
    do(
        engines["owner"],
        "insert into ops.source_state (source, stream, rows, last_good_at, error) values"
        f" ('actif', 'flux', 7, now() - interval '{late} hours', 'down'),"
        " ('synergie', 'depenses', 3, now() - interval '1 hour', null)",
        "insert into ops.reject (run_id, source, stream, part, position, errors, payload, raw_hash, last_seen_run_id)"
        " values ('r', 'actif', 'flux', 'a', '1', '[]', '{}', 'x', 'r')",
    )
    found = {
        (r["source_id"], r["stream_name"]): r for r in rows(engines["reader"], "table traforo_ops.source_freshness")
    }
    assert set(found) == set(hours)
    old, fresh, never = found["actif", "flux"], found["synergie", "depenses"], found["tiers_lieux", "lieux"]
    assert (old["is_stale"], old["has_failed"], old["record_count"], old["open_reject_count"]) == (True, True, 7, 1)
    assert (int(old["age_hours"]), old["stale_after_hours"]) == (late, late - 1)
    assert (fresh["is_stale"], fresh["has_failed"], fresh["open_reject_count"]) == (False, False, 0)
    assert (never["is_stale"], never["last_good_at"], never["record_count"]) == (True, None, 0)


def test_a_source_that_is_no_longer_declared_leaves(engines: dict[str, Engine]) -> None:
    with engines["owner"].begin() as connection:
        operations.declare(connection, declared_streams()[1:])
    shown = rows(engines["reader"], "table traforo_ops.source_freshness")
    assert len(shown) == len(declared_streams()) - 1


def test_runs_say_why_how_long_and_how_much(engines: dict[str, Engine]) -> None:
    do(
        engines["owner"],
        run_of("r1", "actif", "loaded", "3 hours", {"run_type": "asset_triggered", "inbound": [{"id": 1}, {"id": 2}]}),
        run_of("r2", "actif", "unchanged", "2 hours", {"run_type": "scheduled"}),
        run_of("r3", "actif", "failed", "1 hour", {"by": "command line"}),
        "insert into ops.run (run_id, kind, reason) values"
        " ('r4', 'harmonise', '{\"run_type\"\\: \"asset_triggered\"}')",
        "insert into ops.load (run_id, source, stream, read, inserted, updated, rejected, deleted, bytes, outcome)"
        " values ('r1', 'actif', 'a', 10, 4, 3, 2, 1, 1500000, 'loaded'),"
        " ('r1', 'actif', 'b', 1, 1, 0, 0, 0, 0, 'loaded')",
    )
    found = {row["run_id"]: row for row in rows(engines["reader"], "table traforo_ops.pipeline_run")}
    causes = {run_id: (row["run_cause_code"], row["inbound_count"]) for run_id, row in found.items()}
    assert causes == {"r1": ("arrival", 2), "r2": ("clock", 0), "r3": ("person", 0), "r4": ("event", 0)}
    first = found["r1"]
    assert [first[f"{name}_count"] for name in ("read", "loaded", "rejected", "deleted")] == [11, 8, 2, 1]
    assert (float(first["duration_s"]), float(first["landed_mb"])) == (90.0, 1.5)
    assert (found["r4"]["run_outcome_code"], found["r4"]["duration_s"]) == (None, None)
    assert "Rossi" not in str(found)


def test_rejects_are_counted_by_rule_without_values(engines: dict[str, Engine]) -> None:
    errors = json.dumps(
        [
            {"field": "quantite", "rule": "decimal", "value": "Mario Rossi", "message": "Mario Rossi?"},
            {"field": None, "rule": "key", "value": None, "message": "no key"},
        ]
    ).replace(":", "\\:")
    statement = (
        "insert into ops.reject (run_id, source, stream, part, position, errors, payload, raw_hash, last_seen_run_id,"
        " status) values ('r', 'actif', 'flux', 'a', '{n}', '{errors}', '{{}}', 'x{n}', 'r', '{status}')"
    )
    do(
        engines["owner"],
        *(
            statement.format(n=n, errors=errors, status=status)
            for n, status in enumerate(("open", "open", "dismissed"))
        ),
    )
    found = rows(engines["reader"], "table traforo_ops.reject_summary")
    counted = {(r["reject_rule_code"], r["field_name"], r["reject_status_code"]): r["error_count"] for r in found}
    assert counted == {
        ("decimal", "quantite", "open"): 2, ("key", "", "open"): 2,
        ("decimal", "quantite", "dismissed"): 1, ("key", "", "dismissed"): 1,
    }  # fmt: skip
    assert "Rossi" not in str(found)


def test_only_what_still_waits_for_a_person_is_shown(engines: dict[str, Engine]) -> None:
    do(
        engines["owner"],
        run_of("h1", "actif", "held", "3 hours"),
        run_of("h2", "actif", "held", "2 hours"),
        run_of("h3", "synergie", "held", "2 hours"),
        run_of("g3", "synergie", "unchanged", "1 hour"),
    )
    older = release.open_release(engines["publisher"], {})
    release.set_status(engines["publisher"], older.release_id, "held", error="too few")
    newer = release.open_release(engines["publisher"], {})
    release.set_status(engines["publisher"], newer.release_id, "held", error="too few")
    decide = "insert into ops.decision (subject, subject_id, decision, decided_by, reason) values"
    do(engines["owner"], f"{decide} ('publication', 'all', 'hold', 'me', 'audit')")
    shown = "select pending_kind_code, subject_id from traforo_ops.pending_decision order by 1"
    waiting = [tuple(row.values()) for row in rows(engines["reader"], shown)]
    assert waiting == [("batch", "h2"), ("publication", "all"), ("release", newer.release_id)]
    do(engines["owner"], f"{decide} ('publication', 'all', 'lift', 'me', 'done')")
    assert "publication" not in {row["pending_kind_code"] for row in rows(engines["reader"], shown)}


def test_queues_tell_what_waits_from_what_has_failed(engines: dict[str, Engine]) -> None:
    do(
        engines["owner"],
        "insert into ops.inbound (source, kind, uri, sha256, status) values"
        " ('actif', 'file', 'rossi.xlsx', '1', 'new'), ('actif', 'file', 'b', '2', 'claimed'),"
        " ('actif', 'file', 'c', '3', 'failed'), ('actif', 'file', 'd', '4', 'done')",
        "insert into ops.subscription (name, url, types) values ('partner', 'https://x.invalid', '{*}'),"
        " ('quiet', 'https://x.invalid', '{*}')",
        "insert into ops.delivery (subscription_id, event_id, status) values (1, gen_random_uuid(), 'waiting'),"
        " (1, gen_random_uuid(), 'dead'), (1, gen_random_uuid(), 'dead')",
    )
    found = rows(engines["reader"], "select * from traforo_ops.work_queue order by queue_code desc, queue_name")
    counts = [(r["queue_code"], r["queue_name"], r["waiting_count"], r["failed_count"]) for r in found]
    assert counts == [("inbound", "actif", 2, 1), ("delivery", "partner", 1, 2), ("delivery", "quiet", 0, 0)]
    assert "rossi" not in str(found)


def test_a_build_is_a_run_that_names_what_it_takes_in(engines: dict[str, Engine]) -> None:
    inbound = [{"id": 5, "kind": "file", "uri": "a.xlsx", "attempt": 1}]
    do(
        engines["owner"],
        run_of("20260101t000000aaaa", "actif", "loaded", "4 hours"),
        run_of("20260101t000000bbbb", "actif", "loaded", "3 hours", {"inbound": inbound}),
        run_of("20260101t000000cccc", "actif", "unchanged", "2 hours"),
        run_of("20260101t000000dddd", "synergie", "loaded", "2 hours"),
        "insert into ops.load (run_id, source, stream, inserted, outcome) values"
        " ('20260101t000000aaaa', 'actif', 'flux', 1, 'loaded'), ('20260101t000000bbbb', 'actif', 'flux', 1, 'loaded'),"
        " ('20260101t000000cccc', 'actif', 'flux', 0, 'unchanged'),"
        " ('20260101t000000dddd', 'synergie', 'depenses', 1, 'loaded')",
        "insert into ops.source_state (source, stream, last_change_run_id) values"
        " ('actif', 'flux', '20260101t000000bbbb'), ('synergie', 'depenses', '20260101t000000dddd')",
        "insert into ops.release (release_id, status, schema_version, source_runs, code_digest) values ('live',"
        " 'published', '1.0.0', '{\"actif.flux\"\\: \"20260101t000000aaaa\","
        ' "synergie.depenses"\\: "20260101t000000dddd"}\', \'x\')',
    )
    publisher = engines["publisher"]
    killed = release.open_release(publisher, {"by": "test"})
    opened = release.open_release(publisher, {"by": "test", "changed": ["actif.flux"]})
    [first, second] = rows(
        publisher, "select run_id, outcome, finished_at, reason, error from ops.run where kind = 'harmonise' order by 1"
    )
    assert (first["run_id"], first["outcome"]) == (killed.release_id, "failed")
    assert (second["run_id"], second["outcome"]) == (opened.release_id, None)
    assert second["reason"] == {
        "by": "test",
        "changed": ["actif.flux"],
        "runs": [{"run_id": "20260101t000000bbbb", "source": "actif", "kind": "ingest", "inbound": inbound}],
    }
    release.set_status(publisher, opened.release_id, "held", error="too few")
    shown = "select run_outcome_code, duration_s from traforo_ops.pipeline_run where run_id = "
    [row] = rows(engines["reader"], f"{shown}'{opened.release_id}'")
    assert row["run_outcome_code"] == "held"
    assert row["duration_s"] is not None
