"""What arrived wakes the ingest of its source, and goes on doing so until somebody takes it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest

PAUSE = 0.02


class Watch:
    """Stands for the database: what waits now, or an error."""

    waiting_now: ClassVar[set[int] | Exception] = set[int]()

    def __init__(self, source_id: str) -> None:
        assert source_id == "actif"

    def waiting(self) -> list[int]:
        if isinstance(Watch.waiting_now, Exception):
            raise Watch.waiting_now
        return sorted(Watch.waiting_now)


@pytest.fixture
def trigger(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from dags.arrivals import ArrivalTrigger

    monkeypatch.setattr("traforo.arrivals.Watch", Watch)
    monkeypatch.setattr(Watch, "waiting_now", set())
    return ArrivalTrigger("actif", poke_interval=PAUSE)


async def fired(events: Any, within_s: float = PAUSE * 10) -> dict[str, Any] | None:
    """Payload of the next event, None if none comes; the iterator stays usable."""
    task = getattr(events, "pending", None) or asyncio.ensure_future(anext(events.stream))
    done, _ = await asyncio.wait({task}, timeout=within_s)
    events.pending = None if done else task
    return task.result().payload if done else None


class Events:
    def __init__(self, trigger: Any) -> None:
        self.stream, self.pending = trigger.run(), None


def test_each_arrival_is_announced_once(trigger: Any) -> None:
    async def scenario() -> None:
        events = Events(trigger)
        assert await fired(events) is None
        Watch.waiting_now = {1}
        assert await fired(events, 2) == {"source": "actif", "inbound": [1]}
        assert await fired(events) is None
        Watch.waiting_now = {1, 2}
        assert await fired(events, 2) == {"source": "actif", "inbound": [1, 2]}
        Watch.waiting_now = set()
        assert await fired(events) is None
        Watch.waiting_now = {2}  # given back by a run that failed
        assert await fired(events, 2) == {"source": "actif", "inbound": [2]}

    asyncio.run(scenario())


def test_what_still_waits_is_announced_again(trigger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dags.arrivals._REPEAT_S", PAUSE * 3)

    async def scenario() -> None:
        Watch.waiting_now = {7}
        events = Events(trigger)
        for _ in range(3):
            assert await fired(events, 2) == {"source": "actif", "inbound": [7]}

    asyncio.run(scenario())


def test_a_database_that_is_away_ends_nothing(trigger: Any) -> None:
    async def scenario() -> None:
        events = Events(trigger)
        Watch.waiting_now = ConnectionError("away")
        assert await fired(events) is None
        Watch.waiting_now = {3}
        assert await fired(events, 2) == {"source": "actif", "inbound": [3]}

    asyncio.run(scenario())


def test_the_trigger_can_be_rebuilt_from_what_it_serialises(trigger: Any) -> None:
    from airflow.sdk.module_loading import import_string

    path, arguments = trigger.serialize()
    assert import_string(path)(**arguments).serialize() == (path, arguments)


@pytest.mark.parametrize("source", ["actif", "elenco_sottoprodotti", "synergie", "tiers_lieux"])
def test_every_ingest_is_woken_by_its_own_arrivals_and_by_the_clock(dags: dict[str, Any], source: str) -> None:
    timetable = dags[f"ingest_{source}"].timetable
    assert type(timetable).__name__ == "AssetOrTimeSchedule"
    assets = {asset.uri: [watcher.name for watcher in asset.watchers] for asset in timetable.asset_condition.objects}
    assert assets[f"traforo://arrival/{source}"] == [f"arrival_{source}"]


def test_the_plugin_mounts_the_web_side_outside_what_airflow_reserves(airflow_home: Path) -> None:
    import importlib.util

    path = Path(__file__).resolve().parents[2] / "dags" / "plugins" / "traforo_web.py"
    spec = importlib.util.spec_from_file_location("traforo_web", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    from airflow.api_fastapi.app import RESERVED_URL_PREFIXES

    (mounted,) = module.TraforoWeb.fastapi_apps
    assert mounted["url_prefix"] == "/traforo"
    assert not any(mounted["url_prefix"].startswith(prefix) for prefix in RESERVED_URL_PREFIXES)
    assert {route.path for route in mounted["app"].routes} == {"/inbound/{source}", "/changes", "/snapshot"}
