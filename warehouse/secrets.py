"""Passwords generated on first start, kept in one file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
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
        values[name] = secrets.token_urlsafe(24)
        _write(path, values)
    return values[name]


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
