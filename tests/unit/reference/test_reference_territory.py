import re
from collections import Counter

import pytest

from schemas.reference.geometry import distance_km
from schemas.reference.seed import normalise
from schemas.reference.territory import AREA_BOX, LAU_COUNT, nuts, nuts_eligibility


def test_each_area_has_the_number_of_municipalities_insee_and_istat_state(seed):
    counts = Counter(row["nuts3_code"] for row in seed("territory_lau"))
    assert counts == LAU_COUNT
    assert sum(counts.values()) == 1774
    assert sum(count for code, count in counts.items() if code.startswith("FR")) == 1075


def test_codes_are_unique_and_keep_their_leading_zeros(seed):
    codes = [row["lau_code"] for row in seed("territory_lau")]
    assert len(set(codes)) == len(codes)
    for row in seed("territory_lau"):
        assert re.fullmatch(r"\d{5}" if row["country_code"] == "FR" else r"\d{6}", row["lau_code"])
    assert "04001" in codes and "001001" in codes


def test_every_centroid_lies_in_the_area_and_every_seat_within_reach(seed):
    west, east, south, north = AREA_BOX
    for row in seed("territory_lau"):
        centre = (float(row["longitude"]), float(row["latitude"]))
        assert west < centre[0] < east and south < centre[1] < north, row["name_official"]
        if row["seat_latitude"]:
            at = (float(row["seat_longitude"]), float(row["seat_latitude"]))
            assert distance_km(at, centre) <= float(row["reach_km"]) + 0.1, row["name_official"]


@pytest.mark.parametrize(
    ("lau_code", "french", "italian"),
    [
        ("007003", "Aoste", "Aosta"),
        ("004078", "Coni", "Cuneo"),
        ("008065", "Vintimille", "Ventimiglia"),
        ("001272", "Turin", "Torino"),
        ("001191", "Pignerol", "Pinerolo"),
        ("06088", "Nice", "Nizza"),
        ("73065", "Chambéry", "Ciamberì"),
        ("06163", "Tende", "Tenda"),
        ("05085", "Montgenèvre", "Monginevro"),
        ("74010", "Annecy", "Annecy"),
    ],
)
def test_names_in_both_languages(seed, lau_code, french, italian):
    row = next(row for row in seed("territory_lau") if row["lau_code"] == lau_code)
    assert (row["name_fr"], row["name_it"]) == (french, italian)


def test_every_comune_of_valle_d_aosta_has_a_french_name(seed):
    names = {row["name_it"]: row["name_fr"] for row in seed("territory_lau") if row["nuts3_code"] == "ITC20"}
    assert len(names) == 74
    assert all(names.values())
    assert names["Etroubles"] == "Étroubles"
    aliases = {row["name"] for row in seed("lau_alias") if row["lau_code"].startswith("007")}
    assert {"Cormaiore", "Porta Littoria", "Castiglione Dora"} <= aliases


def test_former_codes_lead_to_a_municipality_of_today(seed):
    today = {row["lau_code"] for row in seed("territory_lau")}
    former = {row["former_code"]: row["lau_code"] for row in seed("lau_former")}
    assert set(former.values()) <= today
    assert not set(former) & today
    assert former["74011"] == "74010"  # Annecy-le-Vieux → Annecy, 2017
    assert former["001005"] == "001317"  # Alice Superiore → Val di Chy, 2019


def test_a_name_that_two_municipalities_of_a_country_share_is_flagged(seed):
    rows = seed("lau_alias")
    owners: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        assert row["name_normalised"] == normalise(row["name"])
        owners.setdefault((row["country_code"], row["name_normalised"]), set()).add(row["lau_code"])
    for row in rows:
        shared = len(owners[row["country_code"], row["name_normalised"]]) > 1
        assert (row["is_ambiguous"] == "true") == shared, row


def test_postcodes_have_five_digits_and_reach_every_municipality(seed):
    rows = seed("postcode_lau")
    assert all(re.fullmatch(r"\d{5}", row["postcode"]) for row in rows)
    assert {row["lau_code"] for row in rows} == {row["lau_code"] for row in seed("territory_lau")}
    shared = Counter((row["country_code"], row["postcode"]) for row in rows)
    assert all(int(row["lau_count"]) == shared[row["country_code"], row["postcode"]] for row in rows)


def test_same_postcode_digits_need_the_country(seed):
    french = {row["postcode"] for row in seed("postcode_lau") if row["country_code"] == "FR"}
    assert "73000" in french  # Chambéry; in Italy 73xxx is Lecce, outside the area
    assert {row["country_code"] for row in seed("postcode_lau")} == {"FR", "IT"}


def test_nuts_is_a_tree_with_nine_core_areas():
    rows = {str(row["nuts_code"]): row for row in nuts()}
    assert sorted(code for code, row in rows.items() if row["eligibility_tier"] == "core") == sorted(LAU_COUNT)
    for code, row in rows.items():
        if row["nuts_level"] == 0:
            assert row["parent_code"] is None
        else:
            parent = rows[str(row["parent_code"])]
            assert parent["nuts_level"] == int(str(row["nuts_level"])) - 1, code


def test_adjacent_areas_existed_in_2007_2013_only():
    tiers = {(row["nuts_code"], row["programme_period"]): row["eligibility_tier"] for row in nuts_eligibility()}
    for code in ("ITC13", "ITC12", "ITC17", "ITC18", "ITC32", "FRK21", "FRK24", "FRK23", "FRL06", "FRL05"):
        assert tiers[code, "2007-2013"] == "adjacent"
        assert tiers[code, "2014-2020"] == tiers[code, "2021-2027"] == "none"
    assert all(tiers[code, period] == "core" for code in LAU_COUNT for period in ("2007-2013", "2021-2027"))


def test_passes_lie_between_their_municipalities(seed):
    places = {row["lau_code"]: row for row in seed("territory_lau")}
    rows = seed("alcotra_pass")
    assert {"MONT_BLANC", "PETIT_SAINT_BERNARD", "MONT_CENIS", "FREJUS_ROAD", "MONTGENEVRE", "LARCHE", "TENDE"} <= {
        row["pass_code"] for row in rows
    }
    for row in rows:
        at = (float(row["longitude"]), float(row["latitude"]))
        sides = [places[row[side]] for side in ("lau_fr", "lau_it") if row[side]]
        far = {
            place["name_official"]: distance_km(at, (float(place["longitude"]), float(place["latitude"])))
            for place in sides
        }
        assert any(far[place["name_official"]] <= float(place["reach_km"]) + 1 for place in sides), far
        assert max(far.values()) < 16, (row["pass_code"], far)
        closed = row["is_open_all_year"] == "false"
        assert closed == bool(row["closed_from_month"]) == bool(row["closed_to_month"])
