"""YesWiki: the route is the first query key, no entry at all is ``null``, and RSS never comes empty."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.news import SITES, last_change
from sandbox.feeds.yeswiki import FORM
from sandbox.server.common import faulty, state_of
from sandbox.server.wordpress import rss

SOURCE = "tiers_lieux"
NEWS_FORM = "9"
NEWS_SHOWN = 10
_FAKE = {
    "title": "Pas de fiches", "link": SITES["bazar"], "guid": SITES["bazar"] + "/", "author": "bazar (fictif)",
    "published_text": "Thu, 01 Jan 2026 00:00:00 +0000", "categories": [], "summary": "Aucune fiche", "content": "",
    "updated": "2026-01-01T00:00:00+00:00",
}  # fmt: skip


def _entries(request: Request, form: str) -> list[dict[str, Any]]:
    rows = state_of(request).rows("yeswiki", SOURCE) if form == FORM else []
    since = request.query_params.get("dateMin", "")
    return [row for row in rows if row["date_maj_fiche"] >= since]


def _news(request: Request, form: str) -> Response:
    """The feed, sorted by creation and cut; never a validator."""
    rows = state_of(request).rows("news_bazar", SOURCE)[:NEWS_SHOWN] if form == NEWS_FORM else []
    shown = rows or [_FAKE]
    body = rss(shown, "Agenda du wiki (fictif)", SITES["bazar"], format_datetime(last_change(shown), usegmt=True))
    return Response(body, media_type="application/rss+xml; charset=UTF-8")


async def wiki(request: Request) -> Response:
    """``?api/forms/<n>/entries[/rss]`` with further parameters after ``&``."""
    route = next(iter(request.query_params), "").strip("/").split("/")
    match route:
        case ["api", "forms", form, "entries", "rss"]:
            return _news(request, form)
        case ["api", "forms", form, "entries"] | ["api", "forms", form, "entries", "json"]:
            wanted = [f for f in request.query_params.get("fields", "").split(",") if f]
            found = {
                row["id_fiche"]: {k: v for k, v in row.items() if not wanted or k in wanted}
                for row in _entries(request, form)
            }
            return JSONResponse(found or None)
        case _:
            return Response("<html><body>PagePrincipale</body></html>", media_type="text/html")


ROUTES = [Route("/tl/yeswiki/", faulty(SOURCE, wiki))]
