"""Properties of the small readers: they never raise, and what they make can be read again."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.tiers_lieux import checks, clean, hours
from connectors.tiers_lieux.mapping import FieldMapping, leaves, normal
from connectors.tiers_lieux.values import Mapper
from schemas.sources.tiers_lieux import Lieu

OSM = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)([-,](Mo|Tu|We|Th|Fr|Sa|Su))? \d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*")


def given(*strategies: Any) -> Any:
    """Without a deadline: on a busy machine a pause of the scheduler is not a slow function."""
    return lambda test: settings(deadline=None)(any_of(*strategies)(test))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MINUTES = st.integers(0, 24 * 60 - 1)
SLOT = st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] < pair[1])


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@given(st.dictionaries(st.sampled_from(hours.DAYS), st.lists(SLOT, min_size=1, max_size=2)))
def test_day_map_keeps_every_slot(week: dict[str, list[tuple[int, int]]]) -> None:
    sent = {day: "," + ",".join(f"{clock(a)}-{clock(b)}" for a, b in slots) for day, slots in week.items()}
    text, osm = hours.day_map(sent)
    if not week:
        assert (text, osm) == (None, None)
        return
    assert osm is not None
    read: dict[str, set[str]] = {}
    for group in osm.split("; "):
        assert OSM.fullmatch(group)
        days, times = group.split(" ")
        names = days.split(",")
        if "-" in days:
            first, last = days.split("-")
            names = list(hours.DAYS[hours.DAYS.index(first) : hours.DAYS.index(last) + 1])
        for name in names:
            read[name] = set(times.split(","))
    assert read == {day: {f"{clock(a)}-{clock(b)}" for a, b in slots} for day, slots in week.items()}


@given(VALUES)
def test_hours_of_anything_never_raise(value: Any) -> None:
    for text, osm in (hours.day_map(value), hours.day_list(value)):
        assert text is None or text.strip()
        assert osm is None or all(OSM.fullmatch(group) for group in osm.split("; "))


@pytest.mark.parametrize(
    ("value", "osm"),
    [
        ({"Mo": ",14:00-18:00"}, "Mo 14:00-18:00"),
        ({"lundi": "9h00-12h00", "mardi": "9h-12h"}, "Mo,Tu 09:00-12:00"),
        ({"Mo": "09:00-12:00", "We": "09:00-12:00"}, "Mo 09:00-12:00; We 09:00-12:00"),
        ({"Mo": "09:00-12:00", "Tu": "sur rendez-vous"}, None),
        ({"Mo": "25:00-26:00"}, None),
        ({"Mo": "09:00-09:00"}, None),
        ({"Férié": "09:00-10:00"}, None),
        ({"Mo": "22:00-02:00"}, "Mo 22:00-02:00"),
        ({"Mo": "18:00-24:00"}, "Mo 18:00-24:00"),
        ({"Mo": None}, None),
        ("9h-12h", None),
    ],
)
def test_day_map_examples(value: Any, osm: str | None) -> None:
    assert hours.day_map(value)[1] == osm


@given(st.dates(date(1970, 1, 2), date(2099, 12, 31)))
def test_day_is_read_in_every_writing(day: date) -> None:
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    writings = [
        day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d/%m/%Y} 10:30", f"{day.isoformat()}T12:00:00Z",
        f"{day.isoformat()} 23:59:59",
    ]  # fmt: skip
    if noon >= 10**8:  # fewer digits could also be another number
        writings += [noon, str(noon), {"sec": noon, "usec": 0}]
    assert {clean.day(writing) for writing in writings} == {day.isoformat()}


@given(VALUES)
def test_day_and_instant_of_anything_never_raise(value: Any) -> None:
    clean.day(value)
    clean.instant(value)


@pytest.mark.parametrize("value", [10**400, -(10**20), 5, "12", {"sec": "x"}, [1], True])
def test_what_is_no_day_is_left_for_the_contract(value: Any) -> None:
    with pytest.raises(ValidationError):
        Lieu.model_validate(
            {"instance": "i", "identifiant": "1", "nom": "N", "licence": "L", "attribution": "A",
             "date_maj": clean.day(value) or value}
        )  # fmt: skip


@pytest.mark.parametrize("value", [2019, "2019"])
def test_a_year_is_no_instant(value: Any) -> None:
    assert clean.day(value) == "2019"


@pytest.mark.parametrize("value", [None, "", "0", 0, "0000-00-00 00:00:00", "null"])
def test_no_day_is_none_and_never_1970(value: Any) -> None:
    assert clean.day(value) is None


@given(st.integers(1, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_instants_come_back(moment: datetime) -> None:
    for written in (moment.isoformat(), moment.strftime("%a, %d %b %Y %H:%M:%S +0000")):
        text, assumed = clean.instant(written)
        assert datetime.fromisoformat(text) == moment
        assert not assumed


@given(st.text() | st.text(alphabet="<>/&;#abpscript=\"'! -"))
def test_plain_text_is_stable_and_has_no_markup(text: str) -> None:
    once = clean.plain_text(text)
    assert not re.search(r"<(script|b|p|a)\b[^>]*>", once)
    assert clean.plain_text(once) == once
    assert "<script" not in clean.safe_html(text)


@given(st.decimals(-90, 90, places=6), st.decimals(-180, 180, places=6))
def test_coordinates_survive_the_decimal_comma(latitude: Decimal, longitude: Decimal) -> None:
    mapper = Mapper(FieldMapping.model_validate({"fields": {"latitude": "lat", "longitude": "lon"}}))
    for lat, lon in (
        (f"{latitude:f}", f"{longitude:f}"),
        (f"{latitude:f}".replace(".", ","), f"{longitude:f}".replace(".", ",")),
        (latitude, longitude),
    ):
        data = mapper.apply({"lat": lat, "lon": lon}).data
        place = Lieu.model_validate(
            {**data, "instance": "i", "identifiant": "1", "nom": "N", "licence": "L", "attribution": "A"}
        )
        assert (place.latitude, place.longitude) == (latitude, longitude)


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=6))
def test_every_leaf_is_mapped_ignored_or_reported(record: dict[str, Any]) -> None:
    mapper = Mapper(FieldMapping.model_validate({"fields": {"identifiant": "id", "nom": ["a", "b"]}, "ignore": ["x*"]}))
    mapped = mapper.apply(record)
    for path, _value in leaves(record):
        name = normal(path)
        known = name in {"id", "a", "b"} or name.startswith(("id.", "a.", "b.", "x"))
        assert known or path in mapped.unknown


@given(VALUES, VALUES)
def test_doubts_of_anything_never_raise(latitude: Any, longitude: Any) -> None:
    list(checks.doubts({"latitude": latitude, "longitude": longitude, "nom": "N"}))


@given(st.dictionaries(st.sampled_from(sorted(Lieu.model_fields)), VALUES))
def test_contract_never_fails_otherwise_than_by_a_finding(data: dict[str, Any]) -> None:
    try:
        place = Lieu.model_validate(data)
    except ValidationError as error:
        assert error.error_count() > 0
    else:
        assert place.record_key().startswith(place.instance)
