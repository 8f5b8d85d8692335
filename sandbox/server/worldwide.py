"""fablabs.io's flat list and an Overpass server that may say "incomplete" with status 200."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server.common import faulty, posted, state_of

SOURCE = "tiers_lieux"
_BOX = re.compile(r"\(([-\d.]+),([-\d.]+),([-\d.]+),([-\d.]+)\)")
TIMED_OUT = 'runtime error: Query timed out in "query" at line 1 after 61 seconds.'


async def labs(request: Request) -> Response:
    """All labs: no paging, no filter, no date of change."""
    return JSONResponse(state_of(request).rows("fablabs", SOURCE))


async def gone(_request: Request) -> Response:
    """Every other address of the old interface."""
    return JSONResponse({"error": "This endpoint does not exist anymore"}, 404)


def _inside(row: dict[str, Any], boxes: list[tuple[float, ...]]) -> bool:
    point = row.get("center") or row
    return any(s <= point["lat"] <= n and w <= point["lon"] <= e for s, w, n, e in boxes)


async def interpreter(request: Request) -> Response:
    """Objects inside the query's boxes; ``?remark=1`` gives half of them with a remark."""
    query = request.query_params.get("data", "")
    if request.method == "POST":
        form = await posted(request)
        query = form.get("data", [""])[0]
    boxes = [tuple(map(float, box)) for box in _BOX.findall(query)]
    if not boxes:
        page = "<html><body><p><strong>Error</strong>: parse error: no bounding box</p></body></html>"
        return Response(page, 400, media_type="text/html")
    elements = [row for row in state_of(request).rows("overpass", SOURCE) if _inside(row, boxes)]
    body: dict[str, Any] = {
        "version": 0.6, "generator": "Overpass API (synthetic)",
        "osm3s": {"timestamp_osm_base": "2026-11-16T04:00:00Z", "copyright": "Synthetic data"}, "elements": elements,
    }  # fmt: skip
    if request.query_params.get("remark"):
        body |= {"elements": elements[: len(elements) // 2], "remark": TIMED_OUT}
    return JSONResponse(body)


ROUTES = [
    Route("/tl/fablabs/0/labs.json", faulty(SOURCE, labs)),
    Route("/tl/fablabs/0/labs", faulty(SOURCE, labs)),
    Route("/tl/fablabs/{rest:path}", faulty(SOURCE, gone)),
    Route("/tl/overpass/api/interpreter", faulty(SOURCE, interpreter), methods=["GET", "POST"]),
]
