"""Writing conventions undone, value by value: markup, placeholders, days, instants.

Nothing here guesses a meaning. A value that cannot be read is handed on as it came, and the contract says
what is wrong with it.
"""

from __future__ import annotations

import email.utils
import html
import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import nh3

from schemas.sources.base import clean_text

ZONE = ZoneInfo("Europe/Paris")
"""Zone of instants that come without one; Italy has the same."""
PLACEHOLDERS = frozenset({"hidden", "null", "none", "nan", "undefined", "n/a", "nc", "n.c.", "-", "--", "."})
"""What platforms write where there is nothing."""
NEWS_TAGS = frozenset({
    "a", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
})  # fmt: skip
"""Markup that news may keep; images are left out because many are tracking pixels."""
_BREAKS = re.compile(r"<\s*(br|/p|/li|/div|/h[1-6]|/tr|/ul|/ol|/td|/th)\b[^<>]*>", re.IGNORECASE)
_RUNNING_SCHEME = re.compile(r"(javascript|vbscript|data|file|blob|about):", re.IGNORECASE)
_SKIPPED = re.compile(r"[\x00-\x20\x7f-\xa0\u200b\ufeff]")
_MARKUP = re.compile(r"[<&]")
_MAX_PASSES = 6
_MILLISECONDS_FROM = 100_000_000_000
_SECONDS_FROM = 100_000_000  # 1973; smaller numbers are years or nothing
_EPOCH_DIGITS = re.compile(r"\d{9,13}")
_ISO_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_LOCAL_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T]\d{1,2}[:h].*)?")
_DAY_KEYS = ("sec", "$date", "$numberLong", "date")
"""Where an object holds its date: EJSON of two ages, and PHP's own."""
_LOCAL_INSTANT = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T](\d{1,2})[:h](\d{2})(?::(\d{2}))?)?")
_OFFSET_OF = {"CET": "+0100", "CEST": "+0200", "UTC": "+0000", "GMT": "+0000"}
_ZONE_NAME = re.compile(r"(?<=\d) ?\b(CEST|CET|UTC|GMT)$", re.IGNORECASE)
"""A zone written as a name behind the time; of these, e-mail knows only the last two and ISO 8601 none."""
_MONTHS = {
    "jan": "janv|janvier|gen|gennaio|january", "feb": "fév|févr|février|fevr|fevrier|febbraio|february",
    "mar": "mars|marzo|march", "apr": "avr|avril|aprile|april", "may": "mai|mag|maggio|may",
    "jun": "juin|giu|giugno|june", "jul": "juil|juillet|lug|luglio|july", "aug": "août|aout|ago|agosto|august",
    "sep": "sept|septembre|set|settembre|september", "oct": "octobre|ott|ottobre|october",
    "nov": "novembre|november", "dec": "déc|décembre|decembre|dic|dicembre|december",
}  # fmt: skip
_MONTH_OF = {name: short for short, names in _MONTHS.items() for name in [short, *names.split("|")]}
_WORD = re.compile(r"[^\W\d_]+\.?")
_WEEKDAY = re.compile(r"^\s*[^\W\d_]+\.?\s*,?\s*(?=\d)")
_RFC_NAIVE = re.compile(r"\d{1,2} [A-Za-z]{3} \d{4}( \d{1,2}:\d{2}(:\d{2})?)?\s*")


def plain_text(value: str, *, lines: bool = False) -> str:
    """``value`` without tags, comments, scripts and character references, also doubly escaped ones.

    Args:
        value: text or HTML.
        lines: keep line breaks (descriptions); else all white space becomes one space (names).
    """
    text = value
    for _ in range(_MAX_PASSES):
        if not _MARKUP.search(text):
            break
        stripped = html.unescape(nh3.clean(_BREAKS.sub("\n", text), tags=set()))
        if stripped == text:
            break
        text = stripped
    text = clean_text(text)
    if not lines:
        return " ".join(text.split())
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n ?", "\n", re.sub(r"\s*\n\s*\n\s*", "\n\n", text)).strip()


def safe_html(value: str, page: str = "") -> str:
    """HTML reduced to ``NEWS_TAGS``: no scripts, styles, images, event handlers or foreign schemes.

    Args:
        page: address of the page it stands on, from which its relative links start.
    """

    def whole(_tag: str, name: str, link: str) -> str | None:
        try:
            return urljoin(page, link) if page and name == "href" else link
        except ValueError:  # an address that is none
            return None

    cleaned = nh3.clean(
        value,
        tags=set(NEWS_TAGS),
        attributes={"a": {"href", "title", "hreflang"}},
        attribute_filter=whole,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return clean_text(cleaned)


def address_text(value: str) -> str:
    """A web or mail address as sent, without blank ends; only ``&amp;`` is undone."""
    return clean_text(value).replace("&amp;", "&")


def refused_scheme(value: str) -> str | None:
    """The scheme of an address that runs or reads something instead of leading somewhere, else None.

    Browsers skip blanks and control characters inside it, so they are skipped here too.
    """
    match = _RUNNING_SCHEME.match(_SKIPPED.sub("", value))
    return match[1].lower() if match else None


def is_placeholder(value: str) -> bool:
    """The text only says that there is nothing."""
    return value.strip().casefold() in PLACEHOLDERS


def day(value: Any) -> Any:
    """The day of a date in any of the platforms' writings, as ISO text; None for "no date".

    Read are ISO days and instants, ``d/m/Y`` with or without time, and epoch seconds or milliseconds (also as
    text, or inside ``{"sec": …}``, ``{"$date": …}``, ``{"date": …}``). Instants with a zone are taken to the
    day in ``ZONE``. Anything else comes back untouched, for the contract to refuse.
    """
    if isinstance(value, dict):
        inner = next((value[name] for name in _DAY_KEYS if name in value), None)
        return value if inner is None else day(inner)
    if value is None or isinstance(value, bool):
        return value
    text = clean_text(str(value))
    if _EPOCH_DIGITS.fullmatch(text) or (isinstance(value, float) and value >= _SECONDS_FROM):
        return _epoch_day(value)
    if (
        not text
        or text.startswith(("0000-00-00", "-0001-11-30"))
        or text in {"0", "00/00/0000"}
        or is_placeholder(text)
    ):
        return None
    if match := _ISO_DAY.fullmatch(text):
        return _iso_day(text) or match[1]
    return _local_day(text) or text


def _local_day(text: str) -> str | None:
    match = _LOCAL_DAY.fullmatch(text)
    try:
        return date(int(match[3]), int(match[2]), int(match[1])).isoformat() if match else None
    except ValueError:
        return None


def _epoch_day(value: Any) -> Any:
    try:
        seconds = float(value)
        seconds = seconds / 1000 if abs(seconds) >= _MILLISECONDS_FROM else seconds
        return datetime.fromtimestamp(seconds, UTC).astimezone(ZONE).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return str(value)[:40]


def _iso_day(text: str) -> str | None:
    """Day in ``ZONE`` of an ISO instant that states its zone, else None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(ZONE).date().isoformat() if moment.tzinfo else None


def instant(value: Any) -> tuple[Any, bool]:
    """An instant as ISO text in UTC, and whether its zone had to be assumed.

    Read are ISO 8601 and RFC 822 dates, the latter also with French or Italian names of days and months,
    ``d/m/Y`` with or without time, and epoch seconds or milliseconds.
    Anything else comes back untouched, for the contract to refuse.
    """
    text = clean_text(str(value)) if value is not None else ""
    if not text or text.startswith("0000-00-00"):
        return None, False
    zoned = _ZONE_NAME.sub(lambda match: _OFFSET_OF[match[1].upper()], text)
    moment = _iso_instant(zoned) or _local_instant(text) or _epoch_instant(text) or _rfc_instant(zoned)
    if moment is None:
        return text, False
    assumed = moment.tzinfo is None
    if assumed:
        moment = moment.replace(tzinfo=ZONE)
    if moment.timestamp() == 0:  # how computers write "no date"
        return None, False
    return moment.astimezone(UTC).isoformat(timespec="seconds"), assumed


def _iso_instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _local_instant(text: str) -> datetime | None:
    match = _LOCAL_INSTANT.fullmatch(text)
    if not match:
        return None
    day_, month, year, hour, minute, second = (int(number or 0) for number in match.groups())
    try:
        return datetime(year, month, day_, hour, minute, second)  # noqa: DTZ001 - ``instant`` gives the zone
    except ValueError:
        return None


def _epoch_instant(text: str) -> datetime | None:
    if not _EPOCH_DIGITS.fullmatch(text):
        return None
    seconds = int(text)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)


def _rfc_instant(text: str) -> datetime | None:
    english = _WORD.sub(_english_month, _WEEKDAY.sub("", text))
    if _RFC_NAIVE.fullmatch(english) and ":" not in english:
        english = f"{english.strip()} 00:00:00"
    try:
        moment = email.utils.parsedate_to_datetime(english)
    except (TypeError, ValueError, IndexError):
        return None
    # "-0000" and a missing zone both come back naive; RFC 5322 gives the former to UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None and "-0000" in english else moment


def _english_month(match: re.Match[str]) -> str:
    return _MONTH_OF.get(match[0].rstrip(".").casefold(), match[0])
