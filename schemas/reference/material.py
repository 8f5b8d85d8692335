"""Materials: our own bilingual list of by-products, energies, waters and shareable services with their terms.

A concept is independent of any source's words. A term that stands for several concepts carries a ``?`` in the
list and is flagged ambiguous: it may propose a concept and never decides one. A term that looks alike in both
languages and means different things is written down as a false friend.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from schemas.reference.activity import english_classes
from schemas.reference.seed import ReferenceDataError, Row, Value, normalise, read_list, require_unique
from schemas.reference.vocabulary import canonical_codes, require_codes

LANGUAGES = ("fr", "it", "en")
FILES = ("material_food", "material_solid", "material_process")
AMBIGUOUS = "?"


@cache
def _entries() -> tuple[dict[str, str], ...]:
    return tuple(row for name in FILES for row in read_list(name))


def material_concept() -> list[Row]:
    """The concepts, with List of Waste code, activity of origin, usual state and a density assumption.

    Raises:
        ReferenceDataError: a code that another list does not know.
    """
    hazardous = {row["code"]: row["hazardous"] == "1" for row in read_list("low_code")}
    classes = english_classes("2.0")
    rows: list[Row] = []
    for entry in _entries():
        code, low, nace = entry["material_code"], entry["low_code"], entry["nace"]
        if low and (low not in hazardous or len(low) != len("020701")):
            raise ReferenceDataError(f"material_concept: {code} has unknown List of Waste code {low}")
        if nace not in classes:
            raise ReferenceDataError(f"material_concept: {code} has unknown NACE Rev. 2 class {nace}")
        lightest, usual, heaviest = _density(code, entry["density_t_m3"])
        rows.append(
            {
                "material_code": code,
                "material_family_code": entry["family"],
                **{f"material_name_{language}": _preferred(entry, language) for language in LANGUAGES},
                "low_code": low or None,
                "is_hazardous": hazardous[low] if low else None,
                "origin_nace_code": nace,
                "physical_state_code": entry["state"] or None,
                "density_min_t_m3": lightest,
                "density_typical_t_m3": usual,
                "density_max_t_m3": heaviest,
                "is_density_assumed": usual is not None,
                "note": entry["note"] or None,
            }
        )
    require_unique("material_concept", rows, "material_code")
    for language in LANGUAGES:
        require_unique("material_concept", rows, f"material_name_{language}")
    require_codes("material_concept", {str(row["material_family_code"]) for row in rows}, "material_family")
    states = {str(row["physical_state_code"]) for row in rows if row["physical_state_code"]}
    require_codes("material_concept", states, "physical_state")
    return sorted(rows, key=lambda row: str(row["material_code"]))


def _preferred(entry: dict[str, str], language: str) -> str:
    term = entry[language].split("|")[0].strip()
    if not term or term.startswith(AMBIGUOUS):
        raise ReferenceDataError(f"material_concept: {entry['material_code']} has no name in {language}")
    return term


def _density(code: str, text: str) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Smallest, usual and greatest bulk density in t/m3; project assumptions, never a weighing."""
    if not text:
        return None, None, None
    low, usual, high = (Decimal(part) for part in text.split("/"))
    if not Decimal(0) < low <= usual <= high:
        raise ReferenceDataError(f"material_concept: densities of {code} are not in order: {text}")
    return low, usual, high


def material_concept_term() -> list[Row]:
    """Preferred terms and synonyms of the concepts per language, normalised.

    Raises:
        ReferenceDataError: a term means two concepts in one language and is not flagged; or it means
            different concepts in two languages and is not written down as a false friend.
    """
    rows = list(_term_rows())
    require_unique("material_concept_term", rows, "material_code", "language", "term_normalised")
    owners: dict[tuple[Value, Value], set[Value]] = {}
    for row in rows:
        owners.setdefault((row["language"], row["term_normalised"]), set()).add(row["material_code"])
    for row in rows:
        several = len(owners[row["language"], row["term_normalised"]]) > 1
        if several and not row["is_ambiguous"]:
            raise ReferenceDataError(f"material_concept_term: {row['term']!r} ({row['language']}) is not flagged")
    friends = {(row["language"], row["term_normalised"]) for row in material_false_friend()}
    for (language, term), concepts in owners.items():
        for other in LANGUAGES:
            alike = owners.get((other, term), concepts)
            differs = {language, other} == {"fr", "it"} and alike.isdisjoint(concepts)
            if differs and (language, term) not in friends:
                raise ReferenceDataError(f"material_concept_term: {term!r} differs in {language} and {other}")
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in ("material_code", "language", "term")))


def _term_rows() -> Iterator[Row]:
    for entry in _entries():
        for language in LANGUAGES:
            seen: set[str] = set()
            for number, text in enumerate(entry[language].split("|")):
                term = text.strip().removeprefix(AMBIGUOUS)
                if normalise(term) in seen:
                    continue  # spellings that differ only in accents or hyphens are one term
                seen.add(normalise(term))
                yield {
                    "material_code": entry["material_code"],
                    "language": language,
                    "term": term,
                    "term_normalised": normalise(term),
                    "term_type": "preferred" if number == 0 else "synonym",
                    "is_ambiguous": text.strip().startswith(AMBIGUOUS),
                }


@cache
def material_false_friend() -> tuple[Row, ...]:
    """Words that look alike, or like a word of the other language, and do not mean the same.

    Raises:
        ReferenceDataError: a concept that does not exist.
    """
    known = {entry["material_code"] for entry in _entries()} | {""}
    rows: list[Row] = []
    for row in read_list("material_false_friend"):
        if not {row["material_code"], row["not_material_code"]} <= known:
            raise ReferenceDataError(f"material_false_friend: unknown concept beside {row['term']}")
        values: dict[str, Value] = {key: value or None for key, value in row.items()}
        rows.append({**values, "term_normalised": normalise(row["term"])})
    return tuple(rows)


def families_without_concept() -> set[str]:
    """Canonical material families that no concept belongs to; empty when the list covers all."""
    return canonical_codes("material_family") - {entry["family"] for entry in _entries()}
