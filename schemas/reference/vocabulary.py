"""Units and the terms of sources: each spelling in French, Italian or English stands for one canonical code."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml

from schemas.reference.seed import ROOT, ReferenceDataError, Row, normalise, read_list, read_yaml

CODE_LISTS = ROOT / "schemas" / "canonical" / "v1" / "code_lists"


def canonical_codes(name: str) -> set[str]:
    """Codes of a canonical code list, by the name of its file."""
    content: dict[str, Any] = yaml.safe_load((CODE_LISTS / f"{name}.yml").read_text(encoding="utf-8"))
    return {str(entry["code"]) for entry in content["codes"]}


def require_codes(seed: str, used: set[str], code_list: str, *, complete: bool = False) -> None:
    """Refuse codes that the canonical code list does not know, and with ``complete`` also missing ones.

    Raises:
        ReferenceDataError: the sets do not fit.
    """
    known = canonical_codes(code_list)
    odd = used ^ known if complete else used - known
    if odd:
        raise ReferenceDataError(f"{seed}: {sorted(odd)} do not fit the code list {code_list}")


def unit() -> list[Row]:
    """Units with dimension and factor to tonnes, cubic metres or megawatt-hours; no factor: not converted."""
    rows = read_list("unit")
    require_codes("unit", {row["unit_code"] for row in rows}, "unit", complete=True)
    standard = _standard_codes()
    return [
        {
            "unit_code": row["unit_code"],
            "dimension": row["dimension"],
            "base_unit": row["base_unit"] or None,
            "factor": Decimal(row["factor"]) if row["factor"] else None,
            "unece_code": standard.get(row["unit_code"]),
            "label_fr": row["label_fr"],
            "label_it": row["label_it"],
            "label_en": row["label_en"],
            "note": row["note"] or None,
        }
        for row in rows
    ]


def _standard_codes() -> dict[str, str]:
    content = yaml.safe_load((CODE_LISTS / "unit.yml").read_text(encoding="utf-8"))
    return {entry["code"]: entry["standard_code"] for entry in content["codes"] if "standard_code" in entry}


def unit_term() -> list[Row]:
    """Spellings of units; ``term_factor`` is how many of the unit one of the spelling is (kt: 1000 T)."""
    rows: list[Row] = []
    for row in terms("unit_term", "unit", "unit_code"):
        term, _, factor = str(row["term"]).partition("=")
        normalised = normalise(term)
        rows.append({**row, "term": term, "term_normalised": normalised, "term_factor": Decimal(factor or "1")})
    require_unambiguous("unit_term", rows, "unit_code")
    return rows


def physical_state_term() -> list[Row]:
    """Terms for the physical state, with the RENTRI letters and the Trackdéchets codes."""
    return checked_terms("physical_state_term", "physical_state", "physical_state_code")


def third_place_type_term() -> list[Row]:
    """Terms for the type of a third place, from the vocabularies of both countries."""
    return checked_terms("third_place_type_term", "third_place_type", "third_place_type_code")


def cost_category_term() -> list[Row]:
    """Spellings of the six cost categories."""
    return checked_terms("cost_category_term", "cost_category", "cost_category_code")


def checked_terms(name: str, code_list: str, column: str) -> list[Row]:
    """Terms of a list whose every normalised form stands for one code."""
    rows = terms(name, code_list, column)
    require_unambiguous(name, rows, column)
    return rows


def terms(name: str, code_list: str, column: str) -> list[Row]:
    """Rows of a term list ``{code: {language: [term, …]}}``; language ``codes`` holds values of no language."""
    content: dict[str, dict[str, list[str]]] = read_yaml(name)
    require_codes(name, set(content), code_list)
    rows: dict[tuple[str, str, str], Row] = {}
    for code, languages in content.items():
        for language, entries in languages.items():
            for entry in entries:
                term = str(entry)
                key = (code, language, normalise(term))
                tongue = None if language == "codes" else language
                rows.setdefault(key, {column: code, "language": tongue, "term": term, "term_normalised": key[2]})
    return list(rows.values())


def require_unambiguous(name: str, rows: list[Row], column: str) -> None:
    """Refuse a term that stands for two codes.

    Raises:
        ReferenceDataError: names the term and both codes.
    """
    owner: dict[object, object] = {}
    for row in rows:
        first = owner.setdefault(row["term_normalised"], row[column])
        if first != row[column]:
            raise ReferenceDataError(f"{name}: {row['term']!r} stands for {first} and {row[column]}")
