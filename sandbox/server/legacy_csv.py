"""The Mac spreadsheet as it is put on the web: CR only, Windows-1252, no charset declared."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.feeds.legacy_csv import COLUMNS
from sandbox.server.common import faulty, state_of
from sandbox.server.national_schema import table

SOURCE = "tiers_lieux"


async def directory(request: Request) -> Response:
    """All rows."""
    body = table(state_of(request).rows("legacy", SOURCE), COLUMNS, ",", "\r")
    return Response(body.encode("cp1252", errors="replace"), headers={"Content-Type": "text/csv"})


ROUTES = [Route("/tl/annuaire/spaces.csv", faulty(SOURCE, directory))]
