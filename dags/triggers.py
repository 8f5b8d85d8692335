"""Watches a drop folder from the triggerer. Looks only: never moves, opens or deletes a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from traforo.airflow_inbox import inbox_signature
from traforo.settings import load_settings

_KEY = "announced"


class InboxTrigger(BaseEventTrigger):
    """Fires when the files of a source's inbox have changed and then kept still.

    A file counts once its size and time are the same in two looks, so a writer that is still appending is not
    announced. What was announced last is kept with the asset, so a restart of the triggerer neither repeats it
    nor misses what was dropped meanwhile. Files that lay there before the very first look are left to the
    source's timed run. The event is a wake-up call: which files are new is decided by the ingest itself.

    Args:
        source_id: source whose option ``inbox`` names the folder; resolved at run time, not at import.
        poke_interval: seconds between two looks.
    """

    def __init__(self, source_id: str, poke_interval: float = 5.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow has no types here
        self.source_id = source_id
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Import path and arguments, as the triggerer needs them."""
        return "dags.triggers.InboxTrigger", {
            "source_id": self.source_id,
            "poke_interval": self.poke_interval,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look for ever; one event a change. Returning would restart the trigger without a pause."""
        before: str | None = None
        announced: str | None = None
        started = False
        while True:
            seen = await self._look()
            if seen is not None and seen == before:
                if not started:
                    announced, started = await self._remembered(default=seen), True
                if seen != announced:
                    yield _event({"source": self.source_id, "files": json.loads(seen)})
                    announced = seen
                    await self._remember(seen)
            before = seen
            await asyncio.sleep(self.poke_interval)

    async def _look(self) -> str | None:
        """The folder's signature as canonical JSON; None when it cannot be read now."""
        try:
            return await asyncio.to_thread(_signature, self.source_id)
        except Exception as error:
            self.log.warning("inbox of %s cannot be read: %s", self.source_id, error)
            await asyncio.sleep(self.poke_interval)
            return None

    async def _remembered(self, default: str) -> str:
        if self.asset_state_store is None:
            return default
        value = await self.asset_state_store.aget(_KEY)
        if isinstance(value, str):
            return value
        await self._remember(default)
        return default

    async def _remember(self, signature: str) -> None:
        if self.asset_state_store is not None:
            await self.asset_state_store.aset(_KEY, signature)


def _event(payload: dict[str, Any]) -> TriggerEvent:
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # Airflow has no types here


def _signature(source_id: str) -> str:
    return json.dumps(inbox_signature(load_settings(), source_id), sort_keys=True)
