"""What every command shares: the settings, and errors in one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import typer
from psycopg.errors import UndefinedTable
from sqlalchemy.exc import SQLAlchemyError

from connectors.core.errors import ConnectorError
from traforo.report import console, plain
from traforo.settings import Settings, load_settings


class Language(StrEnum):
    """Languages in which a command explains things."""

    FR = "fr"
    IT = "it"
    EN = "en"


class State:
    """Options given before the command."""

    home: Path | None = None
    config: Path | None = None
    debug: bool = False


def settings() -> Settings:
    """Settings of this call: the environment, and the options given before the command."""
    loaded = load_settings()
    if State.home:
        loaded = replace(loaded, home=State.home.resolve())
    if State.config:
        loaded = replace(loaded, config=State.config.resolve())
    return loaded


# What PostgreSQL says before the first `traforo db upgrade`: no such database, or a role it does not know.
_NOT_SET_UP = ('database "traforo" does not exist', 'authentication failed for user "traforo_')
EXPECTED = (ConnectorError, LookupError, RuntimeError, ValueError, OSError, SQLAlchemyError)


@contextmanager
def clear_errors() -> Iterator[None]:
    """An error a person can act on becomes one line and exit code 1; the traceback comes with ``--debug``."""
    try:
        yield
    except typer.Exit:
        raise  # typer's own way out, a RuntimeError by birth
    except EXPECTED as error:
        if State.debug:
            raise
        cause = getattr(error, "orig", None) or error
        message = str(cause).strip().splitlines()
        if isinstance(cause, UndefinedTable) or any(sign in str(cause) for sign in _NOT_SET_UP):
            message = ["the warehouse is not set up yet; run 'traforo db upgrade', or 'traforo run' for everything"]
        shown = plain(message[0] if message else type(error).__name__)
        console.print(f"[red]error:[/] {shown}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
