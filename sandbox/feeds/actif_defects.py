"""What goes wrong in ACTIF: each defect was seen in French industrial files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sandbox.truth import Row, Spoiler
from sandbox.world.identifiers import break_key
from sandbox.world.wording import mojibake, typo, upper_plain

_TRUNCATED_AT = 18
UNNAMED = "déchets non spécifiés ailleurs"
_SEPARATED_FROM = 1000


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
    if len(row["siret"]) != 14 or not row["siret"].startswith("0"):  # noqa: PLR2004 - a SIRET
        return False
    row["siret"] = row["siret"].lstrip("0")
    return True


def _french(row: Row) -> bool:
    return len(row["siret"]) == 14  # noqa: PLR2004 - a SIRET


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


def _star(row: Row, _rng: Random) -> bool:
    done = row["code_dechet"].endswith("*")
    row["code_dechet"] = row["code_dechet"].rstrip("*")
    return bool(done)


def _code_style(row: Row, rng: Random) -> bool:
    if not row["code_dechet"]:
        return False
    row["code_dechet"] = row["code_dechet"].replace(" ", rng.choice(("", ".")))
    return True


def _code_suffix(row: Row, rng: Random) -> bool:
    if not row["code_dechet"]:
        return False
    row["code_dechet"] = row["code_dechet"].replace(" ", "") + rng.choice(("-fe", "-MIX", " BOIS", "-A"))
    return True


def _code_zero(row: Row, _rng: Random) -> bool:
    if not row["code_dechet"].startswith("0"):
        return False
    row["code_dechet"] = row["code_dechet"].replace(" ", "").lstrip("0")
    return True


def _code_99(row: Row, _rng: Random) -> bool:
    if row["type_flux"] != "déchet" or not row["code_dechet"]:
        return False
    row["code_dechet"] = row["code_dechet"].rstrip("*")[:6] + "99"
    row["libelle_flux"] = UNNAMED
    return True


def _kilograms(row: Row, _rng: Random) -> bool:
    if not row["unite"].startswith("t") or not isinstance(row["quantite"], float):
        return False
    row["quantite"] = row["quantite"] * 1000
    return True


def _french_number(row: Row, rng: Random) -> bool:
    value = row["quantite"]
    if not isinstance(value, float):
        return False
    row["quantite"] = _comma(f"{value:,.2f}" if value >= _SEPARATED_FROM else f"{value:.1f}", rng)
    return True


def _comma(english: str, rng: Random) -> str:
    whole, _, decimals = english.partition(".")
    return whole.replace(",", rng.choice((" ", "\u202f", "."))) + "," + decimals


def _litres(row: Row, _rng: Random) -> bool:
    if row["unite"].split("/")[0] != "m3":
        return False
    row["quantite"], row["unite"] = row["quantite"] * 1000, "litres"
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


def _stale(row: Row, rng: Random) -> bool:
    row["date_maj"] = f"{rng.randrange(2013, 2018)}{row['date_maj'][4:8]}{rng.randrange(1, 28):02d}"
    return True


def _truncated(text: str, _rng: Random) -> str:
    return text[:_TRUNCATED_AT]


def _garbled(text: str, _rng: Random) -> str:
    return mojibake(text)


def _entities(text: str, _rng: Random) -> str:
    return text.replace("'", "&#39;").replace("é", "&eacute;").replace("è", "&egrave;")


def _label(kind: str, rate: float, change: Callable[[str, Random], str]) -> Spoiler:
    def apply(row: Row, rng: Random) -> bool:
        before = row["libelle_flux"]
        row["libelle_flux"] = change(before, rng)
        return bool(row["libelle_flux"] != before)

    return Spoiler(kind, ("libelle_flux",), rate, apply)


def _state_spelling(row: Row, rng: Random) -> bool:
    state = row["etat_physique"]
    row["etat_physique"] = rng.choice((upper_plain(state), upper_plain(state).lower(), state.capitalize()))
    return bool(row["etat_physique"] != state)


def _confidential_words(row: Row, rng: Random) -> bool:
    words = {
        "public": ("Public", "PUBLIC ", "public "), "réseau CCI": ("reseau cci", "Réseau CCI", "réseau"),
        "privé": ("Prive", "PRIVÉ"),
    }  # fmt: skip
    row["confidentialite"] = rng.choice(words[row["confidentialite"]])
    return True


def _confidential_empty(row: Row, _rng: Random) -> bool:
    if row["confidentialite"] == "public":
        return False
    row["confidentialite"] = ""
    return True


def _unreadable(kind: str, name: str, *values: str | None) -> Spoiler:
    def apply(row: Row, rng: Random) -> bool:
        row[name] = rng.choice(values)
        return True

    return Spoiler(kind, (name,), 0.003, apply, unreadable=True)


def _no_key(row: Row, rng: Random) -> bool:
    # Readable all the same: company, direction, label and unit tell the flow.
    row["id_flux"] = rng.choice((None, ""))
    return True


def _sens_case(row: Row, rng: Random) -> bool:
    row["sens"] = rng.choice((row["sens"].upper(), row["sens"].capitalize()))
    return True


SPOILERS = (
    _unreadable("direction_unknown", "sens", "mixte", "E/S", "?"),
    _unreadable("quantity_is_text", "quantite", "à préciser", "2 bennes environ", "n.c."),
    _unreadable("date_impossible", "date_maj", "2025-02-30", "2024-13-05", "31/06/2024"),
    Spoiler("key_missing", ("id_flux",), 0.002, _no_key),
    Spoiler("postcode_lost_zero", ("code_postal",), 0.03, _french_zero),
    Spoiler("insee_lost_zero", ("code_insee",), 0.02, _insee_zero),
    Spoiler("postcode_insee_swapped", ("code_postal", "code_insee"), 0.015, _swap_codes),
    Spoiler("siret_lost_zero", ("siret",), 0.3, _siret_zero),
    Spoiler("siren_in_siret", ("siret",), 0.03, _siren_only),
    Spoiler("siret_spaces", ("siret",), 0.03, _siret_spaces),
    Spoiler("siret_bad_key", ("siret",), 0.015, _siret_key),
    Spoiler("siret_empty", ("siret",), 0.03, _siret_empty),
    Spoiler("waste_code_99", ("libelle_flux", "code_dechet"), 0.008, _code_99),
    Spoiler("waste_code_star_missing", ("code_dechet",), 0.4, _star),
    Spoiler("waste_code_suffix", ("code_dechet",), 0.02, _code_suffix),
    Spoiler("waste_code_lost_zero", ("code_dechet",), 0.03, _code_zero),
    Spoiler("waste_code_style", ("code_dechet",), 0.15, _code_style),
    Spoiler("kilograms_as_tonnes", ("quantite", "unite"), 0.01, _kilograms),
    Spoiler("litres_without_density", ("unite", "quantite"), 0.08, _litres),
    Spoiler("number_as_french_text", ("quantite",), 0.06, _french_number),
    Spoiler("coordinates_swapped", ("latitude", "longitude"), 0.015, _swap_axes),
    Spoiler("coordinates_zero", ("latitude", "longitude"), 0.012, _null_island),
    Spoiler("coordinates_missing", ("latitude", "longitude"), 0.04, _no_point),
    Spoiler("coordinates_projected", ("latitude", "longitude"), 0.01, _projected),
    Spoiler("stale", ("date_maj",), 0.06, _stale),
    _label("label_typo", 0.05, typo),
    _label("label_truncated", 0.02, _truncated),
    _label("label_mojibake", 0.01, _garbled),
    _label("label_html", 0.01, _entities),
    Spoiler("state_spelling", ("etat_physique",), 0.05, _state_spelling),
    Spoiler("direction_spelling", ("sens",), 0.05, _sens_case),
    Spoiler("confidentiality_spelling", ("confidentialite",), 0.05, _confidential_words),
    Spoiler("confidentiality_empty", ("confidentialite",), 0.03, _confidential_empty),
)
"""Rates are shares of the rows tried, so the planted share is lower where a defect needs a suitable row."""
