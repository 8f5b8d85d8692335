"""Which PostgreSQL is used, and how each role connects to it.

The embedded server by default; any server (version 15 or newer) by ``TRAFORO_DATABASE_URL``, whose user must be
allowed to create roles and databases on the first ``traforo db upgrade``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL

from warehouse import embedded
from warehouse.secrets import secret

Role = Literal["owner", "loader", "transformer", "publisher", "gateway", "reader", "finance", "airflow"]
ROLES: tuple[Role, ...] = ("owner", "loader", "transformer", "publisher", "gateway", "reader", "finance", "airflow")
DATABASE = "traforo"
AIRFLOW_DATABASE = "traforo_airflow"


def role_name(role: Role) -> str:
    """Name of the role in PostgreSQL."""
    return f"traforo_{role}"


@dataclass(frozen=True)
class Cluster:
    """A reachable PostgreSQL server and the passwords of its roles.

    Attributes:
        home: state folder, which holds the passwords of the roles.
        admin_user, admin_password, admin_database: who creates roles and databases.
        database: name of the warehouse database.
        sslmode: libpq's sslmode, ``disable`` only for the embedded server on loopback.
    """

    home: Path
    host: str
    port: int
    admin_user: str
    admin_password: str
    admin_database: str
    database: str
    sslmode: str

    def password(self, role: Role) -> str:
        """The role's password."""
        return secret(self.home, role_name(role))

    def url(self, role: Role, driver: str = "psycopg") -> URL:
        """SQLAlchemy URL of the warehouse (of Airflow's metadata for the role ``airflow``)."""
        database = AIRFLOW_DATABASE if role == "airflow" else self.database
        query = {} if driver == "asyncpg" else {"sslmode": self.sslmode}
        return URL.create(
            f"postgresql+{driver}",
            role_name(role),
            self.password(role),
            self.host,
            self.port,
            database,
            query,
        )

    def admin_url(self, database: str | None = None) -> URL:
        """SQLAlchemy URL of the administrator, autocommit expected."""
        return URL.create(
            "postgresql+psycopg", self.admin_user, self.admin_password, self.host, self.port,
            database or self.admin_database, {"sslmode": self.sslmode},
        )  # fmt: skip

    def dsn(self, role: Role) -> str:
        """URL for libpq: psql, BI tools and drivers outside Python."""
        database = AIRFLOW_DATABASE if role == "airflow" else self.database
        user, password = quote(role_name(role)), quote(self.password(role), safe="")
        return f"postgresql://{user}:{password}@{self.host}:{self.port}/{database}?sslmode={self.sslmode}"

    def engine(self, role: Role) -> Engine:
        """An engine that connects as ``role``; the caller disposes of it."""
        return create_engine(
            self.url(role), pool_size=2, max_overflow=4,
            connect_args={"connect_timeout": 10, "application_name": f"traforo {role}"},
        )  # fmt: skip


def external(home: Path, database_url: str) -> Cluster:
    """The server that ``TRAFORO_DATABASE_URL`` names.

    Raises:
        ValueError: the URL is not a PostgreSQL URL with user, host and database.
    """
    parts = urlsplit(database_url)
    name = parts.path.lstrip("/")
    if parts.scheme not in ("postgresql", "postgres") or not (parts.hostname and parts.username and name):
        raise ValueError("TRAFORO_DATABASE_URL must look like postgresql://user:password@host:5432/database")
    sslmode = dict(item.split("=", 1) for item in parts.query.split("&") if "=" in item).get("sslmode", "prefer")
    user, password = unquote(parts.username), unquote(parts.password or "")
    return Cluster(home, parts.hostname, parts.port or 5432, user, password, name, name, sslmode)


def embedded_cluster(home: Path, port: int) -> Cluster:
    """The embedded server of ``home`` that answers on ``port``."""
    password = secret(home, embedded.SUPERUSER)
    return Cluster(home, "127.0.0.1", port, embedded.SUPERUSER, password, "postgres", DATABASE, "disable")


@contextmanager
def connect_cluster(home: Path, database_url: str | None = None) -> Iterator[Cluster]:
    """The configured server, started for the time of the block if it is the embedded one and does not run.

    A server started here shuts down at the end of the block, or when this process dies.
    """
    if database_url:
        yield external(home, database_url)
        return
    port, started = embedded.start(home, tied_to_caller=True)
    owner = os.getpid()
    try:
        yield embedded_cluster(home, port)
    finally:
        if started and os.getpid() == owner:
            embedded.stop(home)
