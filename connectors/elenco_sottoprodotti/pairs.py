"""Labels and their values on a page, whatever mixture of definition lists and tables holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from connectors.elenco_sottoprodotti.labels import Labels
from schemas.sources.base import clean_text, fold

_PRODUCT_HEADING = re.compile(r"sottoprodott", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "legend", "caption"})
_TITLES_WITHOUT_TH = 3
_UNSEEN = frozenset({"script", "style", "template", "noscript"})
_ON_A_LINE_OF_ITS_OWN = frozenset(
    {"br", "p", "div", "li", "ul", "ol", "tr", "td", "th", "dt", "dd", "table", "dl", "hr"}
)
_MAX_COLUMNS = 100
_MAX_SPAN = 1000
"""As the HTML standard bounds ``colspan``."""


class Pair(NamedTuple):
    """A label with its value; ``block`` tells lists and tables apart, ``heading`` is a title, no label."""

    label: str
    value: str
    block: int
    heading: bool = False


def pairs_of(root: Any, labels: Labels) -> Iterator[Pair]:
    """Every label with its value, and the headings that start a by-product, in the order of the page."""
    for block, element in enumerate(root.iter("dl", "table", *_HEADINGS)):
        if element.tag in _HEADINGS:
            text = _text(element)
            if _PRODUCT_HEADING.search(text) and element.getparent().tag != "table":
                yield Pair(text, "", block, heading=True)
        elif element.tag == "dl":
            yield from _list_pairs(element, block)
        else:
            yield from _table_pairs(element, block, labels)


def _list_pairs(element: Any, block: int) -> Iterator[Pair]:
    label, values = "", list[str]()
    for child in element.iter("dt", "dd"):
        if child.tag == "dt":
            if label:
                yield Pair(label, "; ".join(values), block)
            label, values = _text(child), []
        else:
            values.append(_value(child))
    if label:
        yield Pair(label, "; ".join(values), block)


def _table_pairs(element: Any, block: int, labels: Labels) -> Iterator[Pair]:
    own = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
    rows = [row for row in own if next(row.iterdescendants("table", "dl"), None) is None]
    lays_out = len(rows) < len(own)
    table = [cells for row in rows if (cells := _cells(row))]
    if not table:
        return
    if not lays_out and _has_titles(table, labels):
        yield from _rows_under_titles(table, block)
        return
    for cells in table:  # label and value side by side, once or several times a row
        for label, value in zip_longest(cells[::2], cells[1::2]):
            title = _text(label)
            if value is None and (len(cells) == 1 or not title):
                continue  # a title over the rest of the table
            if not lays_out or labels.is_known(title):  # else it may be a menu
                yield Pair(title, "" if value is None else _value(value), block)


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in ("th", "td")]


def _has_titles(table: list[list[Any]], labels: Labels) -> bool:
    """Whether the first of several rows holds the titles of columns: marked as such, or all of them known labels."""
    head, *rest = table
    known = sum(labels.is_known(_text(cell)) for cell in head)
    if all(cell.tag == "th" for cell in head):
        return len(head) > 1 and bool(rest) and known > len(head) / 2
    return bool(rest) and known == len(head) >= _TITLES_WITHOUT_TH


def _rows_under_titles(table: list[list[Any]], block: int) -> Iterator[Pair]:
    """One by-product a row; a cell beyond the last title has the number of its column as its label."""
    titles: list[str] = []
    for number, cells in enumerate(_grid(table)):
        if not number:
            titles = ["" if cell is None else _text(cell) for cell in cells]
            continue
        yield Pair("", "", block, heading=True)
        for column, cell in enumerate(cells):
            value = "" if cell is None else _value(cell)
            title = titles[column] if column < len(titles) else ""
            if title and cell is not None:
                yield Pair(title, value, block)
            elif value:
                yield Pair(f"column {column + 1}", value, block)


def _grid(table: list[list[Any]]) -> Iterator[list[Any]]:
    """Cells by column: one over several rows stands in each of them, one over several columns has None beside it."""
    below: dict[int, tuple[Any, int]] = {}  # column → a cell from above, and for how many more rows
    for row in table:
        own = ((None if step else cell, cell) for cell in row for step in range(_span(cell, "colspan")))
        cells: list[Any] = []
        while len(cells) < _MAX_COLUMNS:
            column = len(cells)
            if column in below:
                cell, left = below.pop(column)
            else:
                cell, spanning = next(own, (None, None))
                if spanning is None:
                    break
                left = _span(spanning, "rowspan")
            if left > 1:
                below[column] = (cell, left - 1)
            cells.append(cell)
        yield cells


def _span(cell: Any, name: str) -> int:
    text = (cell.get(name) or "").strip()
    return min(int(text), _MAX_SPAN) if text.isdecimal() else 1


def _text(element: Any) -> str:
    return clean_text(_joined(element)).rstrip(": ")


def _joined(element: Any) -> str:
    """Text on one line, as it is seen; no-break spaces stay, one may be half of a doubly encoded letter."""
    return re.sub(r"[ \t\r\n\f]+", " ", "".join(_pieces(element))).strip(" ")


def _pieces(element: Any) -> Iterator[str]:
    """Texts of an element in order; what stands on a line of its own is parted from its neighbours."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _UNSEEN:
            gap = " " if child.tag in _ON_A_LINE_OF_ITS_OWN else ""
            yield gap
            yield from _pieces(child)
            yield gap
        yield child.tail or ""


def _value(element: Any) -> str:
    """Text of a cell, or the address where it holds nothing but a link to a file."""
    text = _joined(element)
    links = [a.get("href") for a in element.iter("a") if a.get("href")]
    is_mail = links and links[0].lower().startswith(("mailto:", "tel:"))
    return str(links[0]) if links and not is_mail and fold(text) in ("", "scarica", "allegato", "apri", "pdf") else text
