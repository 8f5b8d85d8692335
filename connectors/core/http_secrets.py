"""Credentials of a request: told by the names under which they go, and kept out of everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

_SECRET = re.compile(
    r"token|secret|passw|pwd|(api|access|private)[-_]?key|^(x-)?key$|^auth$|authorization|credential|signature|^sig$|cookie",
    re.IGNORECASE,
)
_PAGING = re.compile(r"(page|next|continuation|resumption)[-_]?token", re.IGNORECASE)
_SHORTEST = 4
HIDDEN = "***"


def is_secret(name: str) -> bool:
    """Whether a header, parameter or form field of this name holds a credential."""
    return bool(_SECRET.search(name)) and not _PAGING.fullmatch(name)


def without_secrets(query: str) -> str:
    """A URL's query with the values of credentials hidden; everything else stays as it is written."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(f"{name}={HIDDEN}" if value and is_secret(name) else name + eq + value for name, eq, value in pairs)


def secrets_of(request: Mapping[str, Any]) -> list[str]:
    """Credentials that a request carries, in every writing in which an answer or an error may repeat them.

    Args:
        request: ``headers``, ``params`` and ``data`` as ``requests`` takes them.
    """
    found: set[str] = set()
    for part in ("headers", "params", "data"):
        values = request.get(part)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if is_secret(str(name)):
                found |= {str(value), *str(value).split()[1:]}  # "Bearer …": the credential alone, too
    found |= {form for text in found for form in (text.strip(), quote(text), quote(text, safe=""), quote_plus(text))}
    return sorted((text for text in found if len(text) >= _SHORTEST), key=len, reverse=True)


def hide(text: str, secrets: list[str]) -> str:
    """``text`` without the credentials."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
