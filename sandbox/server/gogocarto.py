"""A GoGoCarto instance: all elements in one answer, three ontologies, and the token that fails as text."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.gogocarto import CATEGORIES
from sandbox.server.common import as_json, conditional, faulty, state_of

SOURCE = "tiers_lieux"
PREFIX = "/tl/gogocarto"
TOKEN_ERROR = "The provided token is invalid, you need to be granted access by the administrator of this map"  # noqa: S105 - a message
REQUIRED = "synthetic"


def _compact(row: dict[str, Any]) -> list[Any]:
    geo = row["geo"]
    return [row["id"], [row["name"]], geo["latitude"], geo["longitude"], [c["id"] for c in row["categoriesFull"]]]


def _linked(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "@id": row["showUrl"], "@type": "Organization", "name": row["name"],
        "geo": {"@type": "GeoCoordinates", **row["geo"]},
        "address": {"@type": "PostalAddress", **row["address"]},
    }  # fmt: skip


def _chosen(request: Request) -> list[dict[str, Any]]:
    rows = state_of(request).rows("gogocarto", SOURCE)
    wanted = {w for w in request.query_params.get("categories", "").split(",") if w}
    if wanted:  # names silently match nothing: ids only
        rows = [r for r in rows if wanted & {str(c["id"]) for c in r["categoriesFull"]}]
    limit = request.query_params.get("limit", "")
    return rows[: int(limit)] if limit.isdigit() else rows


def _refused(request: Request) -> bool:
    token = request.query_params.get("token")
    return token is not None and token != REQUIRED


async def elements(request: Request) -> Response:
    """All elements; a wrong token gives status 200, a JSON media type and a sentence."""
    if _refused(request):
        return Response(TOKEN_ERROR, media_type="application/json")
    rows = _chosen(request)
    if request.path_params["ext"] == "jsonld" or "ld+json" in request.headers.get("accept", ""):
        body = {"@context": "https://schema.org", "@graph": [_linked(r) for r in rows]}
        return conditional(request, as_json(body), "application/ld+json")
    ontology = request.query_params.get("ontology", "gogofull")
    data: list[Any] = [_compact(r) for r in rows] if ontology == "gogocompact" else list(rows)
    if ontology == "gogosync":
        data = [{"id": r["id"], "updatedAt": r["updatedAt"]} for r in rows]
    return conditional(request, as_json({"data": data, "ontology": ontology}), "application/json")


async def element(request: Request) -> Response:
    """One element: ``data`` is then an object."""
    if _refused(request):
        return Response(TOKEN_ERROR, media_type="application/json")
    wanted = request.path_params["element_id"]
    row = next((r for r in state_of(request).rows("gogocarto", SOURCE) if r["id"] == wanted), None)
    if row is None:
        return JSONResponse({"error": "Element does not exists"}, 404)
    return conditional(request, as_json({"data": row, "ontology": "gogofull"}), "application/json")


async def taxonomy(_request: Request) -> Response:
    """The category tree."""
    options = [{"id": cid, "name": label, "index": i} for i, (cid, label) in enumerate(CATEGORIES.values())]
    return JSONResponse({"id": 1, "name": "Type de lieu", "options": options})


ROUTES = [
    Route(PREFIX + "/api/elements.{ext:str}", faulty(SOURCE, elements)),
    Route(PREFIX + "/api/elements/{element_id}.json", faulty(SOURCE, element)),
    Route(PREFIX + "/api/taxonomy.json", faulty(SOURCE, taxonomy)),
]
