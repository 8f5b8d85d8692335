"""Usable coordinates from what ACTIF sends: degrees, swapped degrees, or Lambert-93 metres.

The inverse projection is the closed Lambert conformal conic on GRS80 with the constants of RGF93 / Lambert-93
(EPSG:2154: origin 46.5° N 3° E, standard parallels 44° and 49° N, false origin 700 000 m / 6 600 000 m).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from schemas.sources.actif import Coordonnees
from schemas.sources.base import fold, parse_decimal

# GRS80 first eccentricity; exponent, radius (m) and pole ordinate (m) of the cone.
_E = 0.081819191042816
_N = 0.725607765053267
_C = 11754255.426096
_XS, _YS = 700000.0, 12655612.049876
_LON0 = math.radians(3.0)

_FRANCE_ITALY = (35.0, 52.0, -5.5, 19.0)  # south, north, west, east in degrees; Corsica to Puglia included
_LAMBERT93 = (100_000.0, 1_300_000.0, 6_000_000.0, 7_200_000.0)  # x from, to, y from, to in metres
_DEGREES_NAMES = ("wgs84", "wgs 84", "4326", "epsg 4326", "gps")
_LAMBERT93_NAMES = ("", "lambert 93", "lambert93", "l93", "rgf93", "rgf93 lambert 93", "epsg 2154", "2154")


def lambert93_to_degrees(x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude (degrees, RGF93 which is WGS84 within a metre) of Lambert-93 metres."""
    radius = math.hypot(x - _XS, y - _YS)
    longitude = _LON0 + math.atan2(x - _XS, _YS - y) / _N
    isometric = -math.log(radius / _C) / _N
    latitude = 2 * math.atan(math.exp(isometric)) - math.pi / 2
    for _ in range(8):  # converges below 1e-12 rad in 5 rounds at these latitudes
        sine = _E * math.sin(latitude)
        latitude = 2 * math.atan(((1 + sine) / (1 - sine)) ** (_E / 2) * math.exp(isometric)) - math.pi / 2
    return math.degrees(latitude), math.degrees(longitude)


def derive(data: Mapping[str, Any]) -> dict[str, Any]:
    """``derived_latitude``, ``derived_longitude`` and ``derived_coordinates`` of one raw record.

    Numbers that cannot be read count as absent here; the contract rejects the record for them.
    """
    latitude, longitude, x, y = (_number(data.get(name)) for name in ("latitude", "longitude", "x", "y"))
    if latitude is not None and longitude is not None:
        return _from_pair(latitude, longitude)
    if x is not None and y is not None:
        if fold(data.get("systeme_coordonnees") or "") not in (*_LAMBERT93_NAMES, *_DEGREES_NAMES):
            return _result("outside", None)
        return _from_pair(y, x)
    return _result("absent", None)


def _from_pair(first: float, second: float) -> dict[str, Any]:
    """``first`` is meant as latitude or northing, ``second`` as longitude or easting."""
    if _in_area(first, second):
        return _result("sent", (first, second))
    if _in_area(second, first):
        return _result("swapped", (second, first))
    for x, y in ((second, first), (first, second)):
        if _LAMBERT93[0] <= x <= _LAMBERT93[1] and _LAMBERT93[2] <= y <= _LAMBERT93[3]:
            return _result("lambert93", lambert93_to_degrees(x, y))
    return _result("outside", None)


def _in_area(latitude: float, longitude: float) -> bool:
    south, north, west, east = _FRANCE_ITALY
    return south <= latitude <= north and west <= longitude <= east


def _result(status: Coordonnees, point: tuple[float, float] | None) -> dict[str, Any]:
    latitude, longitude = point or (None, None)
    return {
        "derived_latitude": _rounded(latitude),
        "derived_longitude": _rounded(longitude),
        "derived_coordinates": status,
    }


def _rounded(value: float | None) -> Decimal | None:
    """Six decimals are a tenth of a metre."""
    return None if value is None else Decimal(f"{value:.6f}")


def _number(value: Any) -> float | None:
    try:
        number = parse_decimal(value)
        return None if number is None or isinstance(number, bool) else float(number)
    except (PydanticCustomError, ValueError, OverflowError):
        return None
