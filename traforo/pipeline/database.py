"""Connections of the pipeline's steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from connectors.core.registry import source_ids
from traforo.settings import Settings
from warehouse.cluster import Cluster, Role, connect_cluster
from warehouse.migrate import upgrade
from warehouse.operations import Declared


@contextmanager
def cluster_of(settings: Settings) -> Iterator[Cluster]:
    """The configured server; the embedded one is started for the time of the block if it does not run."""
    with connect_cluster(settings.home, settings.database_url) as cluster:
        yield cluster


@contextmanager
def engine_of(settings: Settings, role: Role) -> Iterator[Engine]:
    """An engine as ``role``, disposed of at the end."""
    with cluster_of(settings) as cluster:
        engine = cluster.engine(role)
        try:
            yield engine
        finally:
            engine.dispose()


def declared_streams() -> list[Declared]:
    """``(source, stream, hours after which it is stale)`` of everything the connectors declare."""
    sources = [Settings(Path()).source(source_id) for source_id in source_ids()]
    return [(source.id, stream.name, source.stale_after_hours) for source in sources for stream in source.streams]


def upgrade_database(settings: Settings) -> str:
    """Roles, databases, migrations, raw tables; returns the revision. Safe to repeat."""
    with cluster_of(settings) as cluster:
        return upgrade(cluster, declared_streams())
