"""Names and texts as different hands write them."""

from __future__ import annotations

import random
import re
import unicodedata

from sandbox.world.chance import happens

MARK = {"FR": "(fictif)", "IT": "(fittizio)"}
"""Everything invented says so in its own name."""

_ABBREVIATIONS = {
    "avenue": "av.", "boulevard": "bd", "route": "rte", "chemin": "ch.", "place": "pl.", "impasse": "imp.",
    "zone artisanale": "ZA", "zone industrielle": "ZI", "corso": "c.so", "piazza": "p.za", "viale": "v.le",
    "strada": "str.", "frazione": "fraz.", "località": "loc.", "via": "v.",
}  # fmt: skip


def fold(text: str) -> str:
    """Lower case without accents, ``œ`` undone."""
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("’", "'")
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def slug(text: str) -> str:
    """``text`` as part of a URL."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def marked(name: str, country: str) -> str:
    """``name`` with the mark of invention behind it."""
    return f"{name} {MARK[country]}"


def typo(text: str, rng: random.Random) -> str:
    """One slip of the hand inside a word: a letter lost, doubled or two exchanged."""
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    if not places:
        return text
    i = rng.choice(places)
    slips = (
        text[:i] + text[i + 1 :],
        text[:i] + text[i] + text[i:],
        text[:i] + text[i + 1] + text[i] + text[i + 2 :],
    )
    return rng.choice(slips)


def upper_plain(text: str) -> str:
    """Capitals without accents, as registers print them."""
    return unicodedata.normalize("NFKD", text.replace("œ", "oe")).encode("ascii", "ignore").decode().upper()


def mojibake(text: str) -> str:
    """UTF-8 bytes read as Windows-1252 and stored so."""
    return text.encode("utf-8").decode("cp1252", errors="replace")


def short_street(street: str) -> str:
    """The street with its kind abbreviated."""
    lowered = street.lower()
    for word, short in _ABBREVIATIONS.items():
        position = lowered.find(word + " ")
        if position == 0 or (position > 0 and not lowered[position - 1].isalpha()):
            return street[:position] + short + street[position + len(word) :]
    return street


def commune_spelling(name: str, rng: random.Random) -> str:
    """Another spelling of a commune: capitals, St for Saint, hyphens lost."""
    ways = [upper_plain(name), name.replace("-", " ")]
    if "Saint" in name:
        short = name.replace("Sainte-", "Ste-").replace("Saint-", "St-")
        ways += [short, short.replace("-", " ").upper()]
    return rng.choice([way for way in ways if way != name] or [name])


def firm_spelling(core: str, legal_form: str, rng: random.Random) -> str:
    """A firm's name as one source writes it: form before, behind or absent, capitals, commas."""
    name = core
    if happens(rng, 0.12):
        name = name.replace(" & ", " et ").replace("Coopérative", "Coop.").replace("Azienda agricola", "Az. agr.")
    way = rng.random()
    if way < 0.55:
        name = f"{name} {legal_form}"
    elif way < 0.75:
        name = f"{legal_form} {name}" if "." not in legal_form else f"{name} {legal_form.replace('.', '')}"
    if happens(rng, 0.22):
        name = upper_plain(name)
    elif happens(rng, 0.05):
        name = typo(name, rng)
    return name.strip()
