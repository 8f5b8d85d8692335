"""Passwords generated on first start, kept in one file that only its owner can read."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_NAME = "secrets.json"


def secret(home: Path, name: str) -> str:
    """The secret called ``name``, generated (192 bits, URL-safe) if it does not exist yet.

    The file ``<home>/secrets.json`` has mode 600 from its first byte and is replaced by rename, so a reader
    never sees half of it.

    Raises:
        PermissionError: the file can be read by others; it must be repaired by hand, because what it holds
            may be known already.
    """
    path = home / FILE_NAME
    values = _read(path)
    if name not in values:
        with _lock(home):
            values = _read(path)
            if name not in values:
                _write(path, {**values, name: secrets.token_urlsafe(24)})
                values = _read(path)
    return values[name]


def valid_secrets(home: Path, name: str) -> list[str]:
    """Every secret that is valid under ``name``, the newest first; empty if there is none. Nothing is generated."""
    values = _read(home / FILE_NAME)
    found = [(_generation(key, name), value) for key, value in values.items()]
    return [value for number, value in sorted(found, reverse=True) if number]


def rotate(home: Path, name: str) -> str:
    """Generate a further secret under ``name``; the ones before stay valid until ``retire``."""
    with _lock(home):
        values = _read(home / FILE_NAME)
        number = max((_generation(key, name) for key in values), default=0) + 1
        key = name if number == 1 else f"{name}#{number}"
        values[key] = secrets.token_urlsafe(24)
        _write(home / FILE_NAME, values)
    return values[key]


def retire(home: Path, name: str, *, keep: int = 1) -> int:
    """Remove all secrets under ``name`` but the newest ``keep``; returns how many were removed."""
    with _lock(home):
        values = _read(home / FILE_NAME)
        keys = sorted((key for key in values if _generation(key, name)), key=lambda key: _generation(key, name))
        dropped = keys[: max(0, len(keys) - keep)]
        _write(home / FILE_NAME, {key: value for key, value in values.items() if key not in dropped})
    return len(dropped)


def _generation(key: str, name: str) -> int:
    """1 for the first secret of a name, 2 for the next …, 0 for a secret of another name."""
    if key == name:
        return 1
    base, _, number = key.rpartition("#")
    return int(number) if base == name and number.isdigit() else 0


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """One writer at a time; the kernel frees the lock when its holder dies."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / f".{FILE_NAME}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by other users; set mode 600 and rotate the passwords in it")
    values: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(values, stream, indent=1)
    temporary.replace(path)
