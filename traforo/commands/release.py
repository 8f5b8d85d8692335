"""``traforo release``: what readers see, and what they saw."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from sqlalchemy import text

from traforo import pipeline, verdicts
from traforo.commands.context import clear_errors, settings
from traforo.report import coloured, console, table
from warehouse.outbox import stale_streams
from warehouse.release import live_release
from warehouse.verdicts import publication_hold

app = typer.Typer(no_args_is_help=True, help="Releases: list, compare, hold, approve, roll back.")
By = Annotated[str, typer.Option("--by", help="Who decides.", default_factory=getpass.getuser)]
Why = Annotated[str, typer.Option("--why", help="Reason, kept with the decision.")]


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
        held = publication_hold(connection)
        if held:
            console.print(f"[yellow]publication is on {held}[/]\n  end it with: traforo release lift --why …")
        live = live_release(connection)
        for stream in stale_streams(connection, live.schema) if live else []:
            console.print(f"[yellow]stale[/] {stream}: its rows are the last good ones")


@app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Release to return to; the one before by default.")] = None,
) -> None:
    """Make an older release live again, then publish its files with: traforo publish."""
    with clear_errors():
        result = pipeline.rollback(settings(), release_id)
        console.print(f"release {result.release_id} is live")


@app.command()
def diff(
    new: Annotated[str, typer.Argument(help="Release to look at.")],
    old: Annotated[str | None, typer.Argument(help="Release to compare with; the live one by default.")] = None,
    entities: Annotated[str | None, typer.Option("--table", help="Name the entities of this table.")] = None,
) -> None:
    """How a release differs from another: rows by table, entities added, changed and removed."""
    with clear_errors():
        found = verdicts.diff(settings(), old, new)
        shown = []
        for name, (before, after) in found.rows.items():
            change = found.changes.get(name)
            counts = [change.added, change.changed, change.removed] if change else [None] * 3
            if before != after or change:
                shown.append([name, before, after, *counts])
        columns = ["table", found.old, found.new, "added", "changed", "removed"]
        console.print(table(f"{found.old} → {found.new}", columns, shown))
        if entities:
            for kind, entity in verdicts.diff_entities(settings(), found.old, found.new, entities):
                console.print(f"{kind} {entity}", highlight=False)


@app.command()
def hold(
    why: Why,
    by: By,
    release_id: Annotated[str | None, typer.Argument(help="Release that waits; all publication by default.")] = None,
) -> None:
    """Hold a release, or all publication: what is built meanwhile waits for 'approve'."""
    with clear_errors():
        verdicts.hold(settings(), release_id, by, why)
        console.print(f"{f'release {release_id}' if release_id else 'publication'} is on hold")


@app.command()
def lift(why: Why, by: By) -> None:
    """Let new releases be published again."""
    with clear_errors():
        verdicts.lift(settings(), by, why)
        console.print("releases are published again; what was held waits for 'traforo release approve'")


@app.command()
def approve(
    release_id: Annotated[str, typer.Argument(help="A held release.")],
    why: Why,
    by: By,
    older: Annotated[bool, typer.Option("--older", help="Although a newer release is live.")] = False,
) -> None:
    """Publish a held release after you have looked at it, then its files with: traforo publish."""
    with clear_errors():
        result = verdicts.approve(settings(), release_id, by, why, older=older)
        console.print(f"release {result.release_id} is live")
