"""Tables for people: what a run did, and how things stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, text

from traforo.settings import Settings
from warehouse.release import live_release

_LOG_WIDTH = 140
console = Console()
if not console.is_terminal:
    console = Console(width=_LOG_WIDTH)  # a log file has room for whole words
_MARK = {True: "[green]yes[/]", False: "[red]no[/]"}
_COLOUR = {"failed": "red", "held": "yellow", "loaded": "green", "unchanged": "cyan", "published": "green"}


def coloured(outcome: str | None) -> str:
    """An outcome in its colour."""
    shown = outcome or "running"
    colour = _COLOUR.get(shown)
    return f"[{colour}]{shown}[/]" if colour else shown


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table; numbers are right-aligned."""
    result = Table(title=title, title_justify="left", header_style="bold")
    for position, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[position], int | None) for row in rows)
        result.add_column(name, justify="right" if numeric else "left")
    for row in rows:
        result.add_row(
            *("" if value is None else f"{value:,}" if isinstance(value, int) else str(value) for value in row)
        )
    return result


def print_sources(engine: Engine) -> None:
    """The last run of every stream: fetched, landed, loaded, rejected, unchanged."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select distinct on (l.source, l.stream) l.source || '.' || l.stream, l.parts, l.bytes, l.read,"
                " l.inserted + l.updated, l.unchanged, l.rejected, l.deleted, l.outcome, l.error"
                " from ops.load l order by l.source, l.stream, l.started_at desc"
            )
        ).all()
    shown = [[*row[:8], coloured(row[8])] for row in rows]
    columns = ["source", "fetched", "bytes landed", "read", "loaded", "unchanged", "rejected", "deleted", "outcome"]
    console.print(table("Sources", columns, shown))
    for row in rows:
        if row[9]:
            console.print(f"[red]{row[0]}[/]: {row[9]}", highlight=False)


def print_release(engine: Engine, settings: Settings) -> None:
    """The live release: rows by table, checks, and where files and Data Docs lie."""
    with engine.connect() as connection:
        live = live_release(connection)
        if live is None:
            console.print("[yellow]Nothing is published yet.[/]")
            return
        checks = _checks(connection, live.release_id)
    console.print(
        table(f"Published tables · release {live.release_id}", ["table", "rows"], sorted(live.row_counts.items()))
    )
    console.print(f"Checks: {checks[0]} passed, {checks[1]} failed")
    console.print(f"Files:     {settings.published / live.release_id}", highlight=False, soft_wrap=True)
    console.print(f"Site:      {settings.published / live.release_id / 'index.html'}", highlight=False, soft_wrap=True)
    console.print(f"Data Docs: {settings.data_docs}", highlight=False, soft_wrap=True)


def _checks(connection: Connection, release_id: str) -> tuple[int, int]:
    """Expectations of the release and of the last judged batch of every source."""
    row = connection.execute(
        text(
            "with judged as (select distinct on (r.source) r.run_id from ops.run r"
            "  join ops.expectation_result e using (run_id) order by r.source, r.started_at desc)"
            " select count(*) filter (where success), count(*) filter (where not success) from ops.expectation_result"
            " where release_id = :id or run_id in (select run_id from judged)"
        ),
        {"id": release_id},
    ).one()
    return int(row[0]), int(row[1])


def print_status(engine: Engine) -> None:
    """Freshness of every source, open rejects, held batches."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select s.source || '.' || s.stream, s.rows, to_char(s.last_good_at, 'YYYY-MM-DD HH24:MI'),"
                " (select count(*) from ops.reject j where j.source = s.source and j.stream = s.stream"
                "  and j.status = 'open'), s.last_run_id, coalesce(s.error, '')"
                " from ops.source_state s order by 1"
            )
        ).all()
        held = connection.execute(
            text("select run_id, source, error from ops.run where outcome = 'held' order by started_at desc limit 10")
        ).all()
    columns = ["source", "rows", "last good (UTC)", "open rejects", "last run", "error"]
    console.print(table("Status", columns, [list(row) for row in rows]))
    for run_id, source, error in held:
        console.print(f"[yellow]held[/] {source} run {run_id}: {error}\n  release it with: traforo approve {run_id}")
