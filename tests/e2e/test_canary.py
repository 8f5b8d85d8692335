"""A synthetic person and this installation's own secrets go through everything and are then searched for everywhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.core.registry import source_ids
from tests.e2e.canary import FINDER, MAIL, NAME, PHONE, files, secrets, spoil, tables
from traforo import pipeline
from traforo.cli import app
from traforo.erasure import erase_person
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings
from warehouse import embedded, feed, release
from warehouse.cluster import Cluster, connect_cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
SEED, SCALE = 5, 1.0


@dataclass(frozen=True)
class World:
    """A warehouse that has published once, and what its steps returned."""

    settings: Settings
    cluster: Cluster
    returned: str

    def tables(self, condition: str) -> dict[str, str]:
        """Content of the warehouse's tables as text, by name."""
        return tables(self.cluster.admin_url(self.cluster.database), condition)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = Settings(tmp_path_factory.mktemp("canary"))
    with running_sandbox(settings, seed=SEED, scale=SCALE):
        pass
    spoil(settings.home / "sandbox" / "data")
    with connect_cluster(settings.home) as cluster, running_sandbox(settings, seed=SEED, scale=SCALE) as config:
        settings = replace(settings, config=config)
        pipeline.upgrade_database(settings)
        steps: list[Any] = [pipeline.sync(settings, source_id) for source_id in source_ids()]
        built = pipeline.build_release(settings, {"by": "test"})
        assert built.status == "built", built.failures
        engine = cluster.engine("publisher")
        release.set_status(engine, built.release_id, "audited")
        engine.dispose()
        steps += [built, pipeline.switch_release(settings, built.release_id), pipeline.publish(settings)]
        yield World(settings, cluster, json.dumps([step.as_dict() for step in steps], default=str))
    shutil.rmtree(embedded.paths(settings.home).base, ignore_errors=True)


def outside(world: World) -> Iterator[tuple[Path, bytes]]:
    """Everything that is published, or that people who may not see records can read."""
    home = world.settings.home
    yield from files(home / "published", home / "data_docs", home / "dbt", embedded.paths(home).log)


def test_the_person_did_come_in(world: World) -> None:
    raw = world.tables("schemaname = 'raw'")
    holding = {name for name, content in raw.items() if FINDER.in_text(content)}
    assert {"raw.actif__flux", "raw.elenco_sottoprodotti__iscrizioni", "raw.tiers_lieux__lieux"} <= holding
    assert FINDER.in_text(world.tables("tablename = 'reject'")["ops.reject"])


def test_nothing_that_leaves_the_house_holds_the_person(world: World) -> None:
    assert [str(path) for path, body in outside(world) if FINDER.in_bytes(body)] == []
    released = world.tables("schemaname ~ '^release_'")
    assert len(released) > 20
    assert [name for name, content in released.items() if FINDER.in_text(content)] == []
    kept_with_runs = world.tables("schemaname = 'ops' and tablename <> 'reject'")
    assert [name for name, content in kept_with_runs.items() if FINDER.in_text(content)] == []


def test_what_steps_return_and_the_feed_hold_neither_person_nor_secret(world: World) -> None:
    engine = world.cluster.engine("gateway")
    events = feed.encode(feed.read_changes(engine, limit=5000).events).decode()
    engine.dispose()
    assert "eu.traforo.flow.upserted" in events
    for shown in (world.returned, events):
        assert not FINDER.in_text(shown)
        assert not [name for name, value in secrets(world.settings).items() if value in shown]


def test_no_secret_is_written_anywhere_but_in_its_file(world: World) -> None:
    own = secrets(world.settings)
    assert len(own) >= 6
    found = [
        (str(path), name)
        for path, body in files(world.settings.home, embedded.paths(world.settings.home).log)
        for name, value in own.items()
        if path.name != "secrets.json" and value.encode() in body
    ]
    assert found == []
    everything = "\n".join(world.tables("schemaname in ('ops', 'raw')").values())
    assert [name for name, value in own.items() if value in everything] == []


def test_the_export_of_rejects_shows_what_is_wrong_and_not_who(world: World, tmp_path: Path) -> None:
    arguments = ["--home", str(world.settings.home), "--config", str(world.settings.config)]
    done = CliRunner().invoke(app, [*arguments, "rejects", "export", str(tmp_path / "rejects.csv")])
    assert done.exit_code == 0, done.output
    exported = (tmp_path / "rejects.csv").read_text()
    assert "beaucoup" in exported
    assert not FINDER.in_text(exported)


def test_erased_the_person_is_nowhere_and_stays_away_although_the_source_sends_it_again(world: World) -> None:
    done = erase_person(world.settings, [NAME, MAIL, PHONE], "REQ-1")
    assert done.tables["raw.actif__flux"] >= 10
    assert done.landing
    everything = world.tables("schemaname not in ('pg_catalog', 'information_schema')")
    assert [name for name, content in everything.items() if FINDER.in_text(content)] == []
    home = world.settings.home
    kept = files(home / "landing", home / "published", home / "data_docs", home / "dbt")
    assert [str(path) for path, body in kept if FINDER.in_bytes(body)] == []
    for source_id in ("actif", "elenco_sottoprodotti", "tiers_lieux"):
        result = pipeline.sync(world.settings, source_id)
        assert result.outcome in ("unchanged", "loaded"), result.failures
    again = world.tables("schemaname in ('raw', 'stage', 'ops')")
    assert [name for name, content in again.items() if FINDER.in_text(content)] == []
