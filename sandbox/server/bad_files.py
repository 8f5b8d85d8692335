"""Faults of a drop folder: a file that is cut, empty, or something else than its name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

NAME = "zz_bad_export.xlsx"


def _half(inbox: Path) -> bytes:
    whole = next(path for path in sorted(inbox.glob("*.xlsx")) if path.name != NAME).read_bytes()
    return whole[: len(whole) // 2]


BAD_FILES: dict[str, Callable[[Path], bytes]] = {
    "truncate": _half,
    "empty": lambda _inbox: b"",
    "html": lambda _inbox: b"<html><body><h1>Session expir\xe9e</h1></body></html>",
}
"""Kind of fault → content of the file."""


def drop_bad_file(inbox: Path, kind: str) -> None:
    """Drop a bad file beside the good ones, in one step."""
    draft = inbox.parent / (NAME + ".part")
    draft.write_bytes(BAD_FILES[kind](inbox))
    draft.replace(inbox / NAME)


def remove_bad_file(inbox: Path) -> None:
    """Take the bad file away again, if it is still there."""
    (inbox / NAME).unlink(missing_ok=True)
