"""A folder into which people or other systems drop files: which of them are complete and safe to read.

Files are never moved or deleted here. What has been loaded already is recognised by its hash, so a file that
stays in the inbox, comes back under another name or is dropped twice does no harm.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unidecode import unidecode

from connectors.core.errors import BadConfig

UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".filepart", ".download")
_CHUNK = 1 << 20
_NAME_LENGTH = 80


def claim_files(
    inbox: Path,
    patterns: Sequence[str] = ("*",),
    quiet_seconds: float = 5.0,
    *,
    now: Callable[[], float] = time.time,
) -> list[Path]:
    """Files of ``inbox`` that are complete and may be read, oldest first.

    A file appears complete by an atomic rename, or it is quiet: neither its content nor its directory entry
    changed for ``quiet_seconds``. A modification time in the future is the sender's (a copy keeps it): then the
    time of the entry alone counts, which is this machine's. Left out: unfinished downloads (``.part``, ``.tmp``…),
    hidden files and office lock files (``~$…``), links, folders, devices, files that are still being written.

    Args:
        inbox: the folder; sub-folders are not looked into.
        patterns: shell patterns of the file name, letter case ignored.
        quiet_seconds: how long a file must have been left alone; 0 for senders that rename atomically.
        now: clock, seconds since the epoch.

    Raises:
        BadConfig: ``inbox`` is not a folder that can be read.
    """
    try:
        entries = list(os.scandir(inbox))
    except OSError as error:
        raise BadConfig(f"inbox cannot be read: {error.strerror}", where=str(inbox), rule="inbox_unreadable") from error
    found: list[tuple[int, str, Path]] = []
    for entry in entries:
        if not _is_wanted(entry.name, patterns):
            continue
        try:
            info = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # taken away since the listing
            continue
        # A change of the entry (ctime) covers a copy that keeps the sender's old modification time.
        changed = max(info.st_mtime, info.st_ctime) if info.st_mtime <= now() else info.st_ctime
        age = now() - changed
        if stat.S_ISREG(info.st_mode) and (age >= quiet_seconds or quiet_seconds <= 0):
            found.append((info.st_mtime_ns, entry.name, Path(entry.path)))
    return [path for _, _, path in sorted(found)]


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    lowered = name.lower()
    if name.startswith((".", "~$")) or lowered.endswith(UNFINISHED):
        return False
    return any(fnmatch.fnmatchcase(lowered, pattern.lower()) for pattern in patterns)


def read_unchanged(path: Path, max_bytes: int) -> bytes:
    """The bytes of a claimed file, read without following a link.

    Raises:
        BlockingIOError: the file changed while it was read; it is not complete yet.
        OSError: it cannot be opened, or is a link by now.
        ValueError: it is larger than ``max_bytes``.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        before = os.fstat(stream.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError(f"{path.name} is not a regular file")
        if before.st_size > max_bytes:
            raise ValueError(f"{path.name} has {before.st_size} bytes, at most {max_bytes}")
        body = b"".join(_chunks(stream.read, max_bytes))
        after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(body) != after.st_size:
        raise BlockingIOError(f"{path.name} changed while it was read")
    return body


def _chunks(read: Callable[[int], bytes], most: int) -> Iterator[bytes]:
    size = 0
    while size <= most and (chunk := read(_CHUNK)):
        size += len(chunk)
        yield chunk


def safe_name(name: str, body: bytes) -> str:
    """Name for the landing: 16 digits of the content's hash, then what is readable of ``name`` in ASCII.

    The hash alone makes it unique and keeps ``../``, control characters and look-alike letters from meaning
    anything; the rest is for people.
    """
    stem, dot, extension = shown_name(Path(name).name).rpartition(".")
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", unidecode(stem if dot else extension)).strip("-_")
    suffix = re.sub(r"[^a-z0-9]", "", extension.lower())[:5] if dot else ""
    digest = hashlib.sha256(body).hexdigest()[:16]
    return f"{digest}-{readable[:_NAME_LENGTH] or 'file'}" + (f".{suffix}" if suffix else "")


def shown_name(name: str) -> str:
    """``name`` for tables and messages: NFC, undecodable bytes and control characters as U+FFFD."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)
