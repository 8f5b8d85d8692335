"""Days, months and periods in the writings that were seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.synergie.days import read_day, read_month, read_period

MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "en": "january february march april may june july august september october november december",
}
days = st.dates(date(1970, 1, 2), date(2069, 12, 31))


@given(days, st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%y"]))
def test_every_writing_of_a_day_reads_back(day: date, pattern: str) -> None:
    assert read_day(day.strftime(pattern)).value == day


@given(days, st.sampled_from(sorted(MONTHS)))
def test_month_names_in_three_languages(day: date, language: str) -> None:
    assert read_day(f"{day.day} {MONTHS[language].split()[day.month - 1].title()} {day.year}").value == day


@given(days)
def test_excel_serials_of_both_systems(day: date) -> None:
    assert read_day((day - date(1899, 12, 30)).days).value == day
    assert read_day((day - date(1904, 1, 1)).days, date_1904=True).value == day


@given(days, st.integers(-3, 0))
def test_a_local_midnight_written_in_another_zone_is_the_day_that_was_meant(day: date, hours: int) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)
    assert read_day(moment.isoformat().replace("+00:00", "Z")).value == day
    assert read_day(moment.replace(tzinfo=None)).value == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2018-01-31T21:00:00Z", date(2018, 2, 1)), ("2019-03-04T14:30:00", date(2019, 3, 4)),
        ("2019-07-31T22:00:00Z", date(2019, 8, 1)), ("04/03/2019 00:00:00", date(2019, 3, 4)),
        ("1er août 2020", date(2020, 8, 1)), ("12-gen-19", date(2019, 1, 12)), ("18.03.13", date(2013, 3, 18)),
        ("31/12/2999", date(2999, 12, 31)), ("29/02/2020", date(2020, 2, 29)), ("43831", date(2020, 1, 1)),
    ],
)  # fmt: skip
def test_seen_writings(text: str, day: date) -> None:
    assert read_day(text).value == day


@pytest.mark.parametrize("text", ["31/02/2019", "29/02/2019", "03/14/2019", "demain", "2019", "13 2019", "20191301"])
def test_what_is_no_day_stays_text(text: str) -> None:
    assert read_day(text).value == text


@given(st.text(max_size=14))
def test_no_text_is_ever_dropped_without_a_note(text: str) -> None:
    reading = read_day(text)
    assert (
        isinstance(reading.value, date)
        or reading.value == text
        or reading.notes
        or not text.strip("\x00 \u00a0\u202f").split()
    )


def test_short_years_and_numbers_are_noted() -> None:
    assert read_day("18.03.13").notes == ("annee_deux_chiffres",)
    assert read_day("18.03.85").value == date(1985, 3, 18)
    assert read_day(43831).notes == ("date_en_nombre",)
    assert read_day(2019).value == "2019"


@pytest.mark.parametrize(
    ("value", "month"),
    [("2019-03", "2019-03"), ("3/2019", "2019-03"), ("mars 2019", "2019-03"), ("Marzo 2019", "2019-03"),
     (date(2019, 3, 9), "2019-03"), ("15/03/2019", "2019-03"), ("", None), ("T1", "T1")],
)  # fmt: skip
def test_months(value: object, month: str | None) -> None:
    assert read_month(value).value == month


def test_periods() -> None:
    assert read_period("du 01/07/2019 au 31/12/2019") == ("01/07/2019", "31/12/2019")
    assert read_period("2019-07-01/2019-12-31") == ("2019-07-01", "2019-12-31")
    assert read_period("semestre 2") == ("semestre 2", None)
    assert read_period(None) == (None, None)
