"""Communecter's search: a POST that cuts at thirty unless told otherwise."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.communecter import SLUG
from sandbox.server.common import faulty, posted, state_of

SOURCE = "tiers_lieux"
DEFAULT_STEP = 30


def _id(row: dict[str, Any]) -> str:
    own = row["_id"]
    return str(own["$id"] if isinstance(own, dict) else own)


def _number(value: str) -> int:
    return int(value) if value.isdigit() else 0


async def search(request: Request) -> Response:
    """Organisations keyed by id; an empty result is a list, because PHP says so.

    ``indexStep`` 0 or empty gives everything, absent gives thirty without a word.
    """
    form = await posted(request)
    if "organizations" not in form.get("searchType[]", []):
        return JSONResponse({"results": [], "count": {}})
    rows = state_of(request).rows("communecter", SOURCE)
    keys = [*form.get("sourceKey[]", []), *form.get("costumSlug", [])]
    if keys and SLUG not in keys:
        rows = []
    since = _number(form.get("lastTimes", [""])[0])
    rows = [row for row in rows if int(row["updated"]) > since]
    start = _number(form.get("indexMin", [""])[0])
    step = _number(form["indexStep"][0]) if "indexStep" in form else DEFAULT_STEP
    shown = rows[start : start + step] if step else rows[start:]
    results: Any = {_id(row): row for row in shown} or []
    return JSONResponse({"results": results, "count": {"organizations": len(rows)}})


ROUTES = [Route("/tl/communecter/co2/search/globalautocomplete", faulty(SOURCE, search), methods=["POST"])]
