"""The drop folder is watched without being touched."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.core.errors import BadConfig
from traforo.airflow_inbox import inbox_signature
from traforo.settings import Settings

PAUSE = 0.02


class Store:
    """Stands for Airflow's state store of one asset."""

    def __init__(self, **values: str) -> None:
        self.values: dict[str, Any] = dict(values)

    async def aget(self, key: str) -> Any:
        return self.values.get(key)

    async def aset(self, key: str, value: Any) -> None:
        self.values[key] = value


@pytest.fixture
def inbox(tmp_path: Path, airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    config = tmp_path / "traforo.yml"
    config.write_text(json.dumps({"sources": {"synergie": {"options": {"inbox": str(folder)}}}}))
    monkeypatch.setenv("TRAFORO_CONFIG", str(config))
    monkeypatch.setenv("TRAFORO_HOME", str(tmp_path / "home"))
    return folder


async def _next(events: AsyncIterator[Any], within_s: float = 2.0) -> Any:
    return await asyncio.wait_for(anext(events), within_s)


async def _nothing(events: AsyncIterator[Any], pending: asyncio.Task[Any] | None = None) -> asyncio.Task[Any]:
    """Assert that no event comes for ten looks; returns the still waiting task."""
    task = pending or asyncio.ensure_future(anext(events))
    done, _ = await asyncio.wait({task}, timeout=PAUSE * 10)
    assert not done
    return task


def _trigger(store: Store | None) -> Any:
    from dags.triggers import InboxTrigger

    trigger = InboxTrigger("synergie", poke_interval=PAUSE)
    trigger.asset_state_store = store
    return trigger


def test_a_drop_is_announced_once_and_left_where_it_is(inbox: Path) -> None:
    async def scene() -> None:
        (inbox / "old.xlsx").write_bytes(b"before")
        events = _trigger(store := Store()).run()
        waiting = await _nothing(events)  # what lay there before the first look is left to the timed run
        (inbox / "new.xlsx").write_bytes(b"content")
        event = await asyncio.wait_for(waiting, 2)
        assert event.payload["source"] == "synergie"
        assert [file["path"] for file in event.payload["files"]] == ["new.xlsx", "old.xlsx"]
        waiting = await _nothing(events)
        assert (inbox / "new.xlsx").read_bytes() == b"content"
        assert json.loads(store.values["announced"]) == event.payload["files"]
        waiting.cancel()

    asyncio.run(scene())


def test_a_growing_file_is_not_announced(inbox: Path) -> None:
    async def scene() -> None:
        events = _trigger(Store()).run()
        waiting = await _nothing(events)
        growing = inbox / "slow.xlsx"
        for number in range(20):
            with growing.open("ab") as stream:
                stream.write(b"x" * 10)
            os.utime(growing, ns=(0, number))
            await asyncio.sleep(PAUSE / 2)
            assert not waiting.done()
        event = await asyncio.wait_for(waiting, 2)
        assert event.payload["files"][0]["size"] == 200

    asyncio.run(scene())


def test_a_restart_announces_what_came_meanwhile_and_nothing_twice(inbox: Path) -> None:
    async def scene() -> None:
        (inbox / "a.xlsx").write_bytes(b"a")
        store = Store()
        first = _trigger(store).run()
        (await _nothing(first)).cancel()
        (await _nothing(_trigger(store).run())).cancel()
        (inbox / "b.xlsx").write_bytes(b"b")
        event = await _next(_trigger(store).run())
        assert [file["path"] for file in event.payload["files"]] == ["a.xlsx", "b.xlsx"]

    asyncio.run(scene())


def test_a_folder_that_is_away_for_a_while_ends_nothing(inbox: Path) -> None:
    async def scene() -> None:
        events = _trigger(None).run()
        waiting = await _nothing(events)
        moved = inbox.rename(inbox.with_name("away"))
        waiting = await _nothing(events, waiting)
        moved.rename(inbox)
        (inbox / "c.xlsx").write_bytes(b"c")
        assert (await asyncio.wait_for(waiting, 2)).payload["files"][0]["path"] == "c.xlsx"

    asyncio.run(scene())


def test_the_trigger_can_be_rebuilt_from_what_it_serialises(inbox: Path) -> None:
    from airflow.sdk.module_loading import import_string

    path, arguments = _trigger(None).serialize()
    assert import_string(path)(**arguments).source_id == "synergie"


def test_unfinished_files_do_not_count(inbox: Path) -> None:
    for name in (".hidden.xlsx", "~$open.xlsx", "copy.xlsx.part", "download.crdownload"):
        (inbox / name).write_bytes(b"x")
    (inbox / "Étape 1.xlsx").write_bytes(b"abc")
    files = inbox_signature(Settings(inbox.parent / "home", config=inbox.parent / "traforo.yml"), "synergie")
    assert [(file["path"], file["size"]) for file in files] == [("Étape 1.xlsx", 3)]


def test_a_source_without_inbox_says_so(inbox: Path) -> None:
    with pytest.raises(BadConfig, match="is not a folder"):
        inbox_signature(Settings(inbox.parent / "home"), "actif")


def test_a_configured_inbox_makes_the_ingest_wait_for_drops(inbox: Path) -> None:
    from dags.ingest import ingest_dag
    from traforo.settings import load_settings

    dag = ingest_dag(load_settings().source("synergie"))
    assert type(dag.timetable.asset_condition).__name__ == "AssetAny"
    arrived, asset = dag.timetable.asset_condition.objects
    assert arrived.uri == "traforo://arrival/synergie"
    assert asset.uri == "traforo://inbox/synergie"
    assert [watcher.name for watcher in asset.watchers] == ["inbox_synergie"]
