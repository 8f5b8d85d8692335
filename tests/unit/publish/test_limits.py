"""Lines between areas lie where the nearest point changes area."""

from __future__ import annotations

from math import dist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publish.limits import boundaries
from publish.site_map import flat, web_address


def test_two_grids_are_parted_by_one_line_halfway() -> None:
    points = [(float(x), float(y)) for x in range(6) for y in range(6)]
    areas = ["west" if x < 3 else "east" for x, _ in points]
    (line,) = boundaries(points, areas, reach=5)
    assert all(x == pytest.approx(2.5) for x, _ in line)
    assert min(y for _, y in line) < 1
    assert max(y for _, y in line) > 4


def test_one_area_and_too_few_points_have_no_line() -> None:
    assert boundaries([(0, 0), (1, 0), (0, 1), (1, 1)], ["a"] * 4, 5) == []
    assert boundaries([(0, 0), (1, 0)], ["a", "b"], 5) == []


def test_lines_far_from_every_point_are_left_out() -> None:
    far = [(0.0, 0.0), (100.0, 3.0), (2.0, 90.0), (110.0, 100.0)]
    assert boundaries(far, ["a", "b", "a", "b"], reach=10) == []
    assert boundaries(far, ["a", "b", "a", "b"], reach=200) != []


def test_three_areas_meet_in_a_fork() -> None:
    points = [(float(x), float(y)) for x in range(8) for y in range(8)]
    areas = ["a" if y >= 4 else "b" if x < 4 else "c" for x, y in points]
    lines = boundaries([(x + 0.01 * y, y + 0.013 * x) for x, y in points], areas, reach=5)
    ends = [end for line in lines for end in (line[0], line[-1])]
    assert any(ends.count(end) == 3 for end in ends)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=60, unique=True),
    st.randoms(use_true_random=False),
)
def test_a_line_is_as_far_from_one_area_as_from_the_other(points: list[tuple[int, int]], chance: object) -> None:
    spread = [(x + (i * 37 % 101) / 1009, y + (i * 53 % 103) / 1013) for i, (x, y) in enumerate(points)]
    areas = [chance.choice("ab") for _ in spread]
    for line in boundaries(spread, areas, reach=40):
        for place in line:
            nearest = {
                area: min(dist(place, p) for p, a in zip(spread, areas, strict=True) if a == area)
                for area in set(areas)
            }
            assert nearest["a"] == pytest.approx(nearest["b"], rel=1e-6, abs=1e-6)


def test_points_are_sent_as_differences() -> None:
    assert flat([(45.0, 7.0), (45.0001, 6.9)]) == [450000, 70000, 1, -1000]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("HTTP://a.example", "HTTP://a.example"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        (" https://a.example", None),
        ("https://" + "a" * 400, None),
        (None, None),
    ],
)
def test_only_web_addresses_are_shown(url: str | None, shown: str | None) -> None:
    assert web_address(url) == shown
