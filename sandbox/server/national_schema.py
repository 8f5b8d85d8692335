"""The national schema as a CSV file: UTF-8, comma, with validators."""

from __future__ import annotations

import csv
import io
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.feeds.national_schema import COLUMNS
from sandbox.server.common import conditional, faulty, state_of

SOURCE = "tiers_lieux"


def table(rows: list[dict[str, Any]], columns: tuple[str, ...], delimiter: str = ",", end: str = "\n") -> str:
    """Rows as CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(columns)
    writer.writerows([["" if row[c] is None else row[c] for c in columns] for row in rows])
    return out.getvalue()


async def places(request: Request) -> Response:
    """All places."""
    body = table(state_of(request).rows("national", SOURCE), COLUMNS).encode()
    return conditional(request, body, "text/csv; charset=utf-8")


ROUTES = [Route("/tl/schema-national/lieux.csv", faulty(SOURCE, places))]
