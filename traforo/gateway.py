"""The connection of processes that serve or watch: as gateway, kept open, and never the one to start a server."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Engine

from traforo.settings import Settings
from warehouse.cluster import Cluster, embedded_cluster, external
from warehouse.embedded import running_port


class Gateway:
    """One engine as gateway, opened at the first use and again after the server came back on another port.

    Args:
        settings: gives the settings at each use.
    """

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._address: tuple[str, int] | None = None
        self._engine: Engine | None = None

    def engine(self) -> Engine:
        """The engine.

        Raises:
            ConnectionError: the embedded server does not run; this process is not the one to start it.
        """
        with self._lock:
            cluster = _cluster(self._settings())
            if self._engine is None or self._address != (cluster.host, cluster.port):
                if self._engine is not None:
                    self._engine.dispose()
                self._engine, self._address = cluster.engine("gateway"), (cluster.host, cluster.port)
            return self._engine


def _cluster(settings: Settings) -> Cluster:
    if settings.database_url:
        return external(settings.home, settings.database_url)
    port = running_port(settings.home)
    if port is None:
        raise ConnectionError("the embedded PostgreSQL does not run")
    return embedded_cluster(settings.home, port)
