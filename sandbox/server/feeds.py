"""Two further news feeds: Atom, and JSON Feed in pages."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.feeds.news import SITES, last_change
from sandbox.server.common import as_json, conditional, faulty, integer, state_of

SOURCE = "tiers_lieux"
JSON_PAGE = 5


def _entry(row: dict[str, Any]) -> str:
    categories = "".join(f"<category term={quoteattr(c)}/>" for c in row["categories"])
    return (
        f'<entry><id>{escape(row["guid"])}</id><title type="html">{escape(row["title"])}</title>'
        f'<link rel="alternate" href={quoteattr(row["link"])}/><published>{row["published"]}</published>'
        f"<updated>{row['updated']}</updated><author><name>{escape(row['author'])}</name></author>{categories}"
        f'<summary>{escape(row["summary"])}</summary><content type="html">{escape(row["content"])}</content></entry>'
    )


async def atom(request: Request) -> Response:
    """An Atom 1.0 feed with an ETag."""
    rows = state_of(request).rows("news_atom", SOURCE)
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{SITES['atom']}/</id><title>Réseau des tiers-lieux (fictif)</title>"
        f"<updated>{last_change(rows).isoformat()}</updated>\n" + "\n".join(map(_entry, rows)) + "\n</feed>\n"
    )
    return conditional(request, body.encode(), "application/atom+xml; charset=utf-8")


async def json_feed(request: Request) -> Response:
    """JSON Feed 1.1; ids are numbers, as version 1.0 allowed, and ``next_url`` leads on."""
    rows = state_of(request).rows("news_jsonfeed", SOURCE)
    page = integer(request, "page", 1, 1)
    items = [
        {
            "id": int(row["guid"]), "url": row["link"], "title": row["title"], "content_html": row["content"],
            "summary": row["summary"], "date_published": row["published"], "date_modified": row["updated"],
            "tags": row["categories"], "language": row["language"],
        }
        for row in rows[(page - 1) * JSON_PAGE : page * JSON_PAGE]
    ]  # fmt: skip
    body: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1", "title": "Rete degli spazi (fittizio)", "language": "it",
        "home_page_url": SITES["jsonfeed"], "items": items,
    }  # fmt: skip
    if page * JSON_PAGE < len(rows):
        body["next_url"] = f"{str(request.base_url)[:-1]}/tl/jsonfeed/feed.json?page={page + 1}"
    return conditional(request, as_json(body), "application/feed+json")


ROUTES = [
    Route("/tl/atom/feed.atom", faulty(SOURCE, atom)),
    Route("/tl/jsonfeed/feed.json", faulty(SOURCE, json_feed)),
]
