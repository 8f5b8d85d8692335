"""Figures, days and codes as people of each language write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publish.claim_words import LANGUAGES, Language, Words

CENTS = st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False)
BACK: dict[Language, tuple[str, str]] = {"fr": ("\u202f", ","), "it": (".", ","), "en": (",", ".")}


@pytest.mark.parametrize(
    ("language", "written"), [("fr", "1\u202f244\u202f137,34"), ("it", "1.244.137,34"), ("en", "1,244,137.34")]
)
def test_an_amount_is_written_in_the_manner_of_the_language(language: Language, written: str) -> None:
    assert Words(language).amount(Decimal("1244137.34")) == written
    assert Words(language).amount(None) == ""


@given(value=CENTS, language=st.sampled_from(LANGUAGES))
def test_a_written_amount_reads_back_to_the_cent(value: Decimal, language: Language) -> None:
    thousands, mark = BACK[language]
    written = Words(language).amount(value)
    assert Decimal(written.replace(thousands, "").replace(mark, ".")) == value


@pytest.mark.parametrize(
    ("value", "field", "written"),
    [
        (None, "", ""),
        ("1234.50", "amount_declared_eur", "1\u202f234,50"),
        ("108.17 %", "amount_budget_eur", "108,17 %"),
        ("2019-01-31", "invoice_date", "31/01/2019"),
        ("2019-01-01/2021-06-30", "payment_date", "01/01/2019 – 30/06/2021"),
        ("2021-04-13/", "payment_date", "13/04/2021"),
        ("REAL, FLAT", "cost_method_code", "Coûts réels, Taux forfaitaire"),
        ("B11F19000120007", "cup_code", "B11F19000120007"),
        ("Ente A/B (fittizio)", "supplier_name", "Ente A/B (fittizio)"),
        ("1.0842", "exchange_rate", "1.0842"),
    ],
)
def test_a_value_of_a_finding_is_written_for_people(value: str | None, field: str, written: str) -> None:
    assert Words("fr").value(value, field) == written


def test_fields_and_codes_have_the_names_of_the_model() -> None:
    words = Words("it")
    assert words.field("invoice_date") == "Data della fattura"
    assert words.field("durability_end_date") == "Fine della stabilità"
    assert words.field("never_heard_of") == "never_heard_of"
    assert words.code("cost_category", "STAFF") == "Costi del personale"
    assert words.code("cost_category", None) == ""
    assert words.day(date(2026, 11, 21)) == "21/11/2026"
