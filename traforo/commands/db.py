"""``traforo db``: the warehouse server."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from traforo.commands.context import clear_errors, settings
from traforo.pipeline import upgrade_database
from traforo.report import console
from warehouse import embedded
from warehouse.cluster import ROLES, Cluster, Role, connect_cluster, embedded_cluster, external

app = typer.Typer(no_args_is_help=True, help="The warehouse server: start, stop, connect, upgrade.")
RoleOption = Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}. BI tools use 'reader'.")]


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL, bring it up to date and leave it running."""
    with clear_errors():
        cluster = _running()
        revision = upgrade_database(settings())
        console.print(
            f"PostgreSQL answers on {cluster.host}:{cluster.port}, database {cluster.database}, at {revision}"
        )


@app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL."""
    with clear_errors():
        console.print("stopped" if embedded.stop(settings().home) else "was not running")


@app.command()
def destroy(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the embedded PostgreSQL with everything in it. 'traforo backup' keeps what you may need."""
    with clear_errors():
        if not yes:
            typer.confirm(f"Delete the warehouse of {settings().home}?", abort=True)
        console.print("deleted" if embedded.destroy(settings().home) else "there was none")


@app.command()
def upgrade() -> None:
    """Create or update roles, databases, migrations and raw tables. Safe to repeat."""
    with clear_errors():
        console.print(f"at revision {upgrade_database(settings())}")


@app.command()
def url(role: RoleOption = "reader") -> None:
    """Print the connection URL of a role; starts the embedded server if it does not run.

    A BI tool needs host, port, database, user and password: all are in the URL. Readers see the schemas
    traforo_v1 (tables of the interface) and bi (star).
    """
    with clear_errors():
        typer.echo(_running().dsn(_role(role)))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, role: RoleOption = "reader") -> None:
    """Open psql as a role; further arguments go to psql, e.g. traforo db psql -c 'select * from flow limit 5'."""
    with clear_errors():
        current = settings()
        checked = _role(role)
        with connect_cluster(current.home, current.database_url) as cluster:
            environment = {**os.environ, "PGPASSWORD": cluster.password(checked), "PGSSLMODE": cluster.sslmode}
            target = cluster.url(checked)
            done = subprocess.run(  # noqa: S603 - the wheel's own psql
                [
                    str(embedded.binary(current.home, "psql")), "-h", cluster.host, "-p", str(cluster.port),
                    "-U", str(target.username), "-d", str(target.database), *context.args,
                ],
                check=False, env=environment,
            )  # fmt: skip
    sys.exit(done.returncode)


def _running() -> Cluster:
    current = settings()
    if current.database_url:
        return external(current.home, current.database_url)
    port, _ = embedded.start(current.home)
    return embedded_cluster(current.home, port)


def _role(name: str) -> Role:
    for role in ROLES:
        if role == name:
            return role
    raise ValueError(f"no role '{name}'; one of {', '.join(ROLES)}")
