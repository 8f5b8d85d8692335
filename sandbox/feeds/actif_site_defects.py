"""What goes wrong in ACTIF with companies and places: numbers, postcodes, communes, coordinates."""

from __future__ import annotations

from random import Random

from sandbox.truth import Row, Spoiler
from sandbox.world.identifiers import break_key
from sandbox.world.wording import commune_spelling, firm_spelling, marked, typo


def _french_zero(row: Row, _rng: Random) -> bool:
    if not str(row["code_postal"]).startswith("0"):
        return False
    row["code_postal"] = int(row["code_postal"])
    return True


def _insee_zero(row: Row, _rng: Random) -> bool:
    if not str(row["code_insee"]).startswith("0"):
        return False
    row["code_insee"] = str(int(row["code_insee"]))
    return True


def _siret_zero(row: Row, _rng: Random) -> bool:
    if len(row["siret"]) != 14 or not row["siret"].startswith("0"):
        return False
    row["siret"] = row["siret"].lstrip("0")
    return True


def _french(row: Row) -> bool:
    return len(row["siret"]) == 14


def _siren_only(row: Row, _rng: Random) -> bool:
    row["siret"], done = (row["siret"][:9], True) if _french(row) else (row["siret"], False)
    return done


def _siret_spaces(row: Row, _rng: Random) -> bool:
    s = row["siret"]
    row["siret"] = f"{s[:3]} {s[3:6]} {s[6:9]} {s[9:]}" if _french(row) else s
    return _french({"siret": s})


def _siret_key(row: Row, rng: Random) -> bool:
    row["siret"], done = (break_key(row["siret"], rng), True) if _french(row) else (row["siret"], False)
    return done


def _siret_empty(row: Row, _rng: Random) -> bool:
    row["siret"] = ""
    return True


def _swap_codes(row: Row, _rng: Random) -> bool:
    row["code_postal"], row["code_insee"] = row["code_insee"], row["code_postal"]
    return True


def _swap_axes(row: Row, _rng: Random) -> bool:
    row["latitude"], row["longitude"] = row["longitude"], row["latitude"]
    return True


def _null_island(row: Row, _rng: Random) -> bool:
    row["latitude"] = row["longitude"] = 0
    return True


def _no_point(row: Row, _rng: Random) -> bool:
    row["latitude"] = row["longitude"] = None
    return True


def _projected(row: Row, _rng: Random) -> bool:
    # Roughly Lambert-93 around the Alps: enough to be recognised as metres, not degrees.
    if row["longitude"] is None:
        return False
    x = 700000 + (row["longitude"] - 3) * 78800
    y = 6600000 + (row["latitude"] - 46.5) * 111200
    row["latitude"], row["longitude"] = round(y, 1), round(x, 1)
    return True


def _respelt(row: Row, rng: Random) -> bool:
    org, before = row["_flow"].organisation, row["raison_sociale"]
    row["raison_sociale"] = marked(firm_spelling(org.core, org.legal_form, rng), org.country)
    return bool(row["raison_sociale"] != before)


def _commune_spelling(row: Row, rng: Random) -> bool:
    before = row["commune"]
    row["commune"] = commune_spelling(before, rng)
    return bool(row["commune"] != before)


def _commune_typo(row: Row, rng: Random) -> bool:
    row["commune"] = typo(row["commune"], rng)
    return True


def _exonym(row: Row, _rng: Random) -> bool:
    exonym = row["_flow"].site.commune.exonym
    row["commune"] = exonym or row["commune"]
    return bool(exonym)


SITE_SPOILERS = (
    Spoiler("postcode_lost_zero", ("code_postal",), 0.03, _french_zero),
    Spoiler("insee_lost_zero", ("code_insee",), 0.02, _insee_zero),
    Spoiler("postcode_insee_swapped", ("code_postal", "code_insee"), 0.015, _swap_codes),
    Spoiler("commune_exonym", ("commune",), 0.1, _exonym),
    Spoiler("commune_typo", ("commune",), 0.02, _commune_typo),
    Spoiler("commune_spelling", ("commune",), 0.12, _commune_spelling),
    Spoiler("company_respelt", ("raison_sociale",), 0.05, _respelt),
    Spoiler("siret_lost_zero", ("siret",), 0.3, _siret_zero),
    Spoiler("siren_in_siret", ("siret",), 0.03, _siren_only),
    Spoiler("siret_spaces", ("siret",), 0.03, _siret_spaces),
    Spoiler("siret_bad_key", ("siret",), 0.015, _siret_key),
    Spoiler("siret_empty", ("siret",), 0.03, _siret_empty),
    Spoiler("coordinates_swapped", ("latitude", "longitude"), 0.015, _swap_axes),
    Spoiler("coordinates_zero", ("latitude", "longitude"), 0.012, _null_island),
    Spoiler("coordinates_missing", ("latitude", "longitude"), 0.04, _no_point),
    Spoiler("coordinates_projected", ("latitude", "longitude"), 0.01, _projected),
)
