"""Each kind of planted defect is really in the data, where the truth says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[[dict[str, Any]], bool]
ACTIF: dict[str, Check] = {
    "direction_unknown": lambda r: r["sens"].lower() not in ("entrant", "sortant"),
    "quantity_is_text": lambda r: not re.search(r"^\d[\d\s.,]*$", str(r["quantite"])),
    "date_impossible": lambda r: r["date_maj"] in ("2025-02-30", "2024-13-05", "31/06/2024"),
    "postcode_lost_zero": lambda r: len(str(r["code_postal"])) == 4,
    "insee_lost_zero": lambda r: len(r["code_insee"]) in (4, 5),
    "siret_lost_zero": lambda r: len(r["siret"]) in (12, 13),
    "siren_in_siret": lambda r: len(r["siret"]) == 9,
    "siret_spaces": lambda r: r["siret"].count(" ") == 3,
    "siret_empty": lambda r: r["siret"] == "",
    "waste_code_99": lambda r: r["code_dechet"].replace(" ", "").endswith("99"),
    "waste_code_suffix": lambda r: bool(re.search(r"[A-Za-z]$", r["code_dechet"])),
    "waste_code_lost_zero": lambda r: len(r["code_dechet"].rstrip("*")) == 5,
    "kilograms_as_tonnes": lambda r: r["unite"].startswith("t"),
    "litres_without_density": lambda r: r["unite"] == "litres",
    "number_as_french_text": lambda r: isinstance(r["quantite"], str) and "," in r["quantite"],
    "coordinates_swapped": lambda r: r["latitude"] < 20,
    "coordinates_zero": lambda r: r["latitude"] == 0 == r["longitude"],
    "coordinates_missing": lambda r: r["latitude"] is None,
    "coordinates_projected": lambda r: r["latitude"] > 1000,
    "stale": lambda r: int(r["date_maj"][:4]) < 2018,
    "label_truncated": lambda r: len(r["libelle_flux"]) == 18,
    "label_mojibake": lambda r: "Ã" in r["libelle_flux"] or "â€" in r["libelle_flux"],
    "label_html": lambda r: "&" in r["libelle_flux"],
    "confidentiality_empty": lambda r: r["confidentialite"] == "",
}
SHEETS: dict[str, Check] = {
    "role_unknown": lambda s: s["qualifica"] not in ("PRODUTTORE", "UTILIZZATORE", "RIUTILIZZATORE"),
    "date_impossible": lambda s: s["data_iscrizione"] in ("30/02/2021", "31/11/2019", "00/00/0000"),
    "cf_country_prefix": lambda s: s["codice_fiscale"].startswith("IT"),
    "cf_lost_zero": lambda s: len(s["codice_fiscale"]) < 11,
    "cf_empty": lambda s: s["codice_fiscale"] == "",
    "province_in_commune": lambda s: s["comune"].endswith(f"({s['provincia']})"),
    "commune_capitals": lambda s: s["comune"].isupper(),
    "postcode_empty": lambda s: s["cap"] == "",
    "date_style": lambda s: "-" in s["data_iscrizione"],
}
PRODUCTS: dict[str, Check] = {
    "ateco_lost_zero": lambda p: p["codice_ateco"][1] == ".",
    "ateco_style": lambda p: not re.fullmatch(r"\d\d\.\d\d\.\d\d", p["codice_ateco"]),
    "name_empty": lambda p: p["nome_commerciale"] == "" and ":" in p["descrizione"],
    "name_capitals": lambda p: p["nome_commerciale"].isupper(),
    "name_html": lambda p: p["nome_commerciale"].startswith("<b>"),
    "description_empty": lambda p: p["descrizione"] == "",
    "yes_no_words": lambda p: p["allegato"] in ("true", "OUI", "Si", "1", "presente"),
}


@pytest.mark.parametrize("kind", ACTIF)
def test_actif(world, kind: str) -> None:
    planted = {d["key"] for d in world.defects(kind, "actif")}
    rows = [row for row in world.data["actif"] if row["id_flux"] in planted]
    assert rows
    assert all(ACTIF[kind](row) for row in rows)


@pytest.mark.parametrize("kind", SHEETS)
def test_elenco_sheets(world, kind: str) -> None:
    planted = {d["key"] for d in world.defects(kind, "elenco_sottoprodotti")}
    sheets = [s for s in world.data["elenco"] if s["id"] in planted]
    assert sheets
    assert all(SHEETS[kind](s) for s in sheets)


@pytest.mark.parametrize("kind", PRODUCTS)
def test_elenco_products(world, kind: str) -> None:
    planted = {d["key"] for d in world.defects(kind, "elenco_sottoprodotti")}
    products = [
        p
        for s in world.data["elenco"]
        for n, p in enumerate(s["sottoprodotti"], start=1)
        if f"{s['id']}/{n}" in planted
    ]
    assert products
    assert all(PRODUCTS[kind](p) for p in products)


def test_a_missing_key_stays_known_to_the_truth(world) -> None:
    assert len(world.defects("key_missing", "actif")) == sum(not row["id_flux"] for row in world.data["actif"])


def test_star_is_missing_from_hazardous_codes(world) -> None:
    planted = {d["key"]: d["true_value"] for d in world.defects("waste_code_star_missing")}
    rows = {row["id_flux"]: row["code_dechet"] for row in world.data["actif"]}
    assert planted
    assert all(value.endswith("*") and not rows[key].endswith("*") for key, value in planted.items())


def test_a_unit_with_both_roles_has_two_sheets(world) -> None:
    seen: dict[tuple[str, str], set[str]] = {}
    for sheet in world.data["elenco"]:
        seen.setdefault((sheet["denominazione"], sheet["indirizzo"]), set()).add(sheet["qualifica"])
    assert sum({"PRODUTTORE", "UTILIZZATORE"} <= roles for roles in seen.values()) >= 5


def test_descriptions_hide_quantity_code_and_season(world) -> None:
    hidden = [f for f in world.truth["flows"] if f.get("hidden_in_text")]
    for name in ("quantity", "months", "low"):
        assert sum(name in f["hidden_in_text"] for f in hidden) >= 10, name


def test_places_have_their_defects(world) -> None:
    kinds = {d["kind"] for d in world.truth["defects"] if d["source"] == "tiers_lieux"}
    assert kinds >= {
        "name_missing", "coordinates_swapped", "coordinates_zero", "decimal_comma", "hours_leading_comma",
        "website_placeholder", "old_list_separator", "private_record", "coordinates_disagree", "title_html",
        "title_double_escaped", "date_without_zone", "link_relative", "empty_item", "istat_lost_zero",
    }  # fmt: skip


def test_a_map_lists_some_places_twice(world) -> None:
    repeated = [
        place
        for place in world.truth["third_places"].values()
        if sum(r["key"].startswith("gogocarto_alpes:") for r in place["records"]) == 2
    ]
    assert len(repeated) >= 2


def test_a_network_shares_one_web_site(world) -> None:
    shared = [row for row in world.data["gogocarto"] if "-cowork.example" in str(row["text_1731593643321"])]
    assert len(shared) >= 2
