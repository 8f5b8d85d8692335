"""What is past its keep time goes; what is live, open, waiting or needed stays, however old."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.core.errors import BadConfig
from connectors.core.landing import land
from connectors.core.source import Part
from traforo import pipeline
from traforo.retention import FILE, NEWEST_RUNS, clean, keep_days, trim_log
from traforo.settings import Settings
from warehouse import feed, release
from warehouse.cluster import Cluster
from warehouse.retention import KeepDays

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]
LATER = datetime.now(UTC) + timedelta(days=1000)


@pytest.fixture
def settings(bare_home: Path, warehouse: Cluster) -> Iterator[Settings]:
    yield Settings(bare_home)
    (bare_home / FILE).unlink(missing_ok=True)


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def test_rows_of_ops_and_raw(
    settings: Settings, warehouse: Cluster, publisher: Engine, build: Build, flow: Row
) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    live = build(flow=[flow("F2")])
    release.switch(publisher, live)
    loader = warehouse.engine("owner")
    with loader.begin() as connection:
        for statement in (
            "insert into ops.run (run_id, source, kind, finished_at) values"
            " ('old', 'a', 'ingest', now()), ('state', 'a', 'ingest', now()), ('held', 'a', 'ingest', now()),"
            " ('open', 'a', 'ingest', null)",
            "insert into ops.load (run_id, source, stream, outcome) values"
            " ('old', 'a', 's', 'loaded'), ('state', 'a', 's', 'loaded'), ('held', 'a', 's', 'held')",
            "insert into ops.source_state (source, stream, last_run_id, last_change_run_id)"
            " values ('a', 's', 'state', 'state')",
            "insert into ops.reject (run_id, source, stream, part, position, errors, payload, raw_hash, status,"
            " resolved_at, last_seen_run_id) values ('r', 'a', 's', 'p', '1', '[]', '{}', '\\x01', 'open', null, 'r'),"
            " ('r', 'a', 's', 'p', '2', '[]', '{}', '\\x02', 'replayed', now(), 'r')",
            "insert into ops.inbound (source, kind, uri, sha256, status) values"
            " ('a', 'webhook', 'x', '1', 'done'), ('a', 'webhook', 'x', '2', 'new'),"
            " ('a', 'file', 'x', '3', 'claimed')",
            "insert into raw.actif__flux (record_key, payload, raw_hash, payload_hash, run_id, first_run_id, part,"
            " position, fetched_at, deleted_at) values ('gone', '{}', '', '', 'r', 'r', 'p', '1', now(), now()),"
            " ('there', '{}', '', '', 'r', 'r', 'p', '1', now(), null)",
        ):
            connection.execute(text(statement))
    assert clean(settings) == {}
    done = clean(settings, LATER)
    assert {kind: done[kind] for kind in ("rejects", "inbound", "deleted", "runs")} == {
        "rejects": 1, "inbound": 1, "deleted": 1, "runs": 3,  # one ingest, and the builds of two releases
    }  # fmt: skip
    assert count(loader, "ops.reject") == 1
    assert count(loader, "ops.inbound") == 2
    assert count(loader, "raw.actif__flux") == 1
    with loader.connect() as connection:
        assert set(connection.execute(text("select run_id from ops.run")).scalars()) == {"state", "held", "open"}
    loader.dispose()
    assert done["feed"] == 5  # F1, release, F2, F1 deleted, release
    with pytest.raises(feed.CursorExpired):
        feed.read_changes(publisher)
    with feed.snapshot(publisher) as taken:
        assert taken.release_id == live


def test_held_releases_that_were_overtaken_are_withdrawn_and_dropped(
    settings: Settings, publisher: Engine, build: Build, flow: Row
) -> None:
    overtaken = build(flow=[flow("F1")])
    release.set_status(publisher, overtaken, "held")
    live = build(flow=[flow("F2")])
    release.switch(publisher, live)
    newest = build(flow=[flow("F3")])
    release.set_status(publisher, newest, "held")
    done = pipeline.housekeeping(settings)
    assert "held" not in done
    done = clean(settings, LATER)
    assert done["held"] == 1
    assert f"build_{overtaken}" in done["dropped_schemas"]
    with publisher.connect() as connection:
        assert release.get_release(connection, overtaken).status == "withdrawn"
        assert release.get_release(connection, newest).status == "held"


def landed(settings: Settings, number: int, age_days: float, *, finished: bool = True) -> Path:
    run_id = f"2026{number:04}"
    part = Part("a", str(number).encode(), "text/plain", "test://a")
    folder = land(settings.landing, "actif", "flux", run_id, [part], {}).folder
    if not finished:
        (folder / "_manifest.json").unlink()
    moment = datetime.now(UTC).timestamp() - age_days * 86400
    os.utime(folder, (moment, moment))
    return folder


def test_the_landing_keeps_the_newest_runs_and_what_is_needed(settings: Settings, warehouse: Cluster) -> None:
    old = [landed(settings, number, 100) for number in range(NEWEST_RUNS + 3)]
    unfinished = landed(settings, 9998, 3, finished=False)
    running = landed(settings, 9999, 0.5, finished=False)
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        connection.execute(text("insert into ops.run (run_id, source, kind) values ('r', 'actif', 'ingest')"))
        connection.execute(
            text(
                "insert into ops.load (run_id, source, stream, outcome, landed_path)"
                " values ('r', 'actif', 'flux', 'held', :path)"
            ),
            {"path": str(old[0])},
        )
    owner.dispose()
    assert clean(settings)["landing"] == 3
    assert [run.exists() for run in old] == [True, False, False, *[True] * NEWEST_RUNS]
    assert not unfinished.exists()
    assert running.exists()


def test_files_of_releases_whose_tables_are_gone(
    settings: Settings, publisher: Engine, build: Build, flow: Row
) -> None:
    live = build(flow=[flow("F1")])
    release.switch(publisher, live)
    for name in (live, "20200101t000000abcd", ".20200101t000000abcd.x1", f".{live}.x2", "feed", "other"):
        (settings.published / name).mkdir(parents=True)
    (settings.published / "latest").symlink_to(live)
    old = datetime.now(UTC).timestamp() - 5 * 86400
    os.utime(settings.published / ".20200101t000000abcd.x1", (old, old))
    assert clean(settings)["files"] == 2
    assert sorted(path.name for path in settings.published.iterdir()) == sorted(
        [live, f".{live}.x2", "feed", "latest", "other"]
    )


def test_an_installation_says_its_own_keep_times(settings: Settings) -> None:
    assert keep_days(settings) == KeepDays()
    (settings.home / FILE).write_text("feed: 30\nlanding: 14\n")
    assert keep_days(settings) == KeepDays(feed=30, landing=14)
    for wrong in ("feed: 0", "feeds: 3", "feed: x", "feed: 1.5", "[1]", "feed: true", "{"):
        (settings.home / FILE).write_text(wrong)
        with pytest.raises(BadConfig):
            keep_days(settings)


def test_a_log_is_cut_to_its_end_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    assert trim_log(log) == 0
    with log.open("ab", buffering=0) as writer:
        writer.write(b"".join(b"line %07d\n" % n for n in range(1_700_000)))
        before = log.stat().st_size
        cut = trim_log(log)
        writer.write(b"after\n")
    lines = log.read_bytes().splitlines()
    assert cut + log.stat().st_size == before + len(b"after\n")
    assert lines[-2:] == [b"line 1699999", b"after"]
    assert len(lines[0]) == len(lines[-2])
    assert trim_log(log) == 0
