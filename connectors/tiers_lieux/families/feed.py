"""News feeds: RSS 0.91 to 2.0 and 1.0, Atom and JSON Feed 1.x.

A feed shows its last items only: what is missing from it was not deleted. Its own dates (``lastBuildDate``,
``ttl``) belong to no item and never count as a change. Authors are not taken.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException

import feedparser
from lxml import etree

from connectors.core.errors import Fatal
from connectors.core.formats import load_json, parse_xml
from connectors.core.http import Response
from connectors.core.paginate import NextLink, json_facts, walk
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux import clean
from connectors.tiers_lieux.families.base import (
    Item,
    not_an_object,
    one_document,
    part_meta,
    part_name,
    require_json,
    web_url,
)
from connectors.tiers_lieux.instances import Instance
from connectors.tiers_lieux.news import NewsItem, news_data

STREAM = "actualites"
MAPPING: str | None = None
ENABLED = True
TABULAR = False
_ROOTS = {"rss", "RDF", "feed"}
_JSON_FEED = ("https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1")
_RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
_NOTHING = re.compile(r"pas (encore )?de fiche|no (record|entr)|nessun", re.IGNORECASE)


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The feed with a conditional GET. A JSON Feed of several pages needs ``options: {paged: true}``.

    A paged feed is asked for without condition: "not modified" of its first page says nothing of the others.
    """
    if not instance.options.get("paged"):
        yield from one_document(
            instance, context, media_type="application/rss+xml", extension="feed", check=_require_feed
        )
        return
    inspect = json_facts("items", next_="next_url", key="id")
    for page in walk(context.http, web_url(instance), NextLink(), inspect, params=instance.params):
        yield Part(
            part_name(instance, page.number, "feed"), page.response.body, page.response.media_type, page.url,
            page.response.status, page.response.headers, part_meta(instance, page=page.number),
        )  # fmt: skip


def _require_feed(response: Response) -> None:
    if response.body.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16: the XML parser says what it is
        return
    start = response.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise Fatal("a web page instead of a feed", where=response.url, rule="html_not_feed")
    if not start.startswith(b"<"):
        require_json(response)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Items of the feed, whichever of the three forms it has.

    Raises:
        Fatal: not well-formed (so perhaps cut), a DOCTYPE, or another document than a feed.
    """
    with part.path.open("rb") as stream:
        start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    yield from _json_feed(part) if start.startswith(b"{") else _xml_feed(part)


def _xml_feed(part: LandedPart) -> Iterator[Item]:
    root = parse_xml(part.path)
    name = etree.QName(root).localname
    if name not in _ROOTS:
        raise Fatal(f"the root is <{name}>, not a feed", where=part.name, rule="not_a_feed")
    # Bytes in a stream object: a text or a bare byte string would be taken for a URL or a file name.
    parsed = feedparser.parse(
        io.BytesIO(part.path.read_bytes()),
        response_headers={"content-type": "application/xml", "content-location": _base(root) or part.url},
    )
    if isinstance(parsed.get("bozo_exception"), SAXException):
        raise Fatal(f"not well-formed: {parsed.bozo_exception}", where=part.name, rule="xml_malformed")
    if _says_nothing(parsed):
        return
    for number, entry in enumerate(parsed.entries, start=1):
        data, doubts = news_data(_entry(entry, parsed.feed, is_rss=str(parsed.version).startswith("rss")))
        yield Item(f"item {number}", data, doubts=doubts)


def _base(root: Any) -> str | None:
    """Address of the site the feed belongs to; relative links in its texts start from there."""
    channels = ("channel/link", *(f"{{{name}}}channel/{{{name}}}link" for name in _RSS_1))
    link = next((text for path in channels if (text := root.findtext(path)) is not None), None)
    if link is None:
        found = root.find("{http://www.w3.org/2005/Atom}link[@rel='alternate']")
        link = found.get("href", "") if found is not None else ""
    return link.strip() if link.strip().startswith(("http://", "https://")) else None


def _entry(entry: Any, feed: Any, *, is_rss: bool) -> NewsItem:
    contents = entry.get("content") or []
    full = next((c for c in contents if "html" in c.get("type", "")), contents[0] if contents else {})
    # feedparser answers "updated" with the publication when there is no update, so look before asking.
    published, updated = entry.get("published"), entry["updated"] if dict.__contains__(entry, "updated") else None
    if is_rss and not published:  # RSS 1.0 has no date of its own: dc:date is the day of the item
        published, updated = updated, None
    language = full.get("language") or _detail(entry, "title").get("language") or feed.get("language")
    return NewsItem(
        key=entry.get("id"),
        link=entry.get("link"),
        title=entry.get("title"),
        summary=entry.get("summary"),
        html=full.get("value"),
        language=language,
        categories=[tag.get("term") or tag.get("label") or "" for tag in entry.get("tags", [])],
        published=published,
        updated=updated,
    )


def _detail(entry: Any, name: str) -> dict[str, Any]:
    return entry.get(f"{name}_detail") or {}


def _says_nothing(parsed: Any) -> bool:
    """YesWiki answers an empty list with one invented item, dated the first of January 1970 or of the year.

    It declares ``<count>0</count>`` in recent versions; older ones only repeat one sentence as title and text.
    """
    if str(parsed.feed.get("count", "")).strip() == "0":
        return True
    if len(parsed.entries) != 1:
        return False
    entry = parsed.entries[0]
    title, text = (clean.plain_text(entry.get(name) or "") for name in ("title", "summary"))
    return bool(title) and title == text and bool(_NOTHING.search(title))


def _json_feed(part: LandedPart) -> Iterator[Item]:
    feed = load_json(part.path.read_bytes())
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not str(feed.get("version", "")).startswith(_JSON_FEED):
        raise Fatal("is no JSON Feed 1.x", where=part.name, rule="not_a_feed")
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            yield not_an_object(f"item {number}", item, "item")
            continue
        data, doubts = news_data(_json_item(item, feed, part.url))
        yield Item(f"item {number}", data, doubts=doubts)


def _json_item(item: dict[str, Any], feed: dict[str, Any], url: str) -> NewsItem:
    base, link = feed.get("home_page_url"), next((item[n] for n in ("url", "external_url") if item.get(n)), None)

    def text(name: str) -> str | None:
        value = item.get(name)
        return None if value is None or isinstance(value, (dict, list)) else str(value)

    tags = item.get("tags")
    return NewsItem(
        key=text("id"),  # version 1.0 allowed numbers
        link=urljoin(base if isinstance(base, str) and base else url, link) if isinstance(link, str) else None,
        title=text("title"),
        summary=text("summary") or text("content_text"),
        html=text("content_html"),
        language=text("language") or (feed["language"] if isinstance(feed.get("language"), str) else None),
        categories=[str(tag) for tag in tags if isinstance(tag, str | int)] if isinstance(tags, list) else [],
        published=text("date_published"),
        updated=text("date_modified"),
    )
