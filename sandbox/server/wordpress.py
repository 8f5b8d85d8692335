"""A WordPress site: its RSS 2.0 feed with validators, and the REST posts of a sister site."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.news import SITES, last_change
from sandbox.server.common import as_json, conditional, faulty, integer, state_of

SOURCE = "tiers_lieux"
MAX_PER_PAGE = 100


def rss_item(row: dict[str, Any]) -> str:
    """One ``item``; titles carry whatever the author typed, escaped once more."""
    categories = "".join(f"<category><![CDATA[{c}]]></category>" for c in row["categories"])
    return (
        f"<item><title>{escape(row['title'])}</title><link>{escape(row['link'])}</link>"
        f"<dc:creator><![CDATA[{row['author']}]]></dc:creator><pubDate>{row['published_text']}</pubDate>"
        f'{categories}<guid isPermaLink="false">{escape(row["guid"])}</guid>'
        f"<description><![CDATA[{row['summary']}]]></description>"
        f"<content:encoded><![CDATA[{row['content']}]]></content:encoded></item>"
    )


def rss(rows: list[dict[str, Any]], title: str, site: str, built: str) -> bytes:
    """An RSS 2.0 document."""
    items = "\n".join(map(rss_item, rows))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>'
        f"<title>{escape(title)}</title><link>{site}</link><description>Données fictives</description>"
        f"<lastBuildDate>{built}</lastBuildDate>\n{items}\n</channel></rss>\n"
    ).encode()


async def feed(request: Request) -> Response:
    """The RSS feed."""
    rows = state_of(request).rows("news_wordpress", SOURCE)
    changed = format_datetime(last_change(rows), usegmt=True)
    body = rss(rows, "Le blog des Alpes (fictif)", SITES["wordpress"], changed)
    return conditional(request, body, "application/rss+xml; charset=UTF-8", last_modified=changed)


def _post(row: dict[str, Any]) -> dict[str, Any]:
    published, updated = (dt.datetime.fromisoformat(row[k]) for k in ("published", "updated"))
    gmt = "%Y-%m-%dT%H:%M:%S"
    return {
        "id": int(row["guid"]), "date": (published + dt.timedelta(hours=1)).strftime(gmt),
        "date_gmt": published.strftime(gmt), "modified": (updated + dt.timedelta(hours=1)).strftime(gmt),
        "modified_gmt": updated.strftime(gmt), "slug": row["link"].rsplit("/", 1)[-1], "status": "publish",
        "type": "post", "link": row["link"], "title": {"rendered": row["title"]},
        "content": {"rendered": row["content"], "protected": False},
        "excerpt": {"rendered": f"<p>{row['summary']}</p>\n", "protected": False},
        "categories": [3, 8] if "ALCOTRA" in row["categories"] else [3], "tags": [], "lang": row["language"],
    }  # fmt: skip


def _sort(rows: list[dict[str, Any]], by: str, order: str) -> None:
    field = {"modified": "modified_gmt", "id": "id"}.get(by, "date_gmt")
    rows.sort(key=lambda row: (row[field], row["id"]), reverse=order != "asc")


def _shown(row: dict[str, Any], fields: str) -> dict[str, Any]:
    """The post with the fields asked for; ``title.rendered`` asks for the whole title."""
    wanted = {name.split(".")[0].strip() for name in fields.split(",") if name.strip()}
    return {name: value for name, value in row.items() if not wanted or name in wanted}


async def categories(_request: Request) -> Response:
    """The two categories of the site."""
    return JSONResponse([
        {"id": 3, "count": 1, "name": "Actualités", "slug": "actualites"},
        {"id": 8, "count": 1, "name": "ALCOTRA", "slug": "alcotra"},
    ], headers={"X-WP-Total": "2", "X-WP-TotalPages": "1"})  # fmt: skip


async def posts(request: Request) -> Response:
    """REST posts by page; past the last page comes status 400 with a code."""
    rows = [_post(r) for r in state_of(request).rows("news_wpjson", SOURCE)]
    after = request.query_params.get("modified_after")
    if after:
        rows = [r for r in rows if r["modified_gmt"] > after.rstrip("Z")[:19]]
    _sort(rows, request.query_params.get("orderby", "date"), request.query_params.get("order", "desc"))
    size = integer(request, "per_page", 10, 1)
    if size > MAX_PER_PAGE:
        return JSONResponse({"code": "rest_invalid_param", "message": "Invalid parameter(s): per_page"}, 400)
    page, pages = integer(request, "page", 1, 1), -(-len(rows) // size)
    if page > max(pages, 1):
        message = "The page number requested is larger than the number of pages available."
        error = {"code": "rest_post_invalid_page_number", "message": message, "data": {"status": 400}}
        return JSONResponse(error, 400)
    fields = request.query_params.get("_fields", "")
    shown = [_shown(row, fields) for row in rows[(page - 1) * size : page * size]]
    response = conditional(request, as_json(shown), "application/json; charset=UTF-8")
    response.headers.update({"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)})
    return response


ROUTES = [
    Route("/tl/wordpress/feed", faulty(SOURCE, feed)),
    Route("/tl/wp-json/wp/v2/posts", faulty(SOURCE, posts)),
    Route("/tl/wp-json/wp/v2/categories", faulty(SOURCE, categories)),
]
