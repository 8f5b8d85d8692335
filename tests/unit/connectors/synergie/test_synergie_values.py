"""Amounts, rates and flags: what is sure is exact, what is doubtful says so, what is neither stays text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.synergie.values import (
    Style,
    column_style,
    read_amount,
    read_flag,
    read_number,
    read_percent,
    tidy,
)

cents = st.integers(-(10**11), 10**11)


def _grouped(amount: int, thousands: str, decimal: str) -> str:
    text = f"{abs(amount) // 100:,}".replace(",", thousands) + f"{decimal}{abs(amount) % 100:02d}"
    return f"-{text}" if amount < 0 else text


@given(
    cents,
    st.sampled_from([(" ", ","), ("\u202f", ","), ("\u00a0", "."), (".", ","), (",", "."), ("'", "."), ("", ",")]),
)
def test_every_national_writing_of_an_amount_reads_back(amount: int, signs: tuple[str, str]) -> None:
    reading = read_amount(_grouped(amount, *signs))
    assert reading.value == Decimal(amount) / 100
    assert reading.alternative is None


@given(cents, st.sampled_from(["{} €", "€ {}", "{}€", "EUR {}", "{} EUR", "{} euros", " {} "]))
def test_currency_signs_do_not_change_the_amount(amount: int, frame: str) -> None:
    reading = read_amount(frame.format(_grouped(amount, " ", ",")))
    assert reading.value == Decimal(amount) / 100
    assert reading.currency == (None if frame == " {} " else "EUR")


@given(cents)
def test_typed_numbers_are_exact_to_the_cent(amount: int) -> None:
    assert read_amount(amount / 100).value == Decimal(amount) / 100


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from([".", ","]))
def test_one_sign_before_three_digits_is_always_ambiguous(whole: int, rest: int, sign: str) -> None:
    reading = read_amount(f"{whole}{sign}{rest:03d}")
    assert {reading.value, reading.alternative} == {Decimal(whole * 1000 + rest), Decimal(whole * 1000 + rest) / 1000}
    assert "montant_ambigu" in reading.notes


@given(st.text(max_size=12))
def test_no_text_is_ever_turned_into_nothing_without_a_note(text: str) -> None:
    reading = read_amount(text)
    if reading.value is None:
        assert (
            not text.strip("\x00\u00a0\u202f \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85")
            or "sans_valeur" in reading.notes
            or not text.split()
        )
    else:
        assert isinstance(reading.value, Decimal) or reading.value == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 776 901 €", "7776901.00"), ("1.200,00", "1200.00"), ("9.999,99 €", "9999.99"),
        ("2.888.913,33", "2888913.33"),
        ("422 517.30", "422517.30"), ("(12,00)", "-12.00"), ("12,00-", "-12.00"), ("−3", "-3.00"),
        ("1'200.50", "1200.50"),
        (".5", "0.50"), ("5,", "5.00"), ("122528.0025", "122528.0025"), ("451412.010000000009313", "451412.01"),
    ],
)  # fmt: skip
def test_real_writings(text: str, value: str) -> None:
    reading = read_amount(text)
    assert str(reading.value) == value
    assert reading.notes == ()


@pytest.mark.parametrize("text", ["12 34", "abc", "12%", "1.2.3", "1,2,3", "--5", "5 5", "1 2 3", "12 €€ x", "1e5"])
def test_what_is_no_amount_stays_text(text: str) -> None:
    assert read_amount(text).value == text


@pytest.mark.parametrize(
    ("text", "currency"), [("306 200 CH fr.", "CHF"), ("CHF 12", "CHF"), ("£5", "GBP"), ("5 $", "USD")]
)
def test_other_currencies_are_named(text: str, currency: str) -> None:
    reading = read_amount(text)
    assert reading.currency == currency
    assert isinstance(reading.value, Decimal)


@pytest.mark.parametrize("text", ["-", "n.d.", "néant", "—"])
def test_signs_for_nothing_are_nothing_with_a_note(text: str) -> None:
    assert read_amount(text).value is None
    assert read_amount(text).notes == ("sans_valeur",)


def test_the_column_shows_how_its_amounts_are_written() -> None:
    german = column_style(["9.999,99 €", "1.000,5"])
    assert german == Style(decimal_comma=True, dot_thousands=True)
    for eaten in ("288.11", 288.11):
        reading = read_amount(eaten, german)
        assert (reading.value, reading.alternative) == (Decimal("288.11"), Decimal("288110.00"))
    assert read_amount(288, german).alternative is None
    assert read_amount("823.171", german).value == Decimal("823171.00")
    american = column_style(["1,234.50", "12.25"])
    assert read_amount("1,234", american).value == Decimal("1234.00")
    assert read_amount("1.234", american).value == Decimal("1.234")
    assert column_style(["1 200,00", "1,5", "2,5", "3,25", "288.11"]) == Style(decimal_comma=True)


@given(st.decimals(-(10**9), 10**9, places=4, allow_nan=False))
def test_tidy_keeps_the_value_and_is_stable(amount: Decimal) -> None:
    assert tidy(amount) == amount
    assert str(tidy(tidy(amount))) == str(tidy(amount))
    assert -tidy(amount).as_tuple().exponent >= 2  # finite


def test_percent_fraction_and_sign() -> None:
    assert read_percent("85 %", column_in_percent=False).value == Decimal("85.00")
    assert read_percent(85, column_in_percent=False).value == Decimal("85.00")
    assert read_percent(0.85, column_in_percent=False).value == Decimal("85.00")
    assert read_percent("0,5 %", column_in_percent=False).value == Decimal("0.50")
    doubtful = read_percent(1, column_in_percent=True)
    assert (doubtful.value, doubtful.alternative) == (Decimal("1.00"), Decimal("100.00"))
    assert read_percent("beaucoup", column_in_percent=True).value == "beaucoup"


def test_exchange_rates_never_group() -> None:
    assert read_number("1,085").value == Decimal("1.085")
    assert read_number(1.0823).value == Decimal("1.0823")
    assert read_number("x").value == "x"


@pytest.mark.parametrize(
    ("text", "value"),
    [("O", True), ("oui", True), ("Sì", True), ("SI", True), ("Y", True), ("X", True), (True, True), (1, True),
     ("N", False), ("NON", False), ("no", False), (False, False), (0, False), (None, None), ("", None)],
)  # fmt: skip
def test_yes_and_no_in_three_languages(text: object, value: bool | None) -> None:
    assert read_flag(text).value is value


def test_an_unclear_answer_is_nothing_with_a_note() -> None:
    assert read_flag("peut-être").notes == ("oui_non_illisible",)


@pytest.mark.parametrize("text", ["1200.-", "1'200.–", "1.200,--", "Fr. 1200.-", "CHF 1'200.-"])
def test_a_dash_in_place_of_cents_is_no_minus(text: str) -> None:
    reading = read_amount(text)
    assert (reading.value, reading.alternative) == (Decimal("1200.00"), None)
