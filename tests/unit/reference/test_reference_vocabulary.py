import re
from collections import defaultdict
from decimal import Decimal

import pytest

from schemas.reference.company import first_form, legal_form_pattern
from schemas.reference.seed import ReferenceDataError, normalise
from schemas.reference.vocabulary import canonical_codes, require_unambiguous, unit, unit_term

TERM_SEEDS = {
    "physical_state_term": ("physical_state_code", "physical_state"),
    "third_place_type_term": ("third_place_type_code", "third_place_type"),
    "cost_category_term": ("cost_category_code", "cost_category"),
    "unit_term": ("unit_code", "unit"),
}


@pytest.mark.parametrize("name", TERM_SEEDS)
def test_terms_stand_for_one_canonical_code_each(seed, name):
    column, code_list = TERM_SEEDS[name]
    owners = defaultdict(set)
    for row in seed(name):
        assert row["term_normalised"] == normalise(row["term"])
        owners[row["term_normalised"]].add(row[column])
    assert all(len(codes) == 1 for codes in owners.values())
    assert {row[column] for row in seed(name)} == canonical_codes(code_list)


@pytest.mark.parametrize("name", TERM_SEEDS)
def test_every_code_has_terms_in_both_languages(seed, name):
    column, code_list = TERM_SEEDS[name]
    tongues = defaultdict(set)
    for row in seed(name):
        tongues[row[column]].add(row["language"])
    assert all({"fr", "it"} <= tongues[code] for code in canonical_codes(code_list))


def test_two_codes_for_one_term_are_refused():
    rows = [
        {"code": "A", "term": "Fût", "term_normalised": "fut"},
        {"code": "B", "term": "fut", "term_normalised": "fut"},
    ]
    with pytest.raises(ReferenceDataError, match="'fut' stands for A and B"):
        require_unambiguous("example", rows, "code")


def test_factors_of_units():
    factors = {row["unit_code"]: row["factor"] for row in unit()}
    assert factors["Q"] == Decimal("0.1")  # a quintal is 100 kg, not a US hundredweight
    assert factors["HL"] == Decimal("0.1")
    assert factors["GWH"] == 1000
    for never_converted in ("T_DM", "STERE", "LOOSE_M3", "PALLET", "TRUCKLOAD"):
        assert factors[never_converted] is None
    assert len(factors) >= 25


def test_spellings_of_units():
    terms = {row["term_normalised"]: row["unit_code"] for row in unit_term()}
    assert terms["qx"] == terms["q li"] == terms["quintali"] == "Q"
    assert terms["mc"] == terms["m3"] == terms["metri cubi"] == "M3"
    assert terms["t ms"] == terms["t s s"] == "T_DM"
    assert terms["bancali"] == terms["palettes"] == "PALLET"


@pytest.mark.parametrize(
    ("country", "name", "form"),
    [
        ("IT", "Esempio S.a.s. di Neri Anna & C.", "IT-SAS"),
        ("FR", "Exemple S.A.S.", "FR-SAS"),
        ("FR", "SAS Exemple des Cimes", "FR-SAS"),
        ("IT", "Esempio SAS", "IT-SAS"),
        ("IT", "Esempio S.r.l.", "IT-SRL"),
        ("FR", "EXEMPLE SARL", "FR-SARL"),
        ("IT", "ESEMPIO SRLS", "IT-SRLS"),
        ("IT", "Esempio s.c.a r.l.", "IT-SCARL"),
        ("IT", "Esempio società cooperativa sociale onlus", "IT-COOP_SOC"),
        ("FR", "SCIC SAS Exemple", "FR-SCIC"),
        ("FR", "Exemple et Fils", None),
        ("FR", "Salon de thé Exemple", None),
        ("IT", "Sasso Esempio", None),
        ("FR", "Sarlat Exemple", None),
    ],
)
def test_legal_forms_are_read_within_their_country(country, name, form):
    rows = legal_form_pattern()
    assert first_form(rows, country, name) == form
    assert first_form(rows, country, normalise(name)) == form


def test_an_italian_sas_and_a_french_sas_are_not_comparable(seed):
    groups = {row["legal_form_code"]: row["legal_form_group"] for row in seed("legal_form")}
    assert groups["IT-SAS"] == groups["FR-SCS"] == "LIMITED_PARTNERSHIP"
    assert groups["FR-SAS"] == "SIMPLIFIED_COMPANY"
    assert groups["IT-SRL"] == groups["FR-SARL"]
    assert set(groups.values()) <= canonical_codes("legal_form_group")
    assert len(set(groups.values())) >= 18


def test_patterns_use_only_what_python_and_postgresql_share():
    for row in legal_form_pattern():
        pattern = str(row["pattern"])
        re.compile(pattern)
        assert not re.search(r"\\[bBAZzmMyY]|\(\?P|\(\?i", pattern), pattern


def test_examples_are_marked_as_invented():
    for row in legal_form_pattern():
        for example in str(row["examples"]).split("|"):
            assert example.endswith(("(fictif)", "(fittizio)"))
