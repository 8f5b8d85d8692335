"""What lies in a source's drop folder, as the triggerer sees it: names, sizes and times, nothing is opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TypedDict

from connectors.core.errors import BadConfig
from traforo.settings import Settings

# A writer's own temporary names: hidden files, Office's lock files, unfinished copies and downloads.
_UNFINISHED_PREFIXES = (".", "~$")
_UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart")


class Dropped(TypedDict):
    r"""One file of the inbox: path inside it, size in bytes, time of the last change in ns since 1970.

    Bytes of a path that are no UTF-8 are written ``\xe9``, because neither JSON nor PostgreSQL takes them.
    """

    path: str
    size: int
    mtime_ns: int


def has_inbox(settings: Settings, source_id: str) -> bool:
    """Whether this deployment reads the source from a drop folder."""
    return bool(settings.source(source_id).options.get("inbox"))


def inbox_signature(settings: Settings, source_id: str) -> list[Dropped]:
    """The finished files of the source's inbox, sorted by path; equal signatures mean that nothing was dropped.

    Raises:
        BadConfig: the source has no inbox, or it is not a folder.
    """
    return [dropped for _path, dropped in dropped_files(settings, source_id)]


def dropped_files(settings: Settings, source_id: str) -> list[tuple[Path, Dropped]]:
    """The same with the place of each file.

    Raises:
        BadConfig: the source has no inbox, or it is not a folder.
    """
    option = settings.source(source_id).options.get("inbox")
    if not option or not Path(str(option)).is_dir():
        raise BadConfig(f"options.inbox '{option or ''}' is not a folder", source=source_id, rule="inbox")
    inbox, found = Path(str(option)), list[tuple[Path, Dropped]]()
    for path in sorted(inbox.rglob("*")):
        name = path.name.lower()
        if name.startswith(_UNFINISHED_PREFIXES) or name.endswith(_UNFINISHED_SUFFIXES):
            continue
        try:
            entry = path.lstat()
        except FileNotFoundError:  # taken away between the listing and the look
            continue
        if stat.S_ISREG(entry.st_mode):  # a link could lead out of the inbox
            shown = os.fsencode(path.relative_to(inbox).as_posix()).decode("utf-8", "backslashreplace")
            found.append((path, Dropped(path=shown, size=entry.st_size, mtime_ns=entry.st_mtime_ns)))
    return found
