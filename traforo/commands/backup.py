"""``traforo backup`` and ``traforo restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from traforo import pipeline
from traforo.commands.context import clear_errors, settings
from traforo.report import console
from warehouse import backup as backups


def backup(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    landing: Annotated[bool, typer.Option(help="Take the landing along, for replays.")] = True,
) -> None:
    """Write the warehouse, and the bytes as they came, to one file. Everything may go on running.

    Passwords and signing secrets are not in it: keep secrets.json of the state folder apart.
    """
    with clear_errors():
        current = settings()
        with pipeline.cluster_of(current) as cluster:
            done = backups.backup(cluster, file, current.landing if landing else None)
        size = file.stat().st_size
        console.print(f"{len(done.sums)} tables, {done.rows:,} rows, {size:,} bytes: {file}", highlight=False)


def restore(file: Annotated[Path, typer.Argument(help="A backup.")]) -> None:
    """Replace the warehouse by a backup, proved table by table; on any doubt the one of before stays.

    Nothing may be running (make down). Publish the files again afterwards with: traforo publish.
    """
    with clear_errors():
        current = settings()
        with pipeline.cluster_of(current) as cluster:
            done = backups.restore(cluster, file, current.landing)
        pipeline.upgrade_database(current)
        console.print(f"{len(done.sums)} tables, {done.rows:,} rows as of {done.created_at}: the same sums came back")
