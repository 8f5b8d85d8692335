"""Ways through the Alps, against road distances that any route planner gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from warehouse.matching.route_step import changed_pairs
from warehouse.matching.routes import Crossing, Route, crossings_of, route

CHAMBERY, TORINO = (45.5646, 5.9178), (45.0703, 7.6869)
BRIANCON, SUSA = (44.8996, 6.6430), (45.1367, 7.0480)
NICE, CUNEO = (43.7034, 7.2663), (44.3845, 7.5427)
ANNECY, AOSTA = (45.8992, 6.1294), (45.7370, 7.3201)
BARCELONNETTE = (44.3869, 6.6519)
BOURG_SAINT_MAURICE, VENTIMIGLIA = (45.6186, 6.7697), (43.7912, 7.6076)


@pytest.fixture(scope="module")
def crossings(seed: Callable[[str], list[dict[str, str]]]) -> tuple[Crossing, ...]:
    return crossings_of(seed("alcotra_pass"))


@pytest.mark.parametrize(
    ("start", "end", "road_km", "through"),
    [
        (CHAMBERY, TORINO, 208, "FREJUS_ROAD"),
        (BRIANCON, SUSA, 55, "MONTGENEVRE"),
        (NICE, CUNEO, 120, "TENDE"),
        (ANNECY, AOSTA, 140, "MONT_BLANC"),
        (NICE, VENTIMIGLIA, 41, "VENTIMIGLIA_COAST"),
        (BARCELONNETTE, CUNEO, 98, "LARCHE"),
    ],
)
def test_all_year_ways(
    crossings: tuple[Crossing, ...], start: tuple[float, float], end: tuple[float, float], road_km: float, through: str
) -> None:
    there = route(start, end, "FR", "IT", crossings)
    assert there is not None
    assert there.distance_km == pytest.approx(road_km, rel=0.15)
    assert (there.distance_method, there.crossing, there.is_seasonal) == ("PASS", through, False)
    back = route(end, start, "IT", "FR", crossings)
    assert back == there


def test_winter_closes_the_high_passes(crossings: tuple[Crossing, ...]) -> None:
    summer = route(BOURG_SAINT_MAURICE, AOSTA, "FR", "IT", crossings, month=7)
    winter = route(BOURG_SAINT_MAURICE, AOSTA, "FR", "IT", crossings, month=1)
    unknown = route(BOURG_SAINT_MAURICE, AOSTA, "FR", "IT", crossings)
    assert summer is not None
    assert winter is not None
    assert (summer.crossing, summer.is_seasonal) == ("PETIT_SAINT_BERNARD", True)
    assert winter.crossing == "MONT_BLANC"
    assert winter.distance_km > summer.distance_km
    assert unknown == winter
    assert summer.distance_km == pytest.approx(83, rel=0.15)


def test_one_side_of_the_ridge_needs_no_pass(crossings: tuple[Crossing, ...]) -> None:
    inland = route(ANNECY, CHAMBERY, "FR", "FR", crossings)
    assert inland is not None
    assert (inland.distance_method, inland.crossing) == ("DIRECT", None)
    assert inland.distance_km == pytest.approx(50, rel=0.15)
    swiss = route((46.2, 6.14), ANNECY, "CH", "FR", crossings)
    assert swiss is not None
    assert swiss.distance_method == "DIRECT"


def test_what_is_not_known_is_said(crossings: tuple[Crossing, ...]) -> None:
    assert route(None, TORINO, "FR", "IT", crossings) is None
    assert route(CHAMBERY, TORINO, "FR", "IT", ()) is None
    straight = route(CHAMBERY, TORINO, "FR", None, crossings)
    assert straight == Route(straight.distance_km, "STRAIGHT_LINE") if straight else False


def test_railways_are_no_roads(crossings: tuple[Crossing, ...]) -> None:
    assert not [crossing for crossing in crossings if "RAIL" in crossing.code]
    closed = {crossing.code: crossing.closed for crossing in crossings}
    assert closed["PETIT_SAINT_BERNARD"] == {11, 12, 1, 2, 3, 4, 5}
    assert closed["FREJUS_ROAD"] == frozenset()


def test_wanted_pairs_are_an_offer_and_a_demand_of_one_material_across_a_border() -> None:
    market = [
        ("OFFER", "WOOD", "FR", ["FR_2", "FR_1"]),
        ("DEMAND", "WOOD", "IT", ["IT_1"]),
        ("DEMAND", "WOOD", "FR", ["FR_3"]),
        ("OFFER", "WHEY", "IT", ["IT_1", "IT_2"]),
        ("DEMAND", "WHEY", "FR", ["FR_2"]),
        ("OFFER", "SAND", "FR", ["FR_9"]),
    ]
    pairs = [("FR_1", "IT_1"), ("FR_2", "IT_1"), ("FR_2", "IT_2")]
    assert changed_pairs(market, {}) == (pairs, [])
    assert changed_pairs(market, {"FR_1": ["IT_1"], "FR_2": ["IT_1", "IT_2"]}) == ([], [])
    kept = {"FR_2": ["IT_2", "IT_7"], "AT_1": ["IT_1"]}
    assert changed_pairs(market, kept) == ([("FR_1", "IT_1"), ("FR_2", "IT_1")], [("AT_1", "IT_1"), ("FR_2", "IT_7")])
    assert changed_pairs([], {"FR_1": ["IT_1"]}) == ([], [("FR_1", "IT_1")])
