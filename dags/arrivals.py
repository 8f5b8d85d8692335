"""Wakes the ingest of a source when something has arrived for it, as the triggerer sees it in ``ops.inbound``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

_REPEAT_S = 120.0


class ArrivalTrigger(BaseEventTrigger):
    """Fires when rows wait that were not announced yet, and again every two minutes while they still wait.

    The event is a wake-up call: the run claims what is there. Rows that a failed run gave back become claimable after
    a while, and so are announced again. An event that the scheduler loses is repeated.

    Args:
        source_id: source whose rows are watched.
        poke_interval: seconds between two looks.
    """

    def __init__(self, source_id: str, poke_interval: float = 3.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow has no types here
        self.source_id = source_id
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Import path and arguments, as the triggerer needs them."""
        return "dags.arrivals.ArrivalTrigger", {"source_id": self.source_id, "poke_interval": self.poke_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look for ever. Returning would restart the trigger without a pause."""
        from traforo.arrivals import Watch

        watch, announced, at = Watch(self.source_id), set[int](), 0.0
        while True:
            waiting = await self._look(watch)
            if waiting is not None:
                if waiting - announced or (waiting and time.monotonic() - at > _REPEAT_S):
                    yield _event({"source": self.source_id, "inbound": sorted(waiting)[:100]})
                    at = time.monotonic()
                announced = waiting
            await asyncio.sleep(self.poke_interval)

    async def _look(self, watch: Any) -> set[int] | None:
        """Ids of the rows that wait; None when the database cannot be asked now."""
        try:
            return set(await asyncio.to_thread(watch.waiting))
        except Exception as error:
            self.log.warning("what arrived for %s cannot be seen: %s", self.source_id, type(error).__name__)
            await asyncio.sleep(self.poke_interval)
            return None


def _event(payload: dict[str, Any]) -> TriggerEvent:
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # Airflow has no types here
