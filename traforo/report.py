"""Tables for people: what a run did, and how things stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, Engine, text

from traforo.problems import problems
from traforo.settings import Settings
from warehouse.release import live_release

_LOG_WIDTH = 140
console = Console()
if not console.is_terminal:
    console = Console(width=_LOG_WIDTH)  # a log file has room for whole words
_MARK = {True: "[green]yes[/]", False: "[red]no[/]"}
_COLOUR = {"failed": "red", "held": "yellow", "loaded": "green", "unchanged": "cyan", "published": "green"}


def plain(text: str) -> str:
    """A text from outside, to be printed as it is: no markup, and nothing that a terminal would obey."""
    shown = (c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\ufffd" for c in text)
    return escape("".join(shown))


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
            console.print(f"[red]{row[0]}[/]: {plain(row[9])}", highlight=False)


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


_STATUS = {
    "Sources": (
        "select source_id || '.' || stream_name, record_count, case when last_good_at is null then 'never read'"
        " when is_stale then 'STALE' else 'fresh' end, to_char(last_good_at, 'YYYY-MM-DD HH24:MI'), age_hours,"
        " stale_after_hours, open_reject_count, last_run_id from traforo_ops.source_freshness order by 1",
        ("source", "rows", "state", "last good (UTC)", "hours ago", "allowed", "open rejects", "last run"),
    ),
    "Last runs": (
        "select run_id, run_kind_code, coalesce(source_id, ''), run_cause_code, inbound_count,"
        " coalesce(run_outcome_code, 'running'), duration_s, read_count, loaded_count, rejected_count"
        " from traforo_ops.pipeline_run order by started_at desc, run_id desc limit 10",
        ("run", "kind", "source", "because of", "arrivals", "outcome", "seconds", "read", "loaded", "rejected"),
    ),
    "Queues": (
        "select queue_code, queue_name, waiting_count, failed_count, to_char(oldest_at, 'YYYY-MM-DD HH24:MI')"
        " from traforo_ops.work_queue where waiting_count + failed_count > 0 order by 1, 2",
        ("queue", "of", "waiting", "failed for good", "oldest (UTC)"),
    ),
}


def print_status(engine: Engine) -> None:
    """What the views ``traforo_ops`` show: freshness, last runs, queues, age of the live release; and what to do.

    Args:
        engine: connects as publisher, who may also read why something is held.
    """
    with engine.connect() as connection:
        for title, (query, columns) in _STATUS.items():
            rows = [list(row) for row in connection.execute(text(query))]
            if rows or title == "Sources":
                console.print(table(title, columns, rows))
        age = connection.execute(text("select age_hours from traforo_ops.release_history where is_live")).scalar()
        found = problems(connection)
    for problem in found:
        console.print(f"[yellow]{plain(problem.what)}[/]\n  {plain(problem.todo)}", highlight=False, soft_wrap=True)
    if age is not None:
        console.print(f"The live release is {age} hours old.", highlight=False)
