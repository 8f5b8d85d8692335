"""Reads the register's two kinds of pages: a list of results, and the sheet of one entry.

No layout of the pages is published, so the reader relies on what any such page has: a sentence with the number of
results, links to sheets, and labels beside values in definition lists or tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from connectors.core.errors import Fatal
from connectors.elenco_sottoprodotti.labels import Labels
from connectors.elenco_sottoprodotti.pairs import pairs_of
from schemas.sources.base import fold

_COUNT = r"(\d[\d.]*)"
_FOUND = re.compile(
    rf"trovat[aeio]\s*:?\s*(?:n\.\s*)?{_COUNT}|{_COUNT}\s+(?:iscrizion[ei]|risultat[oi]|impres[ae]|schede|voci)\s+trovat|"
    rf"(?:totale|numero)\s+(?:(?:di|delle|dei)\s+)?(?:iscrizioni|risultati)\s*:?\s*{_COUNT}|"
    rf"(?:iscrizioni|risultati)\s+(?:da\s+)?\d[\d.]*\s*(?:-|–|a)\s*\d[\d.]*\s+(?:di|su)\s+{_COUNT}|"
    rf"(?:prodotto|restituito)\s+{_COUNT}\s+risultat[oi]|risultati\s+(?:della ricerca\s*)?:\s*{_COUNT}",
    re.IGNORECASE,
)
_NONE = re.compile(r"\bnessun[ao]?\s+(?:iscrizione|risultato|sottoprodotto)|trovat[aeio]\s+0\b", re.IGNORECASE)
# Names of by-products stand on the page too: "scarti oltre 10 mm" is no limit.
_CAPPED = re.compile(
    r"(?:più di|oltre)\s+\d[\d.]*\s+(?:iscrizioni|risultati|imprese)|trovat[aeio]\s*:?\s*(?:più di|oltre)\s+\d|"
    r"(?:mostrat|visualizzat)[aeio] (?:solo )?(?:i|le) prim[ie]\s+\d",
    re.IGNORECASE,
)
_NOT_THERE = re.compile(
    r"(?:scheda|iscrizione)\s+(?:non\s+(?:trovata|esistente|disponibile|presente)|inesistente)", re.IGNORECASE
)
MIN_LABELS = 3
"""A page with fewer known labels is no sheet of an entry."""
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
    entries: list[tuple[str, str]] = []
    seen_rows: set[tuple[str, Any]] = set()
    for anchor in root.iter("a"):
        match = link.search(anchor.get("href") or "")
        if not match:
            continue
        row = next((parent for parent in anchor.iterancestors("tr", "li", "article")), anchor)
        # The row itself, not its id: lxml makes a new object of a row that nothing holds.
        place = (match[1], row if row is not anchor else None)
        if place not in seen_rows:
            seen_rows.add(place)
            entries.append((match[1], urljoin(url, anchor.get("href"))))
    return Results(int(digits.replace(".", "")), tuple(entries))


def is_missing(root: Any, labels: Labels) -> bool:
    """Whether a page answered with 200 says that there is no such entry, instead of showing one.

    A sheet may say of its attachment that there is none: what shows an entry is not missing.
    """
    says_so = _NOT_THERE.search(" ".join(root.text_content().split()))
    return says_so is not None and read_sheet(root, labels).labels < MIN_LABELS


def read_sheet(root: Any, labels: Labels) -> Sheet:
    """Fields of one entry and of its by-products, whatever mixture of lists and tables holds them.

    A by-product starts at a heading that names one, at a row of a table of by-products, where a field comes
    again, or where a new block starts over after a by-product that has its name.
    """
    sheet = Sheet()
    product: dict[str, str] = {}
    block = -1
    for pair in pairs_of(root, labels):
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
