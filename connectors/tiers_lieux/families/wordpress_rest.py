"""Posts through the REST interface of WordPress (``/wp-json/wp/v2/posts``), all pages.

Only the named fields are asked for: the author is not among them. With ``options.incremental: true`` a run asks for
what was changed since the newest change that the last good load saw, less ``options.overlap_days`` (2).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from connectors.core.cursor import window
from connectors.core.errors import BadConfig, Fatal
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
OVERLAP_DAYS = 2
"""A site may compare with its own local time, which is up to 14 hours away."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
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
    newest, since = _last_change(instance, context)
    for page in _pages(instance, context, url, {"_fields": _POST_FIELDS, **instance.params, **since}):
        newest = max([newest, *_changes(page.response.body)])
        yield Part(
            part_name(instance, page.number, "json"), page.response.body, "application/json", page.url,
            page.response.status, page.response.headers, part_meta(instance, page=page.number, categories=named),
        )  # fmt: skip
    if instance.options.get("incremental"):
        cursor = {"changed": newest, "settings": _digest(instance)}
        context.notes.setdefault("cursor", dict(context.since or {}))[instance.id] = cursor


def _last_change(instance: Instance, context: FetchContext) -> tuple[str, dict[str, str]]:
    """The newest change that was seen, and what to ask for; all posts where settings or the code changed since."""
    cursor = (context.since or {}).get(instance.id, {})
    is_usable = instance.options.get("incremental") and not context.reads_anew and cursor.get("changed")
    if not is_usable or cursor.get("settings") != _digest(instance):
        return "", {}
    days = instance.options.get("overlap_days", OVERLAP_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise BadConfig(
            f"instance '{instance.id}': options.overlap_days must be a whole number from 1 on",
            source=context.source.id, rule="mapping",
        )  # fmt: skip
    return cursor["changed"], {"modified_after": window(cursor["changed"], timedelta(days=days))}


def _changes(body: bytes) -> Iterator[str]:
    """When the posts of a page were changed last (UTC); what cannot be read is told when the page is read."""
    posts = load_json(body)
    for post in posts if isinstance(posts, list) else ():
        changed = post.get("modified_gmt") if isinstance(post, dict) else None
        if isinstance(changed, str) and _MOMENT.fullmatch(changed):
            yield f"{changed}Z"


def _digest(instance: Instance) -> str:
    return hashlib.sha256(instance.model_dump_json().encode()).hexdigest()


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
