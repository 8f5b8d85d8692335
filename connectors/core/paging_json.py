"""Reads count, total, cursor and ids out of a JSON answer, for ``paginate.walk``."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.core.errors import Fatal, Retriable
from connectors.core.http import Response
from connectors.core.paging_styles import Facts, Inspect


def json_facts(
    items: str, *, total: str | None = None, next_: str | None = None, token: str | None = None,
    key: str | None = None, total_header: str | None = None,
) -> Inspect:  # fmt: skip
    """An ``inspect`` for JSON answers.

    Args:
        items: dotted path of the list of items; empty when the answer is the list itself.
        total: dotted path of the declared total.
        next_: dotted path of the next cursor or URL.
        token: dotted path of the session token.
        key: name of the id inside an item.
        total_header: lower-case response header that declares the total, e.g. ``x-wp-total``.
    """

    def inspect(response: Response) -> Facts:
        try:
            data = orjson.loads(response.body)
        except orjson.JSONDecodeError as error:
            raise Retriable(f"not JSON: {error}", where=response.url, rule="not_json") from error
        found = _dig(data, items)
        if not isinstance(found, list):
            raise Fatal(
                f"no list at '{items or '(root)'}' but {response.body[:120]!r}", where=response.url,
                rule="unexpected_shape",
            )  # fmt: skip
        declared = response.headers.get(total_header) if total_header else _dig(data, total) if total else None
        keys = tuple(str(i[key]) for i in found if isinstance(i, dict) and i.get(key)) if key else ()
        follow, session = (_dig(data, path) if path else None for path in (next_, token))
        return Facts(
            len(found), _whole(declared, response), None if follow in (None, "") else str(follow),
            None if session in (None, "") else str(session), keys,
        )  # fmt: skip

    return inspect


def _dig(data: Any, path: str | None) -> Any:
    for name in (path or "").split(".") if path else ():
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _whole(value: Any, response: Response) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not str(value).strip().isdigit():
        raise Fatal(f"declared total is {value!r}, not a count", where=response.url, rule="unexpected_shape")
    return int(value)
