"""The sandbox as one web application: every service, an index and the switch for faults."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.ckan import RESOURCE as CKAN_TABLE
from sandbox.server import (
    actif,
    ckan,
    communecter,
    datagouv,
    elenco,
    feeds,
    gogocarto,
    national_schema,
    wordpress,
    worldwide,
    yeswiki,
)
from sandbox.server.common import FAULTS, State, state_of

FAULTY_SOURCES = ("actif", "elenco", "tiers_lieux")
SERVICES = (
    actif, elenco, gogocarto, national_schema, wordpress, feeds, communecter, yeswiki, ckan, datagouv, worldwide,
)  # fmt: skip
LINKS = (
    ("ACTIF", ("/actif/api/flux?page=1&taille=100", "/actif/export/flux.csv", "/actif/export/flux.xlsx")),
    ("Elenco Sottoprodotti", ("/elenco/ricerca?provincia=TO", "/elenco/estratto.xml")),
    ("GoGoCarto", (
        "/tl/gogocarto/api/elements.json", "/tl/gogocarto/api/elements.json?ontology=gogocompact",
        "/tl/gogocarto/api/elements.jsonld", "/tl/gogocarto/api/taxonomy.json",
    )),
    ("National schema", ("/tl/schema-national/lieux.csv",)),
    ("WordPress", ("/tl/wordpress/feed", "/tl/wp-json/wp/v2/posts?per_page=10", "/tl/wp-json/wp/v2/categories")),
    ("Atom and JSON Feed", ("/tl/atom/feed.atom", "/tl/jsonfeed/feed.json")),
    ("Communecter (POST)", ("/tl/communecter/co2/search/globalautocomplete",)),
    ("YesWiki", (
        "/tl/yeswiki/?api/forms/8/entries", "/tl/yeswiki/?api/forms/99/entries",
        "/tl/yeswiki/?api/forms/9/entries/rss",
    )),
    ("CKAN", (
        "/tl/ckan/api/3/action/package_search?q=fablab",
        f"/tl/ckan/api/3/action/datastore_search?resource_id={CKAN_TABLE}&sort=_id",
    )),
    ("data.gouv.fr", (
        f"/tl/datagouv/api/1/datasets/{datagouv.DATASET}/",
        *(f"/tl/tabular/api/resources/{rid}/data/?page_size=50" for rid in datagouv.MODULES),
    )),
    ("fablabs.io", ("/tl/fablabs/0/labs.json",)),
    ("Overpass", ("/tl/overpass/api/interpreter?data=nwr(43.5,5.5,46.6,9.6);",)),
)  # fmt: skip


async def index(request: Request) -> Response:
    """Everything that is served, with links."""
    parts = [
        f"<h2>{title}</h2><ul>" + "".join(f'<li><a href="{u}">{u}</a></li>' for u in urls) + "</ul>"
        for title, urls in LINKS
    ]
    settings = state_of(request).settings
    head = (
        "<h1>Traforo sandbox – synthetic</h1><p>Everything here is invented (fictif, fittizio, synthetic). "
        f"Seed {settings.get('seed')}, scale {settings.get('scale')}. "
        f"Synergie files are dropped in {settings.get('inbox')}.</p>"
    )
    return HTMLResponse(f"<!DOCTYPE html><title>Traforo sandbox</title>{head}{''.join(parts)}")


async def set_fault(request: Request) -> Response:
    """Switch a fault on: ``{"source": "actif", "kind": "503"}``."""
    wanted: dict[str, Any] = await request.json()
    source, kind = wanted.get("source"), wanted.get("kind")
    if source not in FAULTY_SOURCES or kind not in FAULTS:
        message = f"source is one of {', '.join(FAULTY_SOURCES)}; kind is one of {', '.join(FAULTS)}"
        return JSONResponse({"error": message}, 400)
    state_of(request).faults[str(source)] = str(kind)
    return JSONResponse({"faults": state_of(request).faults})


async def clear_faults(request: Request) -> Response:
    """Switch all faults off."""
    state_of(request).faults.clear()
    return JSONResponse({"faults": {}})


async def show_faults(request: Request) -> Response:
    """The faults now switched on."""
    return JSONResponse({"faults": state_of(request).faults})


def create_app(data: dict[str, Any], settings: dict[str, Any] | None = None) -> Starlette:
    """The application that serves a world.

    Args:
        data: data sets by name, as ``sandbox.generate.load`` gives them.
        settings: what the index shows: seed, scale, inbox.
    """
    routes = [
        Route("/", index),
        Route("/_control/fault", set_fault, methods=["POST"]),
        Route("/_control/fault", clear_faults, methods=["DELETE"]),
        Route("/_control/fault", show_faults, methods=["GET"]),
        *(route for service in SERVICES for route in service.ROUTES),
    ]
    app = Starlette(routes=routes)
    app.state.world = State(data, settings=settings or {})
    return app
