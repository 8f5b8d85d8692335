"""Which column is which: headings in three languages, padded, misspelt, bilingual or spread over two rows."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz
from unidecode import unidecode

from connectors.synergie.values import currency_of
from schemas.sources.base import clean_text

ALIASES = Path(__file__).with_name("aliases.yml")
SIMILAR = 90.0  # percent; at or above, and with no rival, a misspelt heading is accepted with a warning
_MIN_FUZZY = 6  # shorter headings differ by one letter too easily
_UNITS = re.compile(
    r"\((?:€|eur|euros?|%|en €|en euros?|in euro|o/n|oui/non|s/n|s[iì]/no|y/n|yes/no|[jgd]{1,2}/mm/[ay]{2,4})\)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\b(?:n[°º.]|num(?:e|é)ro|numero|num\.|nr\.?|no\.)\s*(?:d(?:e|el|ella|u)\b)?", re.IGNORECASE)
_CURRENCY = re.compile(
    r"[\s(\[]+(?:en |in )?(€|eur|euros?|s?chf|sfr|francs? suisses?|franchi svizzeri|£|gbp|\$|usd)[\s)\]]*$",
    re.IGNORECASE,
)
"""The currency at the end of a heading: ``Montant déclaré (CHF)``."""
_SCALE = re.compile(
    r"\b[km]\s?(?:€|eur\b|euros?\b|chf\b)|\b(?:milliers?|migliaia|mille|thousands?|millions?|milioni|mio)\b",
    re.IGNORECASE,
)
"""A heading whose amounts are not counted in units."""
_LOST = "_?\ufffd"
LANGUAGES = ("fr", "it", "en")


@dataclass(frozen=True)
class Profile:
    """Headings of one kind of list.

    Attributes:
        aliases: normalised heading → (field, language or None where it is written so in several).
        weak: normalised heading → fields in order of preference.
        spelt: headings as written, for recognising lost accents.
    """

    name: str
    needs: frozenset[str]
    one_of: frozenset[str]
    none_of: frozenset[str]
    min_fields: int
    aliases: Mapping[str, tuple[str, str | None]]
    weak: Mapping[str, tuple[str, ...]]
    ignored: frozenset[str]
    spelt: tuple[str, ...]


@dataclass
class Columns:
    """Columns of one sheet.

    Attributes:
        row: number of the heading row.
        columns: column index from 0 → field.
        unknown: column index → (heading, nearest known heading, similarity in percent).
        accepted: field → misspelt heading that was accepted for it.
        headings: column index → heading as published.
        language: language of most headings.
        currencies: column index → ISO code of the currency that its heading names.
        kind: the profile that the headings were looked up in.
    """

    row: int
    columns: dict[int, str] = field(default_factory=dict)
    unknown: dict[int, tuple[str, str, float]] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    headings: dict[int, str] = field(default_factory=dict)
    language: str = "und"
    currencies: dict[int, str] = field(default_factory=dict)
    kind: Profile | None = None


def normalise(heading: str) -> str:
    """A heading without what does not tell headings apart: accents, case, units, punctuation, "n°"."""
    text = _UNITS.sub(" ", clean_text(heading))
    text = _NUMBER.sub("n ", text)
    text = re.sub(r"[^a-z0-9%]+", " ", unidecode(text.replace("…", " ").replace("€", " ")).lower())
    return text.strip()


@functools.cache
def profile(name: str) -> Profile:
    """The profile ``depenses``, ``demandes`` or ``budgets`` of ``aliases.yml``."""
    data = _table()
    entry = data[name]
    fields: dict[str, dict[str, list[str]]] = dict(entry["fields"])
    # Columns that speak against this kind of list must be known to be seen.
    for shared in (*entry.get("shared", ()), *entry.get("none_of", ())):
        fields.setdefault(shared, data["depenses"]["fields"][shared])
    return Profile(
        name,
        frozenset(entry["needs"]),
        frozenset(entry["one_of"]),
        frozenset(entry.get("none_of", ())),
        entry["min_fields"],
        _index(fields),
        {normalise(text): tuple(targets) for text, targets in entry["weak"].items()},
        frozenset(normalise(text) for text in entry["ignored"]),
        tuple(text for by_language in fields.values() for texts in by_language.values() for text in texts),
    )


@functools.cache
def usual_heading(name: str, language: str) -> str:
    """The heading under which people know a field, in ``fr``, ``it`` or ``en``; the name itself where there is none."""
    data = _table()
    for kind in ("depenses", "demandes", "budgets", "postes"):
        headings: dict[str, list[str]] = data.get(kind, {}).get("fields", {}).get(name, {})
        if headings.get(language):
            return headings[language][0]
    return name


@functools.cache
def preamble_labels() -> Mapping[str, str]:
    """Normalised label of a line above the table → field."""
    data = _table()
    fields = {name: data["depenses"]["fields"][name] for name in data["preamble"]["shared"]}
    fields |= {name: data["preamble"][name] for name in ("extrait_le", "date_depot")}
    return {text: name for text, (name, _) in _index(fields).items()}


@functools.cache
def total_words() -> Mapping[str, tuple[str, ...]]:
    """Words of rows that sum others, see ``totals`` in ``aliases.yml``."""
    return {kind: tuple(words) for kind, words in _table()["totals"].items()}


@functools.cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(ALIASES.read_text(encoding="utf-8"))
    return loaded


def _index(fields: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, tuple[str, str | None]]:
    index: dict[str, tuple[str, str | None]] = {}
    for name, by_language in fields.items():
        for text, language in [(name, None)] + [(t, lang) for lang in LANGUAGES for t in by_language.get(lang, ())]:
            key = normalise(text)
            known = index.get(key)
            if known and known[0] != name:
                raise ValueError(f"aliases.yml: '{text}' stands for both {known[0]} and {name}")
            index[key] = (name, language if not known or known[1] == language else None)
    return index


def is_scaled(heading: str) -> bool:
    """The amounts below count thousands or millions: ``Montant (k€)``."""
    return _SCALE.search(heading) is not None


def map_columns(row: int, headings: Mapping[int, str], above: Mapping[int, str], kind: Profile) -> Columns:
    """Assign the headings of one row to fields.

    Args:
        row: number of the row.
        headings: column index → text of the cell.
        above: column index → text of the row above, merged cells filled, for headings over two rows.
        kind: headings to look for.
    """
    result = Columns(row, headings=dict(headings), kind=kind)
    languages: list[str] = []
    weak: list[tuple[int, tuple[str, ...]]] = []
    strange: list[tuple[int, str]] = []
    for column, text in headings.items():
        key = normalise(text)
        found = _exact(text, above.get(column, ""), kind)
        unit = _CURRENCY.search(text)
        if not found and unit and not _SCALE.search(text):
            found = _exact(text[: unit.start()], above.get(column, ""), kind)
        if found:
            result.columns[column] = found[0]
            languages += [found[1]] if found[1] else []
            code = currency_of(unit[1]) if unit else None
            if code:
                result.currencies[column] = code
        elif key in kind.weak:
            weak.append((column, kind.weak[key]))
        elif key and key not in kind.ignored:
            strange.append((column, text))
    for column, text in strange:  # after the headings that fit, so that a near miss never takes their place
        _nearest(column, text, kind, result)
    for column, targets in weak:
        taken = set(result.columns.values())
        free = [name for name in targets if name not in taken]
        if free:
            result.columns[column] = free[0]
        else:
            result.unknown[column] = (headings[column], targets[0], 100.0)
    result.language = max(LANGUAGES, key=languages.count) if languages else "und"
    return result


def _exact(text: str, above: str, kind: Profile) -> tuple[str, str | None] | None:
    """Field and language of a heading: whole, with the row above, or as the parts of a bilingual one."""
    for candidate in (text, f"{text} {above}", f"{above} {text}") if above else (text,):
        found = kind.aliases.get(normalise(candidate))
        if found:
            return found
    bare = _UNITS.sub(" ", text)  # the slash of "(O/N)" parts no heading
    parts = [part for part in re.split(r"\s*[/\n|]\s*|\s+-\s+", bare) if normalise(part)]
    hits = [kind.aliases[normalise(part)] for part in parts if normalise(part) in kind.aliases]
    if len(parts) > 1 and hits and len({name for name, _ in hits}) == 1:
        return hits[0] if len(hits) == 1 else (hits[0][0], None)
    return None


def _nearest(column: int, text: str, kind: Profile, result: Columns) -> None:
    """Accept a misspelt heading when it is close to one field only; else note it as unknown."""
    key = normalise(text)
    best: dict[str, tuple[float, str]] = {}
    for alias, (name, _) in kind.aliases.items():
        score = fuzz.ratio(key, alias)
        if score > best.get(name, (0.0, ""))[0]:
            best[name] = (score, alias)
    ranked = sorted(((score, name, alias) for name, (score, alias) in best.items()), reverse=True)
    score, name, alias = ranked[0] if ranked else (0.0, "", "")
    alone = len(ranked) <= 1 or ranked[1][0] < SIMILAR
    measured = _SCALE.search(text) or _CURRENCY.search(text)  # thousands of euros are no misspelt euros
    if score >= SIMILAR and not measured and alone and len(key) >= _MIN_FUZZY and name not in result.columns.values():
        result.columns[column] = name
        result.accepted[name] = text
    else:
        result.unknown[column] = (text, alias, round(score, 1))


def is_heading(found: Columns, kind: Profile) -> bool:
    """Whether a row with these columns is the heading of a list of this kind."""
    names = set(found.columns.values())
    return (
        names >= kind.needs and bool(names & kind.one_of) and not names & kind.none_of and len(names) >= kind.min_fields
    )


def lost_accents(headings: Iterable[str], kind: Profile) -> tuple[str, str] | None:
    """A heading whose accented letters were replaced by a sign, with the heading it was.

    ``B_n_ficiaire`` is ``Bénéficiaire`` after a conversion that cannot be undone; values of such a file have
    lost letters that nobody can restore.
    """
    for heading in headings:
        text = clean_text(heading)
        if not any(sign in text for sign in _LOST):
            continue
        for known in kind.spelt:
            if len(known) != len(text) or known.isascii():
                continue
            pairs = list(zip(known.lower(), text.lower(), strict=True))
            if all(a == b or (not a.isascii() and b in _LOST) for a, b in pairs) and any(a != b for a, b in pairs):
                return text, known
    return None
