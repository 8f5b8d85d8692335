"""The whole chain in one process on the sandbox: release, no-change, bad batch, bad release, replay, files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from sqlalchemy import text
from typer.testing import CliRunner

from connectors.core.registry import get_source, source_ids
from traforo import pipeline
from traforo.cli import app
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings
from warehouse import embedded
from warehouse.cluster import Cluster, connect_cluster
from warehouse.ops import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class World:
    """A warehouse that has published once, and the sandbox that feeds it."""

    settings: Settings
    cluster: Cluster
    sandbox: str
    first_release: str

    def rows(self, query: str, role: Any = "publisher") -> list[tuple[Any, ...]]:
        engine = self.cluster.engine(role)
        with engine.connect() as connection:
            result = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return result

    def live(self) -> str:
        [(release_id,)] = self.rows("select release_id from ops.release where status = 'published'")
        return str(release_id)


@contextmanager
def fault(world: World, source: str, kind: str) -> Iterator[None]:
    answer = requests.post(f"{world.sandbox}/_control/fault", json={"source": source, "kind": kind}, timeout=10)
    answer.raise_for_status()
    try:
        yield
    finally:
        requests.delete(f"{world.sandbox}/_control/fault", timeout=10).raise_for_status()


def release_once(settings: Settings) -> str:
    built = pipeline.build_release(settings, {"by": "test"})
    assert built.status == "built", built.failures
    audit = pipeline.audit_release(settings, built.release_id)
    assert audit.passed, audit.failures
    assert audit.checks_passed > 5
    return pipeline.switch_release(settings, built.release_id).release_id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = Settings(tmp_path_factory.mktemp("e2e"))
    with connect_cluster(settings.home) as cluster, running_sandbox(settings, seed=5, scale=1) as config:
        settings = replace(settings, config=config)
        sources = yaml.safe_load(config.read_text())["sources"]
        base = sources["actif"]["base_url"].removesuffix("/actif")
        pipeline.upgrade_database(settings)
        for source_id in source_ids():
            result = pipeline.sync(settings, source_id)
            assert result.outcome == "loaded", result.failures
        yield World(settings, cluster, base, release_once(settings))
    shutil.rmtree(embedded.paths(settings.home).base, ignore_errors=True)


def test_readers_find_every_table_with_keys_and_comments(world: World) -> None:
    counts = dict(
        world.rows("select key, value::int from traforo_v1.release, jsonb_each_text(row_counts)", role="reader")
    )
    for table in ("organisation", "site", "flow", "third_place", "news_item", "expense", "territory", "material"):
        assert counts[table] > 0, table
        assert world.rows(f"select count(*) from {table}", role="reader") == [(counts[table],)]
    keys = dict(
        world.rows(
            "select contype::text, count(*)::int from pg_constraint"
            f" where connamespace = to_regnamespace('release_{world.first_release}') group by 1"
        )
    )
    assert keys["p"] >= 15
    assert keys["f"] >= 20
    [(comment,)] = world.rows("select obj_description('traforo_v1.flow'::regclass)", role="reader")
    assert all(f"{language} " in comment for language in ("EN", "FR", "IT"))


def test_both_sides_of_the_border_are_there(world: World) -> None:
    found = dict(world.rows("select country_code, count(*)::int from flow group by 1", role="reader"))
    assert found.get("FR", 0) > 20
    assert found.get("IT", 0) > 20
    directions = dict(world.rows("select direction_code, count(*)::int from bi.fct_flow group by 1", role="reader"))
    assert set(directions) == {"OFFER", "DEMAND"}


def test_the_queries_of_the_guide_for_bi_tools_answer(world: World) -> None:
    guide = (PROJECT / "docs" / "how-to" / "connect-a-bi-tool.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    assert len(queries) >= 3
    for query in queries:
        assert world.rows(query, role="reader"), query


def test_the_state_of_every_stream_is_published(world: World) -> None:
    published = world.rows("select source_id, stream_name, is_stale from source_status", role="reader")
    streams = {(source_id, stream.name) for source_id in source_ids() for stream in get_source(source_id).streams}
    assert {(source_id, stream_name) for source_id, stream_name, _ in published} == streams
    assert not any(is_stale for *_, is_stale in published)


def test_only_public_flows_of_the_chambers_are_published(world: World) -> None:
    private = {
        key
        for (key,) in world.rows(
            "select record_key from raw.actif__flux where payload ->> 'confidentialite' <> 'public'", role="loader"
        )
    }
    published = {
        key for (key,) in world.rows("select source_record_key from flow where source_id = 'actif'", role="reader")
    }
    assert len(private) > 20
    assert len(published) > 20
    assert not private & published


def test_bad_records_are_rejects_with_reasons(world: World) -> None:
    rejected = world.rows("select source, errors from ops.reject where status = 'open'", role="loader")
    assert len(rejected) > 3
    for _, errors in rejected:
        assert errors
        assert all(error["rule"] and error["message"] and error["field"] for error in errors)


def test_every_build_says_which_runs_it_takes_in_and_readers_see_how_things_stand(world: World) -> None:
    [(reason, outcome)] = world.rows(
        f"select reason, outcome from ops.run where run_id = '{world.first_release}' and kind = 'harmonise'"
    )
    assert outcome == "published"
    assert {run["source"] for run in reason["runs"]} == set(source_ids())
    fresh = dict(
        world.rows(
            "select source_id, bool_or(is_stale) from source_freshness where last_good_at is not null group by 1",
            role="reader",
        )
    )
    assert fresh == dict.fromkeys(source_ids(), False)
    [(live, rows)] = world.rows("select release_id, row_count from release_history where is_live", role="reader")
    assert live == world.first_release
    assert rows > 1000
    listed = dict(world.rows("select run_kind_code, count(*)::int from pipeline_run group by 1", role="reader"))
    assert listed == {"ingest": 4, "harmonise": 1}


def test_the_same_data_again_change_nothing(world: World) -> None:
    for source_id in source_ids():
        assert pipeline.sync(world.settings, source_id).outcome == "unchanged"
    assert pipeline.pending(world.settings).changed == []


@pytest.mark.parametrize(("source", "kind", "outcome"), [("actif", "shrink60", "held"), ("actif", "html", "failed")])
def test_a_bad_batch_leaves_the_old_release_and_is_reported(world: World, source: str, kind: str, outcome: str) -> None:
    before = world.rows("select count(*), max(loaded_at) from raw.actif__flux where deleted_at is null", role="loader")
    with fault(world, source, kind):
        result = pipeline.sync(world.settings, source)
    assert result.outcome == outcome
    assert result.failures
    assert (
        world.rows("select count(*), max(loaded_at) from raw.actif__flux where deleted_at is null", role="loader")
        == before
    )
    assert pipeline.pending(world.settings).changed == []
    assert world.live() == world.first_release
    [(reported, error)] = world.rows(
        "select outcome, error from ops.run where source = 'actif' order by started_at desc limit 1", role="loader"
    )
    assert reported == outcome
    assert error
    assert pipeline.sync(world.settings, source).outcome == "unchanged"


def test_a_release_that_fails_its_audit_is_not_published(world: World) -> None:
    built = pipeline.build_release(world.settings, {"by": "test"})
    transformer = world.cluster.engine("transformer")
    with transformer.begin() as connection:  # what a bad join does
        connection.execute(text(f'truncate "build_{built.release_id}".flow cascade'))
    transformer.dispose()
    audit = pipeline.audit_release(world.settings, built.release_id)
    assert not audit.passed
    assert any("flow" in failure for failure in audit.failures)
    with pytest.raises(RuntimeError, match="only an audited release"):
        pipeline.switch_release(world.settings, built.release_id)
    assert world.live() == world.first_release


def test_a_person_names_a_material_and_a_release_is_due(world: World) -> None:
    def material(*arguments: str) -> str:
        home = ["--home", str(world.settings.home), "--config", str(world.settings.config)]
        done = CliRunner().invoke(app, [*home, "material", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    listed = material("list", "--language", "it", "--lang", "fr").splitlines()
    texts = [re.fullmatch(r"it  (.+)  \((\d+) flows, [A-Z_, ]+\)", line) for line in listed]
    waiting = [found for found in texts if found]
    assert waiting
    assert any(re.fullmatch(r"    [A-Z_]+  .+  \d\.\d\d (FUZZY|EMBEDDING)", line) for line in listed)
    given, flows = waiting[0].groups()
    told = material("decide", given, "CEREAL_STRAW", "--language", "it", "--who", "A. Persona", "--why", "seen")
    assert told.startswith(f"kept, for {flows} flows: ")
    assert pipeline.pending(world.settings).changed == ["decisions"]


def test_replay_of_the_landing_gives_the_same_rows(world: World) -> None:
    query = (
        "select md5(string_agg(record_key || payload::text, '' order by record_key))"
        " from raw.elenco_sottoprodotti__iscrizioni"
    )
    before = world.rows(query, role="loader")
    engine = world.cluster.engine("owner")
    with engine.begin() as connection:
        connection.execute(text("delete from raw.elenco_sottoprodotti__iscrizioni"))
    engine.dispose()
    result = pipeline.replay(world.settings, "elenco_sottoprodotti")
    assert result.outcome == "loaded"
    assert world.rows(query, role="loader") == before


def test_files_belong_together_and_are_written_once(world: World) -> None:
    result = pipeline.publish(world.settings)
    assert result.published
    folder = Path(result.folder)
    package = json.loads((folder / "datapackage.json").read_text())
    names = {resource["path"] for resource in package["resources"]}
    assert {"flow.csv", "flow.parquet", "flow.geojson", "third_place.geojson"} <= names
    assert all((folder / name).exists() for name in names)
    assert (world.settings.published / "latest" / "index.html").exists()
    latest = world.settings.published / "latest"
    latest.unlink()
    latest.symlink_to("the-release-that-was-rolled-back")
    assert not pipeline.publish(world.settings).published
    assert latest.resolve() == folder.resolve()
    [(outcome, reason)] = world.rows("select outcome, reason from ops.run where kind = 'publish'")
    assert (outcome, reason["release_id"]) == ("published", result.release_id)
