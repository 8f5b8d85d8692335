"""What all simulated services share: the world's data, validators, and faults switched on by tests."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Awaitable[Response]]
FAULTS = ("truncate", "empty", "html", "shrink60", "slow", "503", "middle500")
SLOW_SECONDS = 5.0
_PAGE_PARAMETERS = ("page", "pagina", "offset")
_SHRUNK = 0.4


@dataclass
class State:
    """The world as served, and the faults now switched on: source → fault.

    ``generated`` is the world of day 0; ``data`` is what is served today.
    """

    data: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    generated: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.generated = self.data

    def rows(self, name: str, source: str) -> list[dict[str, Any]]:
        """A data set as the service shows it now; ``shrink60`` hides six in ten, ``empty`` all."""
        rows: list[dict[str, Any]] = self.data[name]
        fault = self.faults.get(source)
        if fault == "empty":
            return []
        return rows[: int(len(rows) * _SHRUNK)] if fault == "shrink60" else rows


def state_of(request: Request) -> State:
    """The application's state."""
    state: State = request.app.state.world
    return state


def etag_of(body: bytes) -> str:
    """A strong validator of the bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def conditional(request: Request, body: bytes, media_type: str, *, last_modified: str = "") -> Response:
    """200 with validators, or 304 where the caller already has these bytes."""
    headers = {"ETag": etag_of(body)}
    if last_modified:
        headers["Last-Modified"] = last_modified
    known = request.headers.get("if-none-match")
    same = (
        known == headers["ETag"]
        if known
        else bool(last_modified) and request.headers.get("if-modified-since") == last_modified
    )
    if same:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def as_json(value: Any) -> bytes:
    """JSON bytes, order of keys kept."""
    return orjson.dumps(value)


def faulty(source: str, handler: Handler) -> Handler:
    """The handler of a service, disturbed by the fault that is switched on for ``source``."""

    async def disturbed(request: Request) -> Response:
        fault = state_of(request).faults.get(source)
        if fault == "503":
            return Response("Service Unavailable", 503, headers={"Retry-After": "1"})
        if fault == "middle500" and any(integer(request, name, 0) > 1 for name in _PAGE_PARAMETERS):
            return Response("Internal Server Error", 500)
        if fault == "html":
            return Response("<html><body><h1>Maintenance en cours</h1></body></html>", media_type="text/html")
        if fault == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        response = await handler(request)
        if fault == "truncate":
            body = bytes(response.body)
            return Response(body[: len(body) // 2], response.status_code, media_type=response.media_type)
        return response

    return disturbed


async def posted(request: Request) -> dict[str, list[str]]:
    """The fields of a form sent as ``application/x-www-form-urlencoded``, empty ones included."""
    return parse_qs((await request.body()).decode(), keep_blank_values=True)


def integer(request: Request, name: str, default: int, least: int = 0) -> int:
    """A query parameter as a whole number; nonsense counts as the default."""
    value = request.query_params.get(name, "")
    return max(least, int(value)) if value.lstrip("-").isdigit() else default
