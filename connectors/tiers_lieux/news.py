"""Builds one news record in the vocabulary of the contract; the same for all news families."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.tiers_lieux import clean

_LANGUAGE = re.compile(r"([a-zA-Z]{2,3})([-_].*)?")
_TITLE_FROM_TEXT = 100


@dataclass(frozen=True)
class NewsItem:
    """One item as the feed has it; everything optional, everything text.

    Attributes:
        key: guid or id.
        html: full content as markup; ``summary`` may be markup too.
        published, updated: as written by the feed.
    """

    key: str | None = None
    link: str | None = None
    title: str | None = None
    summary: str | None = None
    html: str | None = None
    language: str | None = None
    categories: Iterable[str] = ()
    published: str | None = None
    updated: str | None = None


def news_data(item: NewsItem) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The record and its doubts. The key is the guid, else the link, else a hash of title and date."""
    doubts: list[str] = []
    title = clean.plain_text(item.title or "")
    content = item.html or item.summary or ""
    summary = clean.plain_text(item.summary or item.html or "", lines=True)
    if not title and summary:
        title = summary[:_TITLE_FROM_TEXT].partition("\n")[0]
        doubts.append("titre_absent")
    published, zone_missing = clean.instant(item.published)
    updated, other_zone_missing = clean.instant(item.updated)
    if zone_missing or other_zone_missing:
        doubts.append("fuseau_absent")
    link = clean.address_text(item.link or "")
    if scheme := clean.refused_scheme(link):
        doubts.append(f"adresse_refusee:{scheme}")
        link = ""
    data = {
        "guid": (item.key or "").strip() or link or _hash(title, item.published or item.updated or ""),
        "titre": title,
        "resume": summary,
        "contenu_html_sanitise": clean.safe_html(content, link) if "<" in content else None,
        "url": link,
        "langue": language_code(item.language),
        "categories": [text for term in item.categories if (text := clean.plain_text(term))],
        "date_publication": published,
        "date_maj": updated,
    }
    return {name: value for name, value in data.items() if value not in (None, "", [])}, tuple(doubts)


def language_code(value: str | None) -> str | None:
    """``fr`` of ``fr-FR``; None for nothing and for what is no language tag."""
    match = _LANGUAGE.fullmatch(value.strip()) if value else None
    return match[1].lower() if match else None


def _hash(title: str, date: str) -> str | None:
    if not title:
        return None
    return "h" + hashlib.sha256(f"{title}\x1f{date}".encode()).hexdigest()[:20]
