"""data.gouv.fr: the catalogue entry of the census, its files at changing addresses, and the tabular API."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.feeds.census import GENERAL, IDENTITY
from sandbox.server.common import faulty, integer, state_of
from sandbox.server.national_schema import table

SOURCE = "tiers_lieux"
PREFIX = "/tl/datagouv"
DATASET = "recensement-des-tiers-lieux-alpes-fictif"
MAX_PAGE_SIZE = 50
STAMP = "20261102-081500"
MODULES = {
    "3f5b9c10-0000-4000-8000-00000000f1c1": ("bdftl-2026-01-fiche-identite.csv", "census", IDENTITY),
    "3f5b9c10-0000-4000-8000-00000000f1c2": ("bdftl-2026-02-informations-generales.csv", "census_general", GENERAL),
}


def _file(request: Request, rid: str) -> bytes:
    _, name, columns = MODULES[rid]
    rows = state_of(request).rows(name, SOURCE)
    return b"\xef\xbb\xbf" + table(rows, columns, ";", "\r\n").encode()


def _resource(request: Request, rid: str) -> dict[str, Any]:
    name, _, _ = MODULES[rid]
    body, root = _file(request, rid), str(request.base_url)[:-1] + PREFIX
    return {
        "id": rid, "title": name, "type": "main", "filetype": "file", "format": "csv", "mime": "text/csv",
        "url": f"{root}/resources/{DATASET}/{STAMP}/{name}", "latest": f"{root}/api/1/datasets/r/{rid}",
        "checksum": {"type": "sha256", "value": hashlib.sha256(body).hexdigest()}, "filesize": len(body),
        "created_at": "2026-02-01T09:00:00+00:00", "last_modified": "2026-11-02T08:15:00+00:00",
        "schema": {"name": None, "version": None, "url": None}, "extras": {},
    }  # fmt: skip


def _dataset(request: Request) -> dict[str, Any]:
    return {
        "id": "65f000000000000000000f1c", "slug": DATASET, "title": "Recensement des tiers-lieux (données fictives)",
        "license": "lov2", "frequency": "annual", "last_modified": "2026-11-02T08:15:00+00:00",
        "resources": [_resource(request, rid) for rid in MODULES],
    }  # fmt: skip


async def dataset(request: Request) -> Response:
    """The catalogue entry with its resources."""
    if request.path_params["name"] != DATASET:
        return JSONResponse({"message": "Dataset not found"}, 404)
    return JSONResponse(_dataset(request))


async def catalogue(request: Request) -> Response:
    """The list of datasets: one."""
    page = {"page": 1, "page_size": 20, "total": 1, "next_page": None, "previous_page": None}
    return JSONResponse({"data": [_dataset(request)], **page})


async def latest(request: Request) -> Response:
    """The permanent address redirects to the address of the day."""
    rid = request.path_params["rid"]
    if rid not in MODULES:
        return JSONResponse({"message": "Resource not found"}, 404)
    return RedirectResponse(_resource(request, rid)["url"], 302)


async def download(request: Request) -> Response:
    """A module as CSV with BOM, semicolons and decimal commas."""
    for rid, (name, _, _) in MODULES.items():
        if name == request.path_params["name"]:
            return Response(_file(request, rid), media_type="text/csv; charset=utf-8")
    return JSONResponse({"message": "Not found"}, 404)


async def tabular(request: Request) -> Response:
    """Rows of a module by page; a page size above the maximum is an error that names it."""
    rid = request.path_params["rid"]
    if rid not in MODULES:
        error = {"code": "404", "title": "Not found", "detail": "Resource ID not found"}
        return JSONResponse({"errors": [error]}, 404)
    size, page = integer(request, "page_size", 20, 1), integer(request, "page", 1, 1)
    if size > MAX_PAGE_SIZE:
        detail = f"Page size exceeds allowed maximum: {MAX_PAGE_SIZE}"
        return JSONResponse({"errors": [{"code": "400", "title": "Invalid query string", "detail": detail}]}, 400)
    _, name, columns = MODULES[rid]
    rows = state_of(request).rows(name, SOURCE)
    data = [{"__id": n, **{c: row[c] for c in columns}} for n, row in enumerate(rows, start=1)]
    url = f"{str(request.base_url)[:-1]}/tl/tabular/api/resources/{rid}/data/?page_size={size}"
    last = page * size >= len(rows)
    links = {
        "profile": url.replace("/data/", "/profile/"), "swagger": url.replace("/data/", "/swagger/"),
        "next": None if last else f"{url}&page={page + 1}", "prev": f"{url}&page={page - 1}" if page > 1 else None,
    }  # fmt: skip
    meta = {"page": page, "page_size": size, "total": len(rows)}
    return JSONResponse({"data": data[(page - 1) * size : page * size], "links": links, "meta": meta})


ROUTES = [
    Route(PREFIX + "/api/1/datasets/", faulty(SOURCE, catalogue)),
    Route(PREFIX + "/api/1/datasets/r/{rid}", faulty(SOURCE, latest)),
    Route(PREFIX + "/api/1/datasets/{name}/", faulty(SOURCE, dataset)),
    Route(PREFIX + "/resources/{dataset}/{stamp}/{name}", faulty(SOURCE, download)),
    Route("/tl/tabular/api/resources/{rid}/data/", faulty(SOURCE, tabular)),
]
