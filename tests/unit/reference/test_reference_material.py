from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from schemas.reference import material
from schemas.reference.seed import ReferenceDataError, normalise


def test_there_are_250_concepts_and_more_in_every_family(seed):
    assert len(seed("material_concept")) >= 250
    assert material.families_without_concept() == set()


def test_every_concept_has_a_name_and_two_terms_of_the_trade_per_language(seed):
    tongues = defaultdict(Counter)
    for row in seed("material_concept_term"):
        tongues[row["material_code"]][row["language"]] += 1
    for row in seed("material_concept"):
        assert row["material_name_fr"] and row["material_name_it"] and row["material_name_en"]
        assert set(tongues[row["material_code"]]) == {"fr", "it", "en"}
    assert sum(count["fr"] for count in tongues.values()) >= 1000
    assert sum(count["it"] for count in tongues.values()) >= 1000


def test_long_names_differ_between_the_languages(seed):
    for row in seed("material_concept"):
        if len(row["material_name_fr"]) > 15:
            assert row["material_name_fr"] != row["material_name_it"], row["material_code"]


def test_a_term_of_a_language_means_one_concept_or_is_flagged(seed):
    owners = defaultdict(set)
    for row in seed("material_concept_term"):
        assert row["term_normalised"] == normalise(row["term"])
        owners[row["language"], row["term_normalised"]].add(row["material_code"])
    for row in seed("material_concept_term"):
        if len(owners[row["language"], row["term_normalised"]]) > 1:
            assert row["is_ambiguous"] == "true", row


def test_no_ambiguous_term_is_a_preferred_one(seed):
    assert not [
        row
        for row in seed("material_concept_term")
        if row["term_type"] == "preferred" and row["is_ambiguous"] == "true"
    ]


@pytest.mark.parametrize(
    ("french", "italian", "concept"),
    [
        ("drêches de brasserie", "trebbie di birra", "BREWERS_GRAINS"),
        ("petit-lait", "siero di latte", "WHEY"),
        ("marc de raisin", "vinacce", "GRAPE_MARC"),
        ("vinasses", "borlande", "VINASSE"),
        ("grignons d'olive", "sansa di olive", "OLIVE_POMACE"),
        ("marc de pomme", "sansa di mele", "APPLE_POMACE"),
        ("sciure", "segatura", "SAWDUST"),
        ("fumier", "letame", "CATTLE_MANURE"),
        ("lisier", "liquame", "CATTLE_SLURRY"),
        ("gravats", "macerie", "RUBBLE"),
        ("calcin", "rottame di vetro", "CULLET"),
        ("ferrailles", "rottami ferrosi", "FERROUS_SCRAP"),
        ("soude", "idrossido di sodio", "CAUSTIC_SODA"),
        ("NaOH", "soda caustica", "CAUSTIC_SODA"),
        ("palettes", "bancali", "WOODEN_PALLETS"),
    ],
)
def test_trade_words_of_both_languages_meet(seed, french, italian, concept):
    terms = {(row["language"], row["term_normalised"]): row["material_code"] for row in seed("material_concept_term")}
    assert terms["fr", normalise(french)] == concept
    assert terms["it", normalise(italian)] == concept


def test_false_friends_do_not_share_a_concept(seed):
    terms = defaultdict(set)
    for row in seed("material_concept_term"):
        if row["is_ambiguous"] == "false":
            terms[row["language"], row["term_normalised"]].add(row["material_code"])
    assert terms["fr", "vinasse"] != terms["it", "vinaccia"]
    for row in seed("material_false_friend"):
        assert row["note_fr"] and row["note_it"] and row["note_en"]
        owners = terms.get((row["language"], row["term_normalised"]), set())
        if row["not_material_code"]:
            assert row["not_material_code"] not in owners, row["term"]
    assert len(seed("material_false_friend")) >= 20


def test_waste_codes_exist_and_carry_their_hazard(seed):
    hazard = {row["low_code"]: row["is_hazardous"] for row in seed("low_code") if row["low_level"] == "code"}
    for row in seed("material_concept"):
        assert (row["is_hazardous"] or None) == hazard.get(row["low_code"]), row["material_code"]
    classes = {row["nace_class"] for row in seed("nace_class") if row["nace_revision"] == "2.0"}
    assert {row["origin_nace_code"] for row in seed("material_concept")} <= classes


def test_densities_are_ordered_and_marked_as_assumed(seed):
    rows = [row for row in seed("material_concept") if row["density_typical_t_m3"]]
    assert len(rows) >= 150
    for row in rows:
        low, usual, high = (Decimal(row[f"density_{part}_t_m3"]) for part in ("min", "typical", "max"))
        assert 0 < low <= usual <= high < 5, row["material_code"]
    for row in seed("material_concept"):
        assert (row["is_density_assumed"] == "true") == bool(row["density_typical_t_m3"])


def test_an_unflagged_homonym_is_refused(monkeypatch):
    entry = dict(material._entries()[0])
    other = {**entry, "material_code": "OTHER_CONCEPT", "it": "altro concetto", "en": "other concept"}
    monkeypatch.setattr(material, "_entries", lambda: (entry, other))
    monkeypatch.setattr(material, "material_false_friend", tuple)
    with pytest.raises(ReferenceDataError, match=r"\(fr\) is not flagged"):
        material.material_concept_term()


def test_densities_out_of_order_are_refused():
    with pytest.raises(ReferenceDataError, match="not in order"):
        material._density("EXAMPLE", "0.5/0.4/0.7")
