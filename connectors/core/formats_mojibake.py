"""Undoes UTF-8 that a sender once read as cp1252: ``tempÃ©rature`` → ``température``.

Such text is stored that way in the source, so no choice of encoding mends it. Only sequences that are exactly
one UTF-8 character are undone; in French and Italian they mean nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def _byte(value: int) -> str:
    """The character that a byte becomes when read as cp1252; its five unused bytes pass through."""
    try:
        return bytes([value]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(value)


_BYTES = {_byte(value): value for value in range(0x80, 0x100)}
_TAIL = "[" + "".join(re.escape(_byte(value)) for value in range(0x80, 0xC0)) + "]"
# Two-byte characters of the Latin blocks (lead bytes C2, without control characters, to C5), three-byte punctuation
# (lead E2 80 to E2 84), and a lone Ã: the à whose second byte, a no-break space, was taken for a space.
_DAMAGED = re.compile(f"Â[\u00a0-\u00bf]|[ÃÄÅ]{_TAIL}|â[{_byte(0x80)}{_byte(0x82)}{_byte(0x84)}]{_TAIL}|Ã(?=\\s|$)")


def repair(text: str) -> str:
    """``text`` with doubly encoded characters undone, else as it is."""
    return text if text.isascii() else _DAMAGED.sub(_undo, text)


def _undo(match: re.Match[str]) -> str:
    if match[0] == "Ã":
        return "à"
    try:
        return bytes(_BYTES[sign] for sign in match[0]).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return match[0]


def repair_fields(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The record with repaired texts, and the names of the fields that changed."""
    mended = {name: repair(value) if isinstance(value, str) else value for name, value in data.items()}
    return mended, sorted(name for name, value in mended.items() if value is not data[name] and value != data[name])
