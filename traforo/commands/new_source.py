"""``traforo new-source``: the files of another source, ready to be filled in."""

from __future__ import annotations

from typing import Annotated

import typer

from traforo.commands.context import clear_errors
from traforo.report import console, table
from traforo.scaffold.new_source import create
from traforo.settings import PROJECT

_NEXT = """Next:
  1. connectors/{0}/source.yml: address, hosts, licence, assertions. README.md: what is known of it.
  2. schemas/sources/{0}.py and the staging model: the fields that it really sends.
  3. models/intermediate/mapped/{0}: codes through mapping tables, then a line in a union (models/intermediate/unioned).
  4. make generate, make test-quick, make lint. No DAG line and no migration: both find source.yml."""


def new_source(
    name: Annotated[str, typer.Argument(help="Id of the source: lower-case letters, digits, underscores.")],
    stream: Annotated[str, typer.Option(help="Name of its first stream.")] = "records",
    title: Annotated[str | None, typer.Option(help="Its name for people.")] = None,
    country: Annotated[str, typer.Option(help="FR, IT or EU.")] = "EU",
    language: Annotated[str, typer.Option(help="Language of its texts (ISO 639-1), 'und' where mixed.")] = "und",
) -> None:
    """Write the files of a new source: connector, contract, dbt models, fixture and test, all working.

    It starts as a paged JSON listing with a synthetic fixture; its tests pass before anything is filled in.
    """
    with clear_errors():
        written = create(PROJECT, name, stream=stream, title=title or name, country=country, language=language)
        shown = [[str(w.path), w.lines, "new" if w.is_new else "line added"] for w in written]
        console.print(table(f"Source {name}", ["file", "lines", ""], shown))
        console.print(_NEXT.format(name), highlight=False, markup=False)
