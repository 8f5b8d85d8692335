"""What goes wrong in ACTIF: each defect was seen in French industrial files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sandbox.feeds.actif_site_defects import SITE_SPOILERS
from sandbox.truth import Row, Spoiler
from sandbox.world.wording import mojibake, typo, upper_plain

_TRUNCATED_AT = 18
UNNAMED = "déchets non spécifiés ailleurs"


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
    row["quantite"] = _comma(f"{value:,.2f}", rng)
    return True


def _comma(english: str, rng: Random) -> str:
    whole, _, decimals = english.partition(".")
    return whole.replace(",", rng.choice((" ", "\u202f", "."))) + "," + decimals


def _litres(row: Row, _rng: Random) -> bool:
    if row["unite"].split("/")[0] != "m3":
        return False
    row["quantite"], row["unite"] = row["quantite"] * 1000, "litres"
    return True


def _tonnes(row: Row, _rng: Random) -> bool:
    if row["unite"].split("/")[0] != "kg" or not isinstance(row["quantite"], float):
        return False
    row["quantite"] = row["quantite"] / 1000
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
    Spoiler("waste_code_99", ("libelle_flux", "code_dechet"), 0.008, _code_99),
    Spoiler("waste_code_star_missing", ("code_dechet",), 0.4, _star),
    Spoiler("waste_code_suffix", ("code_dechet",), 0.02, _code_suffix),
    Spoiler("waste_code_lost_zero", ("code_dechet",), 0.03, _code_zero),
    Spoiler("waste_code_style", ("code_dechet",), 0.15, _code_style),
    Spoiler("kilograms_as_tonnes", ("quantite", "unite"), 0.01, _kilograms),
    Spoiler("tonnes_as_kilograms", ("quantite", "unite"), 0.1, _tonnes),
    Spoiler("litres_without_density", ("unite", "quantite"), 0.08, _litres),
    Spoiler("number_as_french_text", ("quantite",), 0.06, _french_number),
    Spoiler("stale", ("date_maj",), 0.06, _stale),
    _label("label_typo", 0.05, typo),
    _label("label_truncated", 0.02, _truncated),
    _label("label_mojibake", 0.01, _garbled),
    _label("label_html", 0.01, _entities),
    Spoiler("state_spelling", ("etat_physique",), 0.05, _state_spelling),
    Spoiler("direction_spelling", ("sens",), 0.05, _sens_case),
    Spoiler("confidentiality_spelling", ("confidentialite",), 0.05, _confidential_words),
    Spoiler("confidentiality_empty", ("confidentialite",), 0.03, _confidential_empty),
    *SITE_SPOILERS,
)
"""Rates are shares of the rows tried, so the planted share is lower where a defect needs a suitable row."""
