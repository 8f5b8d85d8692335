"""``traforo erase``: a person's data, everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from traforo.commands.context import clear_errors, settings
from traforo.erasure import erase_person
from traforo.report import console, table


def erase(
    match: Annotated[
        list[str] | None,
        typer.Option(help="Full name, e-mail address or number; may be repeated. Asked for if missing."),
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Number of the request, kept in the record. No name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person's data: landing, raw, rejects, releases, files, feed, logs; tell subscribers; keep it out.

    Without --match the names are asked for, so that they stand in no shell history. Look first with --dry-run.
    """
    with clear_errors():
        called = match or _ask()
        if not dry_run and not yes:
            typer.confirm("This cannot be undone. Go on?", abort=True)
        done = erase_person(settings(), called, reference, dry_run=dry_run)
        rows = [["rows in " + name, count] for name, count in sorted(done.tables.items())]
        rows += [
            ["landed runs removed", len(done.landing)], ["folders of files removed", len(done.releases)],
            ["logs and documents cleaned", len(done.texts)], ["published entities changed", len(done.subjects)],
        ]  # fmt: skip
        console.print(table("Would be erased" if dry_run else f"Erasure {done.erasure_id}", ["where", "count"], rows))
        for path in done.inbox:
            console.print(f"[yellow]still there[/] {path}: a dropped file; its owner has to take it away")
        if not dry_run:
            console.print("Write the files of the live release again with: traforo publish. Backups: see the how-to.")


def _ask() -> list[str]:
    called = []
    while name := typer.prompt("Full name, e-mail or number (empty: no more)", default="", show_default=False):
        called.append(str(name))
    return called
