"""What arrived for a source is noted and taken into the run that deals with it, so that each run says why it ran."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from connectors.core.errors import BadConfig
from connectors.core.source import Source
from traforo.airflow_inbox import Dropped, dropped_files
from traforo.gateway import Gateway
from traforo.settings import Settings, load_settings
from warehouse import inbound
from warehouse.ops import dumps

logger = logging.getLogger(__name__)
_QUIET_S = 2.0


class Watch:
    """What waits for a source, seen again and again over one connection.

    Args:
        source_id: the source.
        settings: gives the settings at each look.
    """

    def __init__(self, source_id: str, settings: Callable[[], Settings] = load_settings) -> None:
        self._source_id, self._gateway = source_id, Gateway(settings)

    def waiting(self) -> list[int]:
        """Ids of what a run of the source could claim now, oldest first.

        Raises:
            ConnectionError: the embedded server does not run.
        """
        with self._gateway.engine().connect() as connection:
            return inbound.waiting(connection, self._source_id)


def take(settings: Settings, engine: Engine, source: Source, run_id: str) -> list[inbound.Inbound]:
    """Note new files of the source's inbox and claim everything that waits; the run's reason lists it.

    Args:
        engine: connects as loader.
    """
    if source.options.get("inbox"):
        note_files(settings, engine, source)
    with engine.begin() as connection:
        claimed = inbound.claim(connection, source.id, run_id)
        if claimed:
            _explain(connection, run_id, claimed)
    return claimed


def note_files(settings: Settings, engine: Engine, source: Source) -> int:
    """Write a row for every file of the inbox whose bytes are new; returns how many.

    An inbox that cannot be read is left to the fetch, which says so.
    """
    try:
        dropped = dropped_files(settings, source.id)
    except (BadConfig, OSError) as error:
        logger.warning("inbox of %s: %s", source.id, error)
        return 0
    new = 0
    with engine.begin() as connection:
        known = inbound.known_files(connection, source.id)
        for path, file in dropped:
            if known.get(file["path"], (-1, -1, ""))[:2] == (file["size"], file["mtime_ns"]):
                continue
            digest = _digest(path, file)
            if digest is not None:
                note = {"size": file["size"], "mtime_ns": file["mtime_ns"]}
                new += inbound.reopen(connection, source.id, file["path"], digest, note)
    return new


def _digest(path: Path, file: Dropped) -> str | None:
    """SHA-256 of the file; None while it is being written or when it is gone again."""
    if 0 <= time.time() - file["mtime_ns"] / 1e9 < _QUIET_S:  # a time in the future is the sender's
        return None
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stat = path.stat()
    except OSError:
        return None
    return digest if (stat.st_size, stat.st_mtime_ns) == (file["size"], file["mtime_ns"]) else None


def _explain(connection: Connection, run_id: str, claimed: list[inbound.Inbound]) -> None:
    listed = [{"id": row.id, "kind": row.kind, "uri": row.uri, "attempt": row.attempts} for row in claimed]
    connection.execute(
        text("update ops.run set reason = reason || cast(:told as jsonb) where run_id = :run_id"),
        {"run_id": run_id, "told": dumps({"inbound": listed})},
    )
