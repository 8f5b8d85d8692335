"""``traforo release``: what readers see, and what they saw."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import text

from traforo import pipeline
from traforo.commands.context import clear_errors, settings
from traforo.report import coloured, console, table

app = typer.Typer(no_args_is_help=True, help="Releases: list, roll back.")


@app.command("list")
def list_() -> None:
    """The last releases, newest first."""
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.connect() as connection:
        rows = connection.execute(
            text(
                "select release_id, status, to_char(published_at, 'YYYY-MM-DD HH24:MI'), checks_passed, checks_failed,"
                " coalesce(left(error, 120), '') from ops.release order by created_at desc limit 20"
            )
        ).all()
        shown = [[row[0], coloured(row[1]), *row[2:]] for row in rows]
        console.print(table("Releases", ["release", "status", "published (UTC)", "passed", "failed", "error"], shown))


@app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Release to return to; the one before by default.")] = None,
) -> None:
    """Make an older release live again, then publish its files with: traforo publish."""
    with clear_errors():
        result = pipeline.rollback(settings(), release_id)
        console.print(f"release {result.release_id} is live")
