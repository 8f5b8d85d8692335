"""Brings a server up to date: roles and databases, then Alembic, then one raw table per declared stream."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from warehouse.cluster import Cluster
from warehouse.operations import Declared, comment, declare
from warehouse.roles import ensure_databases

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def upgrade(cluster: Cluster, streams: Iterable[Declared]) -> str:
    """Create or update everything in the warehouse that is not built by dbt.

    Args:
        cluster: the server.
        streams: what the connectors declare; each needs a raw table.

    Returns:
        The Alembic revision the database is at.
    """
    ensure_databases(cluster)
    engine = cluster.engine("owner")
    with engine.connect() as connection:
        # Two upgrades at once: the second waits and then finds nothing to do.
        connection.execute(text("select pg_advisory_lock(724002)"))
        connection.execute(text("create schema if not exists ops"))
        connection.commit()
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        declared = list(streams)
        for source, stream, _ in declared:
            connection.execute(text("select ops.create_stream(:source, :stream)"), {"source": source, "stream": stream})
        declare(connection, declared)
        comment(connection)
        connection.commit()
        revision = MigrationContext.configure(connection, opts={"version_table_schema": "ops"}).get_current_revision()
        connection.execute(text("select pg_advisory_unlock(724002)"))
        connection.commit()
    engine.dispose()
    return revision or ""
