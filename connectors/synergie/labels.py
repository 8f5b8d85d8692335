"""Texts that are not values: labels above the table and between its lines, and the words of totals."""

from __future__ import annotations

import functools
import re
from datetime import date
from typing import Any

from unidecode import unidecode

from connectors.synergie.cells import Converter, as_text
from connectors.synergie.days import read_day
from connectors.synergie.headings import Columns, normalise, preamble_labels, total_words
from connectors.synergie.tables import Table
from connectors.synergie.values import currency_of
from schemas.sources.synergie import DATE_FIELDS

_PREFIX = 3
_PERIOD = re.compile(r"\s*p[ée]riod[eo]?\b[^:]*\d{4}.*\d{4}", re.IGNORECASE)
_LABEL = re.compile(r"\s*([^:]{2,60}?)\s*:\s*(.*)", re.DOTALL)


@functools.cache
def _starts() -> frozenset[str]:
    return frozenset(word[:_PREFIX] for words in total_words().values() for word in words)


def _start(text: str) -> str:
    """The first letters as ``normalise`` writes them."""
    start = text.lstrip()[:_PREFIX].lower().replace("/", " ").replace("-", " ")
    return start if start.isascii() else unidecode(start).lower()


@functools.lru_cache(maxsize=8192)
def nature_of(text: str) -> str | None:
    """Kind of total that a label announces: ``total``, ``sous_total`` or None."""
    if _start(text) not in _starts():  # nearly every text of a list ends here
        return None
    words = total_words()
    plain = normalise(text)
    if any(plain == word or plain.startswith(word + " ") for word in words["overall"]):
        return "total"
    if any(plain == word or plain.startswith(word + " ") for word in words["group"]) or plain in words["alone"]:
        return "sous_total"
    return None


@functools.lru_cache(maxsize=8192)
def is_part(text: str) -> bool:
    """The label says that its row is part of a sum above it: ``di cui IVA``."""
    if _start(text) not in _starts():
        return False
    plain = normalise(text)
    return any(plain == word or plain.startswith(word + " ") for word in total_words()["part"])


def read_label(text: str) -> tuple[str, Any] | None:
    """Field and value of ``label : value``; the value may be empty, when it stands in the next cell."""
    if _PERIOD.match(text):
        return "periode", text
    match = _LABEL.fullmatch(text)
    name = preamble_labels().get(normalise(match[1])) if match else None
    return (name, _context_value(name, match[2].strip())) if match and name else None


def _context_value(name: str, value: Any) -> Any:
    if name in DATE_FIELDS:
        return read_day(value).value
    text = as_text(value)
    return currency_of(text) or text if name == "devise" and text else text


def take_label(context: dict[str, Any], unread: dict[str, str], name: str, content: Any) -> None:
    """Put what a label says into the context; a day that cannot be read is set aside, with its text.

    A preamble holds for every line, and none of them is wrong because of it.
    """
    found = {name: content}
    if name == "periode":
        first, last = Converter({}, frozenset(), date_1904=False).period(content)
        found = {"periode_debut": first.value, "periode_fin": last.value}
    for key, value in found.items():
        context.pop(key, None)
        if key in DATE_FIELDS and value is not None and not isinstance(value, date):
            unread[key] = str(value)
        elif value is not None:
            context[key] = value
            unread.pop(key, None)


def read_preamble(table: Table, columns: Columns) -> tuple[dict[str, Any], dict[str, str]]:
    """What the rows above the heading say about all lines, and the days among it that cannot be read."""
    context: dict[str, Any] = {}
    unread: dict[str, str] = {}
    seen: set[str] = set()
    for row in table.rows:
        if row.number >= columns.row:
            break
        cells = [cell.value for cell in row.cells if cell.value is not None]
        for position, value in enumerate(cells):
            found = read_label(value) if isinstance(value, str) else None
            if not found:
                continue
            name, content = found
            if not content and position + 1 < len(cells):
                content = _context_value(name, cells[position + 1])
            if content and name not in seen:
                seen.add(name)
                take_label(context, unread, name, content)
    return context, unread
