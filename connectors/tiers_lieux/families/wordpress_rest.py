"""Posts through the REST interface of WordPress (``/wp-json/wp/v2/posts``), all pages.

Only the named fields are asked for: the author is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.core.errors import Fatal
from connectors.core.formats import load_json
from connectors.core.paginate import PageNumber, json_facts, walk
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, part_meta, part_name, web_url
from connectors.tiers_lieux.instances import Instance
from connectors.tiers_lieux.news import NewsItem, news_data

STREAM = "actualites"
MAPPING: str | None = None
ENABLED = True
TABULAR = False
PAGE_SIZE = 100
_POST_FIELDS = "id,guid,date_gmt,modified_gmt,link,title,excerpt,content,categories"


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """All posts, by id so that pages do not shift; the totals of the headers must come out.

    With ``options.category_names: true`` the names of the categories are asked for first.
    """
    url = web_url(instance)
    named: list[str] = []
    if instance.options.get("category_names"):
        terms = f"{url.rstrip('/').rpartition('/')[0]}/categories"
        for page in _pages(instance, context, terms, {"_fields": "id,name"}):
            name = f"{instance.id}.categories.{page.number:04d}.json"
            named.append(name)
            yield Part(
                name, page.response.body, "application/json", page.url, page.response.status,
                page.response.headers, part_meta(instance, role="no_records"),
            )  # fmt: skip
    for page in _pages(instance, context, url, {"_fields": _POST_FIELDS, **instance.params}):
        yield Part(
            part_name(instance, page.number, "json"), page.response.body, "application/json", page.url,
            page.response.status, page.response.headers, part_meta(instance, page=page.number, categories=named),
        )  # fmt: skip


def _pages(instance: Instance, context: FetchContext, url: str, params: dict[str, str]) -> Iterator[Any]:
    notes = context.notes.setdefault(f"listing.{instance.id}.{url.rpartition('/')[2]}", {})
    inspect = json_facts("", total_header="x-wp-total", key="id")
    pager = PageNumber("page", "per_page", PAGE_SIZE, past_end=frozenset({"http_400"}))
    return walk(
        context.http, url, pager, inspect, params={"orderby": "id", "order": "asc", **params},
        expect=("application/json",), notes=notes,
    )  # fmt: skip


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Posts of one page."""
    posts = load_json(part.path.read_bytes())
    if not isinstance(posts, list):
        raise Fatal(f"no list of posts but {str(posts)[:120]!r}", where=part.name, rule="unexpected_shape")
    names = _category_names(part)
    for number, post in enumerate(posts, start=1):
        if not isinstance(post, dict):
            yield not_an_object(f"item {number}", post, "post")
            continue
        data, doubts = news_data(_post(post, names))
        yield Item(f"item {number}", data, doubts=doubts)


def _category_names(part: LandedPart) -> dict[str, str]:
    """Id → name, from the parts that were landed beside this one."""
    names: dict[str, str] = {}
    for name in part.meta.get("categories", []):
        path = part.path.parent / str(name)
        if not path.is_file():
            raise Fatal(f"'{name}' is not beside it", where=part.name, rule="part_missing")
        names |= {str(term["id"]): str(term["name"]) for term in load_json(path.read_bytes())}
    return names


def _post(post: dict[str, Any], names: dict[str, str]) -> NewsItem:
    terms = post.get("categories")
    ids = [str(term) for term in terms] if isinstance(terms, list) else []
    return NewsItem(
        # The guid changes when a site moves to https or to another host; the number does not.
        key=str(post["id"]) if post.get("id") else _rendered(post.get("guid")),
        link=_rendered(post.get("link")),
        title=_rendered(post.get("title")),
        summary=_rendered(post.get("excerpt")),
        html=_rendered(post.get("content")),
        categories=[names.get(term, term) for term in ids],
        published=_utc(post.get("date_gmt")),
        updated=_utc(post.get("modified_gmt")),
    )


def _rendered(value: Any) -> str | None:
    value = value.get("rendered") if isinstance(value, dict) else value
    return value if isinstance(value, str) else None


def _utc(value: Any) -> str | None:
    """The ``_gmt`` fields are UTC and do not say so."""
    is_day = isinstance(value, str) and value[:4].isdigit()
    return f"{value}Z" if is_day and not value.endswith("Z") else value
