"""``traforo rejects``: records that could not be taken in, and why."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import text

from traforo.commands.context import clear_errors, settings
from traforo.pipeline import engine_of
from traforo.report import console, table

app = typer.Typer(no_args_is_help=True, help="Records that could not be taken in: list, show, export.")
SourceOption = Annotated[str | None, typer.Option(help="Only this source.")]
_SELECT = (
    "select id, source, stream, part, position, record_key, errors, payload, to_char(created_at, 'YYYY-MM-DD HH24:MI')"
    " as since from ops.reject where status = 'open' and (cast(:source as text) is null or source = :source)"
    " order by id"
)


def _open_rejects(source: str | None) -> list[dict[str, Any]]:
    with engine_of(settings(), "loader") as engine, engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(_SELECT), {"source": source}).mappings()]


@app.command("list")
def list_(source: SourceOption = None, limit: Annotated[int, typer.Option(help="Rows shown.")] = 50) -> None:
    """Open rejects: where the record stands, what is wrong with it."""
    with clear_errors():
        rows = _open_rejects(source)
        shown = [
            [str(row["id"]), f"{row['source']}.{row['stream']}", f"{row['part']} {row['position']}",
             "; ".join(f"{e['field']} = {e['value']!r}: {e['message']}" for e in row["errors"])]
            for row in rows[:limit]
        ]  # fmt: skip
        console.print(table(f"Open rejects: {len(rows)}", ["id", "source", "place", "errors"], shown))


@app.command()
def show(reject_id: int) -> None:
    """One reject whole: every error, and the record as it came."""
    with clear_errors():
        for row in _open_rejects(None):
            if row["id"] == reject_id:
                console.print_json(json.dumps(row, ensure_ascii=False, default=str))
                return
        raise LookupError(f"no open reject {reject_id}")


@app.command()
def export(file: Annotated[Path, typer.Argument(help="CSV file to write.")], source: SourceOption = None) -> None:
    """Write open rejects as CSV (one line an error) for the people who own the source."""
    with clear_errors():
        rows = _open_rejects(source)
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow(["id", "source", "stream", "file", "position", "key", "field", "value", "rule", "message"])
            for row in rows:
                for error in row["errors"]:
                    cells = [row["id"], row["source"], row["stream"], row["part"], row["position"], row["record_key"],
                             error["field"], error["value"], error["rule"], error["message"]]  # fmt: skip
                    writer.writerow([_inert(cell) for cell in cells])
        console.print(f"{len(rows)} records written to {file}")


def _inert(cell: Any) -> Any:
    """A cell that a spreadsheet will not run as a formula (OWASP ASVS 1.2.10)."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return cell
