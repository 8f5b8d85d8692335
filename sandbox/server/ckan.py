"""A CKAN portal: package search, a datastore that quietly reduces limits, and the file itself."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.ckan import COLUMNS, RESOURCE
from sandbox.server.common import faulty, integer, state_of
from sandbox.server.national_schema import table

SOURCE = "tiers_lieux"
PREFIX = "/tl/ckan"
TITLE = "Spazi condivisi e fablab (dati fittizi)"
DEFAULT_LIMIT, MAX_LIMIT = 100, 40
"""The portal's cap is 32 000 in real life; here it is small so that it bites."""
_FILE = f"{PREFIX}/dataset/spazi/resource/{RESOURCE}/download/spazi_condivisi.csv"


def _answer(name: str, result: Any) -> Response:
    return JSONResponse({"help": f"{PREFIX}/api/3/action/help_show?name={name}", "success": True, "result": result})


def _error(name: str, status: int, error: dict[str, Any]) -> Response:
    body = {"help": f"{PREFIX}/api/3/action/help_show?name={name}", "success": False, "error": error}
    return JSONResponse(body, status)


async def package_search(request: Request) -> Response:
    """The one dataset, found by any word of its title."""
    package = {
        "id": "spazi-condivisi", "name": "spazi-condivisi", "title": TITLE, "license_id": "cc-by",
        "holder_name": "Regione delle Alpi (fittizio)", "metadata_modified": "2026-10-30T06:00:00",
        "resources": [{
            "id": RESOURCE, "name": "Spazi condivisi CSV", "format": "CSV", "url": str(request.base_url)[:-1] + _FILE,
            "last_modified": "2026-10-30T06:00:00", "hash": "", "datastore_active": True,
        }],
    }  # fmt: skip
    words = re.findall(r"\w+", request.query_params.get("q", "").lower())
    found = [package] if all(word in TITLE.lower() for word in words) else []
    start, rows = integer(request, "start", 0), min(integer(request, "rows", 10), 1000)
    return _answer("package_search", {"count": len(found), "results": found[start : start + rows], "sort": "score"})


async def datastore_search(request: Request) -> Response:
    """Rows of the table; without ``sort=_id`` pages overlap, as the order is the database's own."""
    if request.query_params.get("resource_id") != RESOURCE:
        error = {"__type": "Not Found Error", "message": "Not found: Resource not found"}
        return _error("datastore_search", 404, error)
    limit_text = request.query_params.get("limit", "")
    if limit_text and not limit_text.isdigit():
        return _error("datastore_search", 409, {"__type": "Validation Error", "limit": ["Invalid integer"]})
    limit = min(integer(request, "limit", DEFAULT_LIMIT), MAX_LIMIT)
    offset = integer(request, "offset", 0)
    rows = [{"_id": n, **row} for n, row in enumerate(state_of(request).rows("ckan", SOURCE), start=1)]
    if not request.query_params.get("sort", "").startswith("_id"):
        turn = offset // 3 % max(1, len(rows))
        rows = rows[turn:] + rows[:turn]
    fields = [{"id": "_id", "type": "int"}, *({"id": name, "type": "text"} for name in COLUMNS)]
    return _answer("datastore_search", {
        "resource_id": RESOURCE, "fields": fields, "records": rows[offset : offset + limit], "limit": limit,
        "offset": offset, "total": len(rows), "total_was_estimated": False,
        "_links": {"start": f"?resource_id={RESOURCE}", "next": f"?resource_id={RESOURCE}&offset={offset + limit}"},
    })  # fmt: skip


async def download(request: Request) -> Response:
    """The file: semicolons, Windows-1252, decimal commas."""
    text = table(state_of(request).rows("ckan", SOURCE), COLUMNS, ";", "\r\n")
    return Response(text.encode("cp1252", errors="replace"), headers={"Content-Type": "text/csv"})


ROUTES = [
    Route(PREFIX + "/api/3/action/package_search", faulty(SOURCE, package_search)),
    Route(PREFIX + "/api/3/action/datastore_search", faulty(SOURCE, datastore_search)),
    Route(_FILE, faulty(SOURCE, download)),
]
