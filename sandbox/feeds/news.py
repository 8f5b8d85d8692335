"""News as the sites publish them: HTML inside titles, odd dates, items posted twice."""

from __future__ import annotations

import datetime as dt
import html
from email.utils import format_datetime
from random import Random

from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import TODAY, happens, stream
from sandbox.world.news import News
from sandbox.world.wording import marked

SOURCE, STREAM = "tiers_lieux", "actualites"
INSTANCES = {
    "wordpress": "blog_alpes", "atom": "reseau_atom", "jsonfeed": "rete_jsonfeed", "wpjson": "wp_transfrontalier",
    "bazar": "bazar_agenda",
}  # fmt: skip
SITES = {
    "wordpress": "https://blog-alpes.example", "atom": "https://reseau-tierslieux.example",
    "jsonfeed": "https://rete-spazi.example", "wpjson": "https://transfrontalier.example",
    "bazar": "https://bazar.example",
}  # fmt: skip
_FR_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_FR_MONTHS = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip


def _row(item: News, feed: str, number: int, rng: Random) -> Row:
    site = SITES[feed]
    link = site + item.path
    guid = {
        "wordpress": f"{site}/?p={1000 + number}", "atom": f"tag:{site[8:]},{item.published:%Y}:{number}",
        "jsonfeed": str(7000 + number), "wpjson": str(300 + number), "bazar": link,
    }[feed]  # fmt: skip
    mark = "(fictif)" if item.language == "fr" else "(fittizio)"
    categories = ["Actualités"] if item.language == "fr" else ["Notizie"]
    if happens(rng, 0.3):
        categories.append("ALCOTRA")
    return {
        KEY: f"{INSTANCES[feed]}:{guid}",
        "guid": guid,
        "title": f"{item.title} {mark}",
        "link": link,
        "published": item.published.isoformat(),
        "updated": item.updated.isoformat(),
        "published_text": format_datetime(item.published),
        "language": item.language,
        "categories": categories,
        "author": marked("Rédaction" if item.language == "fr" else "Redazione", item.place.country),
        "summary": item.text,
        "content": f"<p>{html.escape(item.text)}</p><p>{_place_link(item)}</p>",
    }  # fmt: skip


def _place_link(item: News) -> str:
    return f'<a href="/lieux/{item.place.id}">{html.escape(item.place.name)}</a>'


def _title_html(row: Row, _rng: Random) -> bool:
    row["title"] = html.escape(row["title"]).replace("é", "&eacute;") + "<br/>"
    return True


def _double_escaped(row: Row, _rng: Random) -> bool:
    row["title"] = row["title"].replace("'", "&amp;#8217;").replace("–", "&amp;#8211;")
    return True


def _french_date(row: Row, _rng: Random) -> bool:
    moment = dt.datetime.fromisoformat(row["published"])
    row["published_text"] = (
        f"{_FR_DAYS[moment.weekday()]}, {moment.day:02d} {_FR_MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} +0000"
    )
    return True


def _no_zone(row: Row, _rng: Random) -> bool:
    row["published_text"] = dt.datetime.fromisoformat(row["published"]).strftime("%a, %d %b %Y %H:%M:%S")
    return True


def _relative_link(row: Row, _rng: Random) -> bool:
    row["link"] = "/" + row["link"].split("/", 3)[3]
    return True


def _tracking(row: Row, _rng: Random) -> bool:
    row["link"] += "?utm_source=rss&utm_medium=feed"
    return True


def _gutenberg(row: Row, _rng: Random) -> bool:
    row["content"] = f"<!-- wp:paragraph -->{row['content']}<!-- /wp:paragraph --><script>track()</script>"
    return True


def _nothing(row: Row, _rng: Random) -> bool:
    row["title"] = row["summary"] = row["content"] = ""
    return True


_SPOILERS = (
    Spoiler("empty_item", ("title", "summary", "content"), 0.015, _nothing, unreadable=True),
    Spoiler("title_html", ("title",), 0.06, _title_html),
    Spoiler("title_double_escaped", ("title",), 0.06, _double_escaped),
    Spoiler("date_french", ("published_text",), 0.05, _french_date),
    Spoiler("date_without_zone", ("published_text",), 0.05, _no_zone),
    Spoiler("link_relative", ("link",), 0.04, _relative_link),
    Spoiler("link_tracking", ("link",), 0.06, _tracking),
    Spoiler("content_script", ("content",), 0.05, _gutenberg),
)
_TEXT_DATES = {"date_french", "date_without_zone"}


def build(seed: int, items: list[News], truth: Truth) -> dict[str, list[Row]]:
    """Items by feed, newest first, defects planted; only RSS shows dates as text."""
    feeds: dict[str, list[Row]] = {}
    for feed, instance in INSTANCES.items():
        rng = stream(seed, f"news-{feed}")
        rows = [_row(item, feed, n, rng) for n, item in enumerate(items, start=1) if feed in item.feeds]
        for item, row in zip([i for i in items if feed in i.feeds], rows, strict=True):
            truth.news.setdefault(item.id, []).append(
                {"source": SOURCE, "stream": STREAM, "key": row[KEY], "place": item.place.id}
            )
        spoilers = [s for s in _SPOILERS if feed in ("wordpress", "bazar") or s.kind not in _TEXT_DATES]
        spoil(rows, spoilers, stream(seed, f"news-{instance}-defects"), truth, SOURCE, STREAM)
        feeds[feed] = rows[::-1]
    return feeds


def last_change(rows: list[Row]) -> dt.datetime:
    """When the newest item was written or edited."""
    return max(
        (dt.datetime.fromisoformat(row["updated"]) for row in rows),
        default=dt.datetime.combine(TODAY, dt.time(), dt.UTC),
    )
