"""Lines between areas, drawn where the nearest municipality changes area (edges of Voronoi cells).

The release holds centres of municipalities, no outlines. These lines are a drawing aid for the page's map, accurate to
a few kilometres, and are never published as data.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import hypot

Point = tuple[float, float]

_ON_ONE_LINE = 1e-12
"""Twice the area below which three points count as lying on one line."""


@dataclass(frozen=True)
class _Triangle:
    """Corners (indices of points, ascending) and the circle through them."""

    corners: tuple[int, int, int]
    centre: Point
    radius: float


def boundaries(points: Sequence[Point], areas: Sequence[Hashable], reach: float) -> list[list[Point]]:
    """Polylines between points of different areas.

    Args:
        points: in a plane; duplicates are ignored.
        areas: what each point belongs to.
        reach: parts of a line further than this from the nearest point are left out (sea, land without points).

    Returns:
        Lines as lists of points, in a stable order.
    """
    joined: dict[tuple[int, int], list[int]] = {}
    triangles = _delaunay(points)
    for number, triangle in enumerate(triangles):
        a, b, c = triangle.corners
        for edge in ((a, b), (a, c), (b, c)):
            if areas[edge[0]] != areas[edge[1]]:
                joined.setdefault(edge, []).append(number)
    links: dict[int, set[int]] = {}
    for sides in joined.values():
        if len(sides) == 2 and all(triangles[n].radius <= reach for n in sides):  # noqa: PLR2004 - an inner edge
            links.setdefault(sides[0], set()).add(sides[1])
            links.setdefault(sides[1], set()).add(sides[0])
    return [[triangles[n].centre for n in chain] for chain in _chains(links)]


def _chains(links: dict[int, set[int]]) -> list[list[int]]:
    """The graph's edges as the longest chains between its ends and forks; closed rings come last."""
    open_links = {node: set(others) for node, others in links.items()}
    chains: list[list[int]] = []
    ends = sorted(node for node, others in links.items() if len(others) != 2)  # noqa: PLR2004 - end or fork
    for start in (*ends, *sorted(links)):
        while open_links[start]:
            chain, node = [start], start
            while open_links[node]:
                following = min(open_links[node])
                open_links[node].discard(following)
                open_links[following].discard(node)
                chain.append(following)
                node = following
                if len(links[node]) != 2:  # noqa: PLR2004 - an end or a fork
                    break
            chains.append(chain)
    return chains


def _delaunay(points: Sequence[Point]) -> list[_Triangle]:
    """Delaunay triangulation by a sweep over x (P. Bourke); triangles behind it are final."""
    order = sorted({point: index for index, point in enumerate(points)}.values(), key=lambda i: points[i])
    if len(order) < 3:  # noqa: PLR2004 - a triangle
        return []
    low = (min(p[0] for p in points), min(p[1] for p in points))
    high = (max(p[0] for p in points), max(p[1] for p in points))
    size = max(high[0] - low[0], high[1] - low[1]) or 1.0
    middle = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    count = len(points)
    # Far enough that it hardly bends the outline, which is cut off by ``reach`` anyhow.
    frame = [
        (middle[0] - 30 * size, middle[1] - size),
        (middle[0], middle[1] + 30 * size),
        (middle[0] + 30 * size, middle[1] - size),
    ]
    known = [*points, *frame]
    pending = [_triangle(known, (count, count + 1, count + 2))]
    done: list[_Triangle] = []
    for index in order:
        x, y = points[index]
        edges: dict[tuple[int, int], int] = {}
        kept: list[_Triangle] = []
        for triangle in pending:
            dx = x - triangle.centre[0]
            if dx > triangle.radius:
                done.append(triangle)
            elif hypot(dx, y - triangle.centre[1]) > triangle.radius:
                kept.append(triangle)
            else:
                a, b, c = triangle.corners
                for edge in ((a, b), (a, c), (b, c)):
                    edges[edge] = edges.get(edge, 0) + 1
        for (a, b), times in edges.items():
            if times == 1:
                new = _triangle(known, _ascending(a, b, index))
                if new.radius:
                    kept.append(new)
        pending = kept
    return [t for t in (*done, *pending) if t.corners[2] < count]


def _ascending(a: int, b: int, c: int) -> tuple[int, int, int]:
    first, second, third = sorted((a, b, c))
    return first, second, third


def _triangle(points: Sequence[Point], corners: tuple[int, int, int]) -> _Triangle:
    """The triangle with its circumcircle; radius 0 marks three points on one line."""
    (ax, ay), (bx, by), (cx, cy) = (points[i] for i in corners)
    bx, by, cx, cy = bx - ax, by - ay, cx - ax, cy - ay
    double_area = 2 * (bx * cy - by * cx)
    if abs(double_area) < _ON_ONE_LINE:
        return _Triangle(corners, (ax, ay), 0.0)
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    ux, uy = (cy * b2 - by * c2) / double_area, (bx * c2 - cx * b2) / double_area
    return _Triangle(corners, (ax + ux, ay + uy), hypot(ux, uy))
