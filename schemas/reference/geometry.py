"""Just enough geometry for a municipality: centroid and reach of a polygon, distances on the sphere."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Sequence

Point = tuple[float, float]
"""Longitude and latitude in degrees (WGS 84)."""

EARTH_RADIUS_KM = 6371.0088
_POLYGON, _MULTIPOLYGON = 3, 6


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance in kilometres (haversine)."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def outer_rings(wkb: bytes) -> list[list[Point]]:
    """Outer rings of a polygon or multipolygon in well-known binary, little or big endian.

    Raises:
        ValueError: another geometry type.
    """
    order = "<" if wkb[0] == 1 else ">"
    (kind,) = struct.unpack_from(f"{order}I", wkb, 1)
    if kind == _POLYGON:
        return [_first_ring(wkb, 5, order)[0]]
    if kind != _MULTIPOLYGON:
        raise ValueError(f"geometry type {kind} is neither polygon nor multipolygon")
    (count,) = struct.unpack_from(f"{order}I", wkb, 5)
    rings, offset = [], 9
    for _ in range(count):
        inner = "<" if wkb[offset] == 1 else ">"
        ring, offset = _first_ring(wkb, offset + 5, inner)
        rings.append(ring)
    return rings


def _first_ring(wkb: bytes, offset: int, order: str) -> tuple[list[Point], int]:
    """Outer ring of the polygon whose ring count stands at ``offset``, and the offset after the polygon."""
    (rings,) = struct.unpack_from(f"{order}I", wkb, offset)
    offset += 4
    outer: list[Point] = []
    for number in range(rings):
        (points,) = struct.unpack_from(f"{order}I", wkb, offset)
        offset += 4
        if number == 0:
            flat = struct.unpack_from(f"{order}{points * 2}d", wkb, offset)
            outer = list(zip(flat[::2], flat[1::2], strict=True))
        offset += points * 16
    return outer, offset


def centroid(rings: Sequence[Sequence[Point]]) -> Point:
    """Area centroid of outer rings; plane geometry is exact enough at the size of a municipality."""
    area = x_sum = y_sum = 0.0
    for ring in rings:
        part = x_part = y_part = 0.0
        for (x1, y1), (x2, y2) in itertools.pairwise(ring):
            cross = x1 * y2 - x2 * y1
            part, x_part, y_part = part + cross, x_part + (x1 + x2) * cross, y_part + (y1 + y2) * cross
        sign = 1 if part >= 0 else -1  # rings may run either way round
        area, x_sum, y_sum = area + sign * part / 2, x_sum + sign * x_part / 6, y_sum + sign * y_part / 6
    return x_sum / area, y_sum / area


def reach_km(centre: Point, rings: Sequence[Sequence[Point]]) -> float:
    """Distance from the centre to the farthest point of the boundary, in kilometres."""
    return max(distance_km(centre, point) for ring in rings for point in ring)
