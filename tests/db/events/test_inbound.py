"""Inbound work: noted once, claimed by one run, given back when the run fails or dies, never lost."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text

from traforo import pipeline
from traforo.settings import Settings
from warehouse import inbound, ops
from warehouse.cluster import Cluster


@pytest.fixture
def loader(warehouse: Cluster) -> Iterator[Engine]:
    engine = warehouse.engine("loader")
    yield engine
    engine.dispose()


def rows(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(text("select * from ops.inbound order by id")).mappings()
        return [dict(row) for row in found]


def note(engine: Engine, source: str, digest: str) -> bool:
    with engine.begin() as connection:
        return inbound.receive(connection, source, "webhook", "partner: changed", digest)


def claim(engine: Engine, source: str, run_id: str, **options: Any) -> list[int]:
    with engine.begin() as connection:
        return [row.id for row in inbound.claim(connection, source, run_id, **options)]


def test_the_same_thing_is_noted_once_however_often_and_wherever_it_comes(warehouse: Cluster, loader: Engine) -> None:
    gateway = warehouse.engine("gateway")
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda e=engine: results.append(note(e, "actif", "a1")))
        for engine in (gateway, loader, gateway, loader, gateway)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gateway.dispose()
    assert sorted(results) == [False, False, False, False, True]
    assert note(loader, "tiers_lieux", "a1") is True  # another source's matter
    assert len(rows(loader)) == 2


def test_two_runs_share_the_work_and_neither_waits(loader: Engine) -> None:
    for number in range(6):
        note(loader, "actif", f"m{number}")
    with loader.begin() as first:
        taken = [row.id for row in inbound.claim(first, "actif", "run-1")]
        assert claim(loader, "actif", "run-2") == []
        assert len(taken) == 6
        first.rollback()
    assert len(claim(loader, "actif", "run-2")) == 6
    assert claim(loader, "actif", "run-1") == []
    assert claim(loader, "synergie", "run-3") == []


def test_a_failed_run_gives_back_and_waits_longer_each_time(loader: Engine) -> None:
    note(loader, "actif", "m")
    waits = []
    for attempt in range(inbound.ATTEMPTS):
        run_id = ops.start_run(loader, "ingest", "actif", {})
        with loader.begin() as connection:
            connection.execute(text("update ops.inbound set not_before = now() - interval '1 s'"))
        assert len(claim(loader, "actif", run_id)) == 1, attempt
        with loader.begin() as connection:
            ops.finish_run(connection, run_id, "failed", "the source is down")
        with loader.connect() as connection:
            waits.append(connection.execute(text("select not_before > now() from ops.inbound")).scalar_one())
        assert claim(loader, "actif", "too-early") == []
    assert all(waits)
    last = rows(loader)[0]
    assert (last["status"], last["attempts"], last["error"]) == ("failed", inbound.ATTEMPTS, "the source is down")
    with loader.begin() as connection:
        assert inbound.waiting(connection, "actif") == []
        inbound.retry(connection, last["id"])
        assert inbound.waiting(connection, "actif") == [last["id"]]
        with pytest.raises(LookupError):
            inbound.retry(connection, last["id"])


def test_the_lease_of_a_run_that_died_expires(loader: Engine) -> None:
    note(loader, "actif", "m")
    assert len(claim(loader, "actif", "dead", lease=timedelta(milliseconds=50))) == 1
    time.sleep(0.1)
    assert len(claim(loader, "actif", "next", lease=timedelta(milliseconds=0))) == 1
    for number in range(inbound.ATTEMPTS):
        claim(loader, "actif", f"again-{number}", lease=timedelta(milliseconds=0))
        time.sleep(0.01)
    poisoned = rows(loader)[0]
    assert (poisoned["status"], poisoned["error"]) == ("failed", "the run that had claimed it did not finish")


@pytest.mark.parametrize(("outcome", "status"), [("loaded", "done"), ("unchanged", "done"), ("held", "done")])
def test_the_end_of_the_run_settles_in_its_own_transaction(loader: Engine, outcome: str, status: str) -> None:
    note(loader, "actif", "m")
    run_id = ops.start_run(loader, "ingest", "actif", {})
    claim(loader, "actif", run_id)
    with loader.connect() as connection:
        ops.finish_run(connection, run_id, outcome)
        connection.rollback()
    assert rows(loader)[0]["status"] == "claimed"
    with loader.begin() as connection:
        ops.finish_run(connection, run_id, outcome)
    assert (rows(loader)[0]["status"], rows(loader)[0]["run_id"]) == (status, run_id)


def drop(folder: Path, name: str, body: bytes, age_s: float = 60) -> None:
    (folder / name).write_bytes(body)
    moment = time.time() - age_s
    os.utime(folder / name, (moment, moment))


@pytest.fixture
def with_inbox(server_home: Path, warehouse: Cluster, tmp_path: Path) -> tuple[Settings, Path]:
    folder = tmp_path / "inbox"
    folder.mkdir()
    config = tmp_path / "traforo.yml"
    config.write_text(yaml.safe_dump({"sources": {"synergie": {"options": {"inbox": str(folder)}}}}))
    return Settings(server_home, config), folder


def test_a_run_says_which_dropped_files_and_messages_it_was_for(
    with_inbox: tuple[Settings, Path], loader: Engine
) -> None:
    settings, folder = with_inbox
    drop(folder, "a.xlsx", b"one")
    drop(folder, "b.xlsx", b"two")
    drop(folder, "growing.xlsx", b"thr", age_s=0)
    note(loader, "synergie", "message")
    run_id = pipeline.new_run(settings, "synergie", reason={"by": "test"})
    with loader.connect() as connection:
        reason = connection.execute(text("select reason from ops.run where run_id = :id"), {"id": run_id}).scalar_one()
    assert reason["by"] == "test"
    assert [(row["kind"], row["uri"]) for row in reason["inbound"]] == [
        ("webhook", "partner: changed"), ("file", "a.xlsx"), ("file", "b.xlsx"),
    ]  # fmt: skip
    pipeline.fail_run(settings, run_id, "broken")
    assert {row["status"] for row in rows(loader)} == {"new"}


def test_a_file_is_work_again_when_its_bytes_change_and_change_back(
    with_inbox: tuple[Settings, Path], loader: Engine
) -> None:
    settings, folder = with_inbox

    def run() -> list[str]:
        run_id = pipeline.new_run(settings, "synergie")
        with loader.begin() as connection:
            ops.finish_run(connection, run_id, "loaded")
            found = connection.execute(text("select reason->'inbound' from ops.run where run_id = :r"), {"r": run_id})
            return [row["uri"] for row in found.scalar_one() or []]

    drop(folder, "a.xlsx", b"one")
    assert run() == ["a.xlsx"]
    assert run() == []
    drop(folder, "a.xlsx", b"one", age_s=30)  # touched
    assert run() == []
    drop(folder, "copy.xlsx", b"one")  # the same bytes under another name
    assert run() == []
    drop(folder, "a.xlsx", b"two", age_s=20)
    assert run() == ["a.xlsx"]
    drop(folder, "a.xlsx", b"one", age_s=10)
    assert run() == ["a.xlsx"]
    assert len(rows(loader)) == 2


def test_a_missing_inbox_is_left_to_the_fetch(with_inbox: tuple[Settings, Path], loader: Engine) -> None:
    settings, folder = with_inbox
    folder.rmdir()
    run_id = pipeline.new_run(settings, "synergie")
    assert ops.get_run(loader, run_id).outcome is None
