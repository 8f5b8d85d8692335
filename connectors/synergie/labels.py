"""Texts that are not values: labels above the table and between its lines, and the words of totals."""

from __future__ import annotations

import functools
import re
from typing import Any

from connectors.synergie.cells import Converter, as_text
from connectors.synergie.days import read_day
from connectors.synergie.headings import Columns, normalise, preamble_labels, total_words
from connectors.synergie.tables import Table
from schemas.sources.synergie import DATE_FIELDS

_PREFIX = 3
_PERIOD = re.compile(r"\s*p[ée]riod[eo]?\b[^:]*\d{4}.*\d{4}", re.IGNORECASE)
_LABEL = re.compile(r"\s*([^:]{2,60}?)\s*:\s*(.*)", re.DOTALL)


@functools.lru_cache(maxsize=8192)
def nature_of(text: str) -> str | None:
    """Kind of total that a label announces: ``total``, ``sous_total`` or None."""
    overall, group = total_words()
    if text.lstrip()[:_PREFIX].lower() not in {word[:_PREFIX] for word in (*overall, *group)}:
        return None
    plain = normalise(text)
    if any(plain == word or plain.startswith(word + " ") for word in overall):
        return "total"
    if any(plain == word or plain.startswith(word + " ") for word in group):
        return "sous_total"
    return None


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
    return as_text(value)


def read_preamble(table: Table, columns: Columns) -> dict[str, Any]:
    """What the rows above the heading say about all lines."""
    context: dict[str, Any] = {}
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
            if content:
                context.setdefault(name, content)
    period = context.pop("periode", None)
    if period:
        first, last = Converter({}, frozenset(), date_1904=False).period(period)
        context.setdefault("periode_debut", first.value)
        context.setdefault("periode_fin", last.value)
    return context
