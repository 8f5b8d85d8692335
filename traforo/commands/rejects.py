"""``traforo rejects``: records that could not be taken in, why, and what becomes of them."""

from __future__ import annotations

import csv
import getpass
import json
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from publish.reject_texts import explain, headings, place
from traforo.commands.context import Language, clear_errors, settings
from traforo.pipeline import cluster_of, engine_of
from traforo.pipeline.rejects import replay_rejects
from traforo.report import coloured, console, plain, table
from warehouse import reject_store

# The wide forms too: spreadsheets with East Asian settings take them for the signs.
_FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n\0]")

app = typer.Typer(no_args_is_help=True, help="Records that could not be taken in: list, show, export, mend.")


class Status(StrEnum):
    """What became of a reject."""

    OPEN = "open"
    REPLAYED = "replayed"
    SUPERSEDED = "superseded"
    DISMISSED = "dismissed"
    ALL = "all"


SourceOption = Annotated[str | None, typer.Option(help="Only this source.")]
StreamOption = Annotated[str | None, typer.Option(help="Only this stream.")]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of the explanations.")]


@app.command("list")
def list_(
    source: SourceOption = None,
    stream: StreamOption = None,
    status: Annotated[Status, typer.Option(help="What became of them.")] = Status.OPEN,
    limit: Annotated[int, typer.Option(help="Rows shown.")] = 50,
    lang: LanguageOption = Language.EN,
) -> None:
    """Where each record stands and what is wrong with it."""
    with clear_errors(), engine_of(settings(), "loader") as engine:
        total = reject_store.count(engine, source=source, stream=stream, status=status.value)
        shown = [
            [str(row["id"]), f"{row['source']}.{row['stream']}", plain(f"{row['part']} {place(row['position'], lang)}"),
             plain("; ".join(explain(error, lang) for error in row["errors"]))]
            for row in reject_store.find(engine, source=source, stream=stream, status=status.value, limit=limit)
        ]  # fmt: skip
        console.print(table(f"Rejects ({status}): {total}", ["id", "source", "place", "errors"], shown))


@app.command()
def show(reject_id: int) -> None:
    """One reject whole: every error, the record as it came, what became of it."""
    with clear_errors(), engine_of(settings(), "loader") as engine:
        found = reject_store.get(engine, reject_id)
        console.print_json(json.dumps(found, ensure_ascii=False, default=str))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    source: SourceOption = None,
    stream: StreamOption = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Write open rejects as CSV, one line an error, for the people who own the source.

    UTF-8 with a mark and semicolons, so that a French or Italian spreadsheet opens it with a double click; no cell
    can run as a formula.
    """
    with clear_errors(), engine_of(settings(), "loader") as engine:
        written = write_csv(file, reject_store.find(engine, source=source, stream=stream), lang.value)
        console.print(f"{written} records written to {file}", highlight=False, soft_wrap=True)


def write_csv(file: Path, rows: Iterable[dict[str, Any]], language: str) -> int:
    """The rejects as a table, one line an error, explained in the language; returns how many there were."""
    written = 0
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(headings(language))
        for row in rows:
            for error in row["errors"]:
                cells = [row["id"], row["source"], row["stream"], row["part"], place(row["position"], language),
                         row["record_key"], error["field"], error["value"], error["rule"],
                         explain(error, language)]  # fmt: skip
                writer.writerow([inert(cell) for cell in cells])
            written += 1
    return written


def inert(cell: Any) -> Any:
    """A cell that a spreadsheet will not run as a formula (OWASP ASVS 1.2.10); numbers stay numbers."""
    return "'" + cell if isinstance(cell, str) and _FORMULA.match(cell) else cell


@app.command()
def replay(source: Annotated[str, typer.Argument(help="Source whose rejects are read again.")]) -> None:
    """Read the landings of open rejects again, after a mapping or a contract was mended; nothing is fetched."""
    with clear_errors():
        current = settings()
        with cluster_of(current):
            results = replay_rejects(current, source)
        if not results:
            console.print(f"{source}: no open reject")
        for result in results:
            console.print(f"{source} {result.run_id}: {coloured(result.outcome)}")
            for failure in result.failures:
                console.print(f"  {plain(failure)}", highlight=False)
        if any(result.outcome in ("held", "failed") for result in results):
            raise typer.Exit(1)


@app.command()
def dismiss(
    reject_ids: Annotated[list[int], typer.Argument(help="Ids as 'list' shows them.")],
    reason: Annotated[str, typer.Option(help="Why they need not come in; kept with each.")],
    by: Annotated[str | None, typer.Option(help="Who decides; you by default.")] = None,
) -> None:
    """Close rejects for good: the same records are not reported again."""
    with clear_errors(), engine_of(settings(), "loader") as engine:
        done = reject_store.dismiss(engine, reject_ids, by or getpass.getuser(), reason)
        console.print(f"{done} of {len(reject_ids)} dismissed")
