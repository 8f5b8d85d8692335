import csv
import itertools
import math
import re
import struct
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reference.build import BUILDERS
from schemas.reference.geometry import centroid, distance_km, outer_rings, reach_km
from schemas.reference.seed import (
    ROOT,
    SEEDS,
    ReferenceDataError,
    SeedSpec,
    load_specs,
    normalise,
    read_list,
    render,
    require_unique,
)

SPEC = SeedSpec("example", ("code", "share", "is_open"), {"code": "text", "share": "numeric", "is_open": "boolean"}, {})


def test_every_seed_is_declared_built_and_committed_with_its_columns():
    specs = load_specs()
    assert set(specs) == set(BUILDERS) == {path.stem for path in SEEDS.glob("*.csv")}
    for name, spec in specs.items():
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            assert tuple(next(csv.reader(handle))) == spec.columns


def test_every_seed_states_source_licence_and_vintage():
    for spec in load_specs().values():
        assert spec.meta["source"] and spec.meta["licence"] and spec.meta["vintage"], spec.name


def test_render_writes_what_postgresql_reads():
    rows = [{"code": "01", "share": Decimal("0.10"), "is_open": True}, {"code": "a,b", "share": None, "is_open": False}]
    assert render(SPEC, rows) == 'code,share,is_open\n01,0.10,true\n"a,b",,false\n'


def test_render_refuses_columns_nobody_declared():
    with pytest.raises(ReferenceDataError, match="row 1"):
        render(SPEC, [{"code": "01", "share": None}])


def test_a_list_with_a_short_row_is_refused(tmp_path):
    (tmp_path / "short.csv").write_text("a,b\n1\n", encoding="utf-8")
    with pytest.raises(ReferenceDataError, match=r"short\.csv, row 2"):
        read_list("short", tmp_path)


def test_duplicate_keys_are_refused():
    with pytest.raises(ReferenceDataError, match="occurs twice"):
        require_unique("example", [{"code": "A"}, {"code": "A"}], "code")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Étoile-d'Œuf", "etoile d oeuf"),
        ("m³", "m3"),
        ("  T / an ", "t an"),
        ("N° 5", "n 5"),
        ("Ligne\u00a0A", "ligne a"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


@given(st.text())
def test_normalise_is_stable_and_plain(text):
    once = normalise(text)
    assert normalise(once) == once
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert once == once.strip() and "  " not in once


def square(west: float, south: float, side: float) -> bytes:
    points = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    body = struct.pack("<I", len(points)) + b"".join(struct.pack("<dd", *point) for point in points)
    return struct.pack("<BI", 1, 3) + struct.pack("<I", 1) + body


def test_centroid_and_reach_of_a_polygon():
    rings = outer_rings(square(7.0, 45.0, 0.2))
    assert centroid(rings) == pytest.approx((7.1, 45.1))
    assert centroid([list(reversed(rings[0]))]) == pytest.approx((7.1, 45.1))
    corner = distance_km((7.1, 45.1), (7.0, 45.0))
    assert reach_km((7.1, 45.1), rings) == pytest.approx(corner, rel=0.01)


def test_multipolygon_weighs_its_parts_by_area():
    parts = square(7.0, 45.0, 0.2), square(8.0, 45.0, 0.1)
    wkb = struct.pack("<BI", 1, 6) + struct.pack("<I", 2) + b"".join(parts)
    longitude, latitude = centroid(outer_rings(wkb))
    assert longitude == pytest.approx((7.1 * 4 + 8.05) / 5)
    assert latitude == pytest.approx((45.1 * 4 + 45.05) / 5)


def test_another_geometry_is_refused():
    with pytest.raises(ValueError, match="neither polygon"):
        outer_rings(struct.pack("<BIdd", 1, 1, 7.0, 45.0))


def test_distance():
    assert distance_km((0.0, 0.0), (0.0, 1.0)) == pytest.approx(6371.0088 * math.pi / 180)
    assert distance_km((7.6868, 45.0705), (5.9208, 45.5663)) == pytest.approx(149, abs=2)  # Torino–Chambéry


def test_franc_rates_cover_every_month_twice(seed):
    rows = seed("fx_rate")
    months = sorted({date.fromisoformat(row["month"]) for row in rows})
    assert months[0] == date(2014, 1, 1)
    for before, after in itertools.pairwise(months):
        assert (after.year * 12 + after.month) - (before.year * 12 + before.month) == 1
    assert len(rows) == 2 * len(months)


def test_the_inforeuro_stand_in_is_never_called_verified(seed):
    for row in seed("fx_rate"):
        assert (row["is_verified"] == "true") == (row["rate_type"] == "ECB_MONTH_AVERAGE")
        month, day = date.fromisoformat(row["month"]), date.fromisoformat(row["observation_date"])
        assert (day < month) == (row["rate_type"] == "INFOREURO_SUBSTITUTE")
        product = Decimal(row["currency_per_eur"]) * Decimal(row["eur_per_currency"])
        assert abs(product - 1) < Decimal("0.00001")


def test_the_franc_was_let_go_in_january_2015(seed):
    rates = {(row["month"], row["rate_type"]): Decimal(row["currency_per_eur"]) for row in seed("fx_rate")}
    assert rates["2015-01-01", "INFOREURO_SUBSTITUTE"] > Decimal("1.20")
    assert rates["2015-02-01", "INFOREURO_SUBSTITUTE"] < Decimal("1.06")


def test_the_page_on_reference_data_states_the_rows_of_every_seed(seed):
    page = (ROOT / "docs" / "reference" / "reference_data.md").read_text(encoding="utf-8")
    stated = {name: int(rows) for name, rows in re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE)}
    assert stated == {name: len(seed(name)) for name in BUILDERS}
