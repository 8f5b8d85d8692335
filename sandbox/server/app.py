"""The sandbox as one web application: every service, an index and the switch for faults."""

from __future__ import annotations

from pathlib import Path
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
    legacy_csv,
    national_schema,
    wordpress,
    worldwide,
    yeswiki,
)
from sandbox.server.bad_files import BAD_FILES, drop_bad_file, remove_bad_file
from sandbox.server.common import FAULTS, State, state_of
from sandbox.server.evolution import after_days

FAULTY_SOURCES = {
    "actif": "actif", "elenco": "elenco", "elenco_sottoprodotti": "elenco", "tiers_lieux": "tiers_lieux",
    "synergie": "synergie",
}  # fmt: skip
"""Name in a request → name of the service; Synergie is a folder, so its faults are files."""
SERVICES = (
    actif, elenco, gogocarto, national_schema, wordpress, feeds, communecter, yeswiki, ckan, datagouv, worldwide,
    legacy_csv,
)  # fmt: skip
MAX_DAY = 60
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
    ("Old directory", ("/tl/annuaire/spaces.csv",)),
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
    source, kind = FAULTY_SOURCES.get(str(wanted.get("source"))), str(wanted.get("kind"))
    kinds = tuple(BAD_FILES) if source == "synergie" else FAULTS
    if source is None or kind not in kinds:
        message = f"source is one of {', '.join(FAULTY_SOURCES)}; kind is one of {', '.join(kinds)}"
        return JSONResponse({"error": message}, 400)
    state = state_of(request)
    if source == "synergie":
        drop_bad_file(Path(state.settings["inbox"]), kind)
    state.faults[source] = kind
    return JSONResponse({"faults": state.faults})


async def clear_faults(request: Request) -> Response:
    """Switch all faults off and take dropped bad files away."""
    state = state_of(request)
    if state.faults.pop("synergie", None):
        remove_bad_file(Path(state.settings["inbox"]))
    state.faults.clear()
    return JSONResponse({"faults": {}})


async def show_faults(request: Request) -> Response:
    """The faults now switched on."""
    return JSONResponse({"faults": state_of(request).faults})


async def set_day(request: Request) -> Response:
    """Let days pass: ``{"day": 2}`` serves the sources as they are two days after day 0, in any order."""
    day = (await request.json()).get("day")
    if not isinstance(day, int) or not 0 <= day <= MAX_DAY:
        return JSONResponse({"error": f"day is a whole number from 0 to {MAX_DAY}"}, 400)
    state = state_of(request)
    state.data = after_days(state.generated, day)
    return JSONResponse({"day": day})


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
        Route("/_control/day", set_day, methods=["POST"]),
        *(route for service in SERVICES for route in service.ROUTES),
    ]
    app = Starlette(routes=routes)
    app.state.world = State(data, settings=settings or {})
    return app
