"""The web side: signed messages come in, the change feed goes out. Mounted in Airflow's API server by its plugin.

| route | who | what |
|---|---|---|
| POST /inbound/{source} | whoever holds a signing secret of the source | "something changed": noted, answered 202 |
| GET /changes?after=&limit= | bearer of a reader's token | a page of the change feed |
| GET /snapshot | bearer of a reader's token | the published snapshot, lines of JSON |

A message is only noted: what it says is not believed, the source itself is asked. Nothing of its body is kept but the
type it claims. Answers never say why a message or token was refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from connectors.core.registry import source_ids
from traforo.gateway import Gateway
from traforo.settings import Settings, load_settings
from traforo.signing import BadSignature, signing_secrets, verify
from warehouse import feed, inbound
from warehouse.failpoints import failpoint
from warehouse.secrets import valid_secrets

logger = logging.getLogger(__name__)
MOST_BYTES = 64_000
READERS = "feed_reader"
"""Name under which the tokens of the feed's readers are kept."""
_TYPE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_BACK_OFF = {"Retry-After": "30"}


def sender_secret(source_id: str) -> str:
    """Name under which the signing secrets of a source's senders are kept."""
    return f"inbound_{source_id}"


def create_app(settings: Callable[[], Settings] = load_settings, now: Callable[[], float] = time.time) -> Starlette:
    """The application. Nothing is opened or read before the first request.

    Args:
        settings: gives the settings at each request, so that rotated secrets count at once.
        now: clock, seconds since 1970.
    """
    database = Gateway(settings)

    async def receive(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse({"detail": "too large"}, 413)
        source = request.path_params["source"]
        return await run_in_threadpool(_receive, settings(), database, source, request.headers, body, now())

    async def changes(request: Request) -> Response:
        if not _is_reader(settings(), request.headers):
            return _unauthorised()
        return await run_in_threadpool(_changes, database, request)

    async def snapshot(request: Request) -> Response:
        if not _is_reader(settings(), request.headers):
            return _unauthorised()
        return await run_in_threadpool(_snapshot, settings().published / "feed")

    return Starlette(
        routes=[
            Route("/inbound/{source}", receive, methods=["POST"]),
            Route("/changes", changes, methods=["GET"]),
            Route("/snapshot", snapshot, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    """The bytes as they came, None as soon as there are too many."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _receive(
    settings: Settings, database: Gateway, source: str, headers: Mapping[str, str], body: bytes, now: float
) -> Response:
    known = source in source_ids()
    try:
        message_id = verify(signing_secrets(settings.home, sender_secret(source)) if known else [], headers, body, now)
    except BadSignature as error:
        logger.warning("message for %s refused: %s", source if known else "an unknown source", error)
        return _unauthorised()
    digest = hashlib.sha256(f"{source}\n{message_id}".encode()).hexdigest()
    try:
        with database.engine().begin() as connection:
            new = inbound.receive(connection, source, "webhook", _claimed_type(body), digest)
        failpoint("receive.noted")
    except (SQLAlchemyError, ConnectionError) as error:
        logger.warning("message for %s not noted: %s", source, type(error).__name__)
        return JSONResponse({"detail": "not noted, send it again"}, 503, headers=_BACK_OFF)
    return JSONResponse({"status": "accepted", "repeated": not new}, 202)


def _claimed_type(body: bytes) -> str:
    """The type that the message claims, for people who look at the list; ``message`` where it has no usable one."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return "message"
    claimed = parsed.get("type") if isinstance(parsed, dict) else None
    return claimed if isinstance(claimed, str) and _TYPE.fullmatch(claimed) else "message"


def _is_reader(settings: Settings, headers: Mapping[str, str]) -> bool:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = token.strip().encode()
    matches = [hmac.compare_digest(valid.encode(), given) for valid in valid_secrets(settings.home, READERS)]
    return scheme.lower() == "bearer" and any(matches)


def _unauthorised() -> Response:
    return JSONResponse({"detail": "not authorised"}, 401, headers={"WWW-Authenticate": "Bearer"})


def _changes(database: Gateway, request: Request) -> Response:
    after, limit = request.query_params.get("after") or None, request.query_params.get("limit", str(feed.PAGE))
    if not limit.isdecimal() or not limit.isascii() or not 1 <= int(limit[:9]) <= feed.MOST:
        return JSONResponse({"detail": f"limit must be 1 to {feed.MOST}"}, 400)
    try:
        page = feed.read_changes(database.engine(), after, int(limit))
    except feed.BadCursor as error:
        return JSONResponse({"detail": str(error)}, 400)
    except feed.CursorExpired as error:
        return JSONResponse({"detail": str(error), "snapshot": "snapshot"}, 410)
    except (SQLAlchemyError, ConnectionError):
        return JSONResponse({"detail": "not available now"}, 503, headers=_BACK_OFF)
    body = feed.encode({"after": after, "next": page.next, "full": page.full, "events": page.events})
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        # A full page stays as it is; the end of the feed must be asked for each time.
        "Cache-Control": "private, max-age=31536000, immutable" if page.full else "private, no-cache",
        "Link": f'<?after={page.next}&limit={int(limit)}>; rel="next"',
    }
    if headers["ETag"] in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _snapshot(folder: Path) -> Response:
    """The snapshot as published; the gateway itself may not read the tables."""
    try:
        href = json.loads((folder / "index.json").read_bytes())["snapshot"]["href"]
        body = (folder / href).stat()
    except (OSError, TypeError):
        return JSONResponse({"detail": "nothing is published yet"}, 404)
    headers = {"Content-Encoding": "gzip", "Cache-Control": "private, no-cache", "Content-Length": str(body.st_size)}
    return FileResponse(folder / href, media_type="application/x-ndjson", headers=headers)
