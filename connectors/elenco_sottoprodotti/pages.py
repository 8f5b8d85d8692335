"""Reads the register's two kinds of pages: a list of results, and the sheet of one entry.

No layout of the pages is published, so the reader relies on what any such page has: a sentence with the number of
results, links to sheets, and labels beside values in definition lists or tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from connectors.core.errors import Fatal
from connectors.elenco_sottoprodotti.labels import Labels
from schemas.sources.base import clean_text, fold

_FOUND = re.compile(
    r"trovat[aeio]\s*:?\s*(?P<a>\d[\d.]*)|(?P<b>\d[\d.]*)\s+(?:iscrizion[ei]|risultat[oi])\s+trovat|"
    r"(?:totale|numero)\s+(?:di\s+)?(?:iscrizioni|risultati)\s*:?\s*(?P<c>\d[\d.]*)",
    re.IGNORECASE,
)
_NONE = re.compile(r"\bnessun[ao]?\s+(?:iscrizione|risultato|sottoprodotto)|trovat[aeio]\s+0\b", re.IGNORECASE)
_CAPPED = re.compile(r"(?:più di|oltre|(?:mostrat|visualizzat)[aeio] (?:solo )?(?:i|le) prim[ie])\s+\d", re.IGNORECASE)
_NOT_THERE = re.compile(
    r"(?:scheda|iscrizione)\s+(?:non\s+(?:trovata|esistente|disponibile|presente)|inesistente)", re.IGNORECASE
)
_PRODUCT_HEADING = re.compile(r"sottoprodott", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "legend", "caption"})
_STARTS_PRODUCT = frozenset({"codice_ateco", "descrizione_attivita", "nome_commerciale_sottoprodotto"})


@dataclass(frozen=True)
class Results:
    """One page of results: the number the register declares, and the sheets it links to, in order."""

    total: int
    entries: tuple[tuple[str, str], ...]


@dataclass
class Sheet:
    """The sheet of one entry.

    Attributes:
        entry: fields of the entry, the same for all its by-products.
        by_products: fields of each by-product, in order.
        unknown: labels that no mapping knows, with their values.
        repeated: labels of the entry that came again with another value, which has no place.
        labels: number of labels that were recognised.
    """

    entry: dict[str, str] = field(default_factory=dict)
    by_products: list[dict[str, str]] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    repeated: list[tuple[str, str]] = field(default_factory=list)
    labels: int = 0


@dataclass(frozen=True)
class _Pair:
    """A label with its value; ``block`` tells lists and tables apart, ``heading`` is a title, no label."""

    label: str
    value: str
    block: int
    heading: bool = False


def read_results(root: Any, url: str, link: re.Pattern[str]) -> Results:
    """The results of a search.

    Args:
        root: the page.
        url: where it came from, to make links absolute.
        link: matches the address of a sheet; its first group is the entry's reference.

    Raises:
        Fatal: ``unexpected_page`` without a number of results, ``result_capped`` where the register shows
            only the first ones.
    """
    text = " ".join(root.text_content().split())
    if _CAPPED.search(text):
        raise Fatal(
            "the register shows only a part of the results; search by smaller areas", where=url, rule="result_capped"
        )
    found = _FOUND.search(text)
    if found is None and not _NONE.search(text):
        raise Fatal(f"no number of results on the page: '{text[:120]}'", where=url, rule="unexpected_page")
    digits = next((group for group in found.groups() if group), "0") if found else "0"
    entries, seen_rows = [], set()
    for anchor in root.iter("a"):
        match = link.search(anchor.get("href") or "")
        if not match:
            continue
        row = next((parent for parent in anchor.iterancestors("tr", "li", "article")), anchor)
        place = (match[1], id(row) if row is not anchor else match[1])
        if place not in seen_rows:
            seen_rows.add(place)
            entries.append((match[1], urljoin(url, anchor.get("href"))))
    return Results(int(digits.replace(".", "")), tuple(entries))


def is_missing(root: Any) -> bool:
    """Whether a page answered with 200 says that there is no such entry."""
    return bool(_NOT_THERE.search(" ".join(root.text_content().split())))


def read_sheet(root: Any, labels: Labels) -> Sheet:
    """Fields of one entry and of its by-products, whatever mixture of lists and tables holds them.

    A by-product starts at a heading that names one, at a row of a table of by-products, where a field comes
    again, or where a new block starts over after a by-product that has its name.
    """
    sheet = Sheet()
    product: dict[str, str] = {}
    block = -1
    for pair in _pairs(root, labels):
        if pair.heading:
            product = _keep(sheet, product)
            continue
        name = labels.field(pair.label)
        if name is None:
            if not labels.is_known(pair.label):
                sheet.unknown.append((pair.label, pair.value))
            continue
        sheet.labels += 1
        if fold(pair.label) not in labels.by_product:
            if sheet.entry.setdefault(name, pair.value) != pair.value:
                sheet.repeated.append((pair.label, pair.value))
            continue
        new_block = pair.block != block and "nome_commerciale_sottoprodotto" in product and name in _STARTS_PRODUCT
        if name in product or new_block:
            product = _keep(sheet, product)
        product[name], block = pair.value, pair.block
    _keep(sheet, product)
    return sheet


def _keep(sheet: Sheet, product: dict[str, str]) -> dict[str, str]:
    if product:
        sheet.by_products.append(product)
    return {}


def _pairs(root: Any, labels: Labels) -> Iterator[_Pair]:
    for block, element in enumerate(root.iter("dl", "table", *_HEADINGS)):
        if element.tag in _HEADINGS:
            text = _text(element)
            if _PRODUCT_HEADING.search(text) and element.getparent().tag != "table":
                yield _Pair(text, "", block, heading=True)
        elif element.tag == "dl":
            yield from _list_pairs(element, block)
        elif next(element.iterdescendants("table", "dl"), None) is None:  # not a table that only lays out
            yield from _table_pairs(element, block, labels)


def _list_pairs(element: Any, block: int) -> Iterator[_Pair]:
    label, values = "", list[str]()
    for child in element.iter("dt", "dd"):
        if child.tag == "dt":
            if label:
                yield _Pair(label, "; ".join(values), block)
            label, values = _text(child), []
        else:
            values.append(_value(child))
    if label:
        yield _Pair(label, "; ".join(values), block)


def _table_pairs(element: Any, block: int, labels: Labels) -> Iterator[_Pair]:
    rows = [[cell for cell in row if cell.tag in ("th", "td")] for row in element.iter("tr")]
    rows = [row for row in rows if row]
    if not rows:
        return
    head = [_text(cell) for cell in rows[0]]
    columns = [labels.is_known(title) for title in head]
    if len(head) > 1 and len(rows) > 1 and sum(columns) > len(head) / 2 and all(cell.tag == "th" for cell in rows[0]):
        for row in rows[1:]:  # titles above, one by-product a row
            yield _Pair("", "", block, heading=True)
            for title, cell in zip(head, row, strict=False):
                yield _Pair(title, _value(cell), block)
        return
    for row in rows:  # label and value side by side, once or several times a row
        for label, value in zip(row[::2], row[1::2], strict=False):
            yield _Pair(_text(label), _value(value), block)


def _text(element: Any) -> str:
    return clean_text(_joined(element)).rstrip(": ")


def _joined(element: Any) -> str:
    """Text on one line; no-break spaces stay, because one may be half of a doubly encoded letter."""
    return re.sub(r"[ \t\r\n\f]+", " ", element.text_content()).strip(" ")


def _value(element: Any) -> str:
    """Text of a cell, or the address where it holds nothing but a link to a file."""
    text = _joined(element)
    links = [a.get("href") for a in element.iter("a") if a.get("href")]
    is_mail = links and links[0].lower().startswith(("mailto:", "tel:"))
    return str(links[0]) if links and not is_mail and fold(text) in ("", "scarica", "allegato", "apri", "pdf") else text
