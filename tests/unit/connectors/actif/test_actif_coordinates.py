"""Coordinates: degrees, swapped, Lambert-93, or none; checked against the projection's own definition."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.actif.coordinates import derive, lambert93_to_degrees

A, E2 = 6378137.0, 0.00669438002290  # GRS80


def forward(latitude: float, longitude: float) -> tuple[float, float]:
    """Lambert conformal conic with two standard parallels (Snyder 1987, 15-1 to 15-11), from its parameters."""
    e = math.sqrt(E2)

    def t(phi: float) -> float:
        s = e * math.sin(phi)
        return math.tan(math.pi / 4 - phi / 2) / ((1 - s) / (1 + s)) ** (e / 2)

    def m(phi: float) -> float:
        return math.cos(phi) / math.sqrt(1 - E2 * math.sin(phi) ** 2)

    p1, p2, p0, phi = (math.radians(v) for v in (44.0, 49.0, 46.5, latitude))
    n = math.log(m(p1) / m(p2)) / math.log(t(p1) / t(p2))
    f = m(p1) / (n * t(p1) ** n)
    rho, rho0 = A * f * t(phi) ** n, A * f * t(p0) ** n
    theta = n * math.radians(longitude - 3.0)
    return 700000 + rho * math.sin(theta), 6600000 + rho0 - rho * math.cos(theta)


def test_the_origin_of_the_projection() -> None:
    latitude, longitude = lambert93_to_degrees(700000, 6600000)
    assert (latitude, longitude) == (pytest.approx(46.5, abs=1e-8), pytest.approx(3.0, abs=1e-8))


@settings(deadline=None)
@given(latitude=st.floats(41.2, 51.2), longitude=st.floats(-5, 9.6))
def test_the_inverse_undoes_the_projection_within_a_millimetre(latitude: float, longitude: float) -> None:
    back = lambert93_to_degrees(*forward(latitude, longitude))
    assert back == (pytest.approx(latitude, abs=1e-8), pytest.approx(longitude, abs=1e-8))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"latitude": "45,5646", "longitude": "5,9178"}, "sent"),
        ({"latitude": 45.5646, "longitude": 5.9178}, "sent"),
        ({"latitude": "5.9178", "longitude": "45.5646"}, "swapped"),
        ({"x": "927755.3", "y": "6501094.6"}, "lambert93"),
        ({"latitude": "6501094,6", "longitude": "927755,3"}, "lambert93"),
        ({"x": "5,9178", "y": "45,5646", "systeme_coordonnees": "WGS 84"}, "sent"),
        ({"x": "45,5646", "y": "5,9178", "systeme_coordonnees": "EPSG:4326"}, "swapped"),
        ({"latitude": "927755,3", "longitude": "6501094,6"}, "lambert93"),
    ],
)
def test_one_place_sent_in_many_ways(sent: dict[str, object], status: str) -> None:
    derived = derive(sent)
    assert derived["derived_coordinates"] == status
    assert float(derived["derived_latitude"]) == pytest.approx(45.5646, abs=2e-2)
    assert float(derived["derived_longitude"]) == pytest.approx(5.9178, abs=2e-2)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, "absent"),
        ({"latitude": "45.5"}, "absent"),
        ({"latitude": "nord", "longitude": "5"}, "absent"),
        ({"latitude": 0, "longitude": 0}, "outside"),
        ({"latitude": "48,85", "longitude": "-77"}, "outside"),
        ({"x": 927755, "y": 6501094, "systeme_coordonnees": "EPSG:27572"}, "outside"),
    ],
)
def test_what_is_no_place_here_is_not_made_one(sent: dict[str, object], status: str) -> None:
    assert derive(sent) == {
        "derived_latitude": None,
        "derived_longitude": None,
        "derived_coordinates": status,
    }


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["latitude", "longitude", "x", "y"]), st.one_of(
    st.none(), st.text(max_size=12), st.integers(), st.floats(), st.decimals())))  # fmt: skip
def test_nothing_that_is_sent_breaks_the_derivation(sent: dict[str, object]) -> None:
    derived = derive(sent)
    for name in ("derived_latitude", "derived_longitude"):
        assert derived[name] is None or isinstance(derived[name], Decimal)
