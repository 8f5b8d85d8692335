"""Cells and files of single tables, without a database."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publish import formats
from publish.formats import Column, CsvWriter, arrow_type, csv_column, write_table


@pytest.mark.parametrize(
    ("declared", "value", "cell"),
    [
        ("text", None, None),
        ("text", "", ""),
        ("text", "plain", "plain"),
        ("text", "  =1", "  =1"),
        ("text", "=1+1", "'=1+1"),
        ("text", "+cmd|x", "'+cmd|x"),
        ("text", "@SUM(A1)", "'@SUM(A1)"),
        ("text", "-", "'-"),
        ("text", "\tx", "'\tx"),
        ("text", "\r=1", "'\r=1"),
        ("text", "＝1+1", "'＝1+1"),
        ("text", "-12,5", "-12,5"),
        ("text", "+33612345678", "+33612345678"),
        ("character varying(20)", "+1+cmd", "'+1+cmd"),
        ("integer", -5, -5),
        ("numeric(14,2)", Decimal("-0.10"), "-0.10"),
        ("numeric(18,8)", Decimal("0E-8"), "0.00000000"),
        ("numeric(5)", Decimal("1E+3"), "1000"),
        ("numeric(5)", None, None),
        ("boolean", True, "true"),
        ("boolean", False, "false"),
        ("date", date(2026, 1, 2), date(2026, 1, 2)),
        (
            "timestamp with time zone",
            datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-02T01:00:00+00:00",
        ),
        ("text[]", ["a", "è"], '["a", "è"]'),
        ("jsonb", {"a": None}, '{"a": null}'),
        ("jsonb", [1], "[1]"),
    ],
)
def test_csv_cells(declared: str, value: object, cell: object) -> None:
    assert list(csv_column(declared, [value])) == [cell]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1, max_size=5))
def test_any_text_survives_csv_and_starts_no_formula(values: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        writer = CsvWriter(path, [Column("id", "integer"), Column("note", "text")])
        writer.write([range(len(values)), values])
        writer.close()
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))[1:]
    assert [row[0] for row in rows] == [str(number) for number in range(len(values))]
    for read, value in zip((row[1] for row in rows), values, strict=True):
        assert read in (value, "'" + value)
        if read[:1] in {"=", "@", "+", "-", "\t", "\r", "\n"}:
            assert read[0] in "+-"
            assert set(read[1:]) <= set("0123456789 .,")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("numeric(18,3)", pa.decimal128(18, 3)),
        ("numeric(5)", pa.decimal128(5, 0)),
        ("timestamp with time zone", pa.timestamp("us", tz="UTC")),
        ("text[]", pa.list_(pa.string())),
        ("character varying(20)", pa.string()),
    ],
)
def test_types(declared: str, expected: pa.DataType) -> None:
    assert arrow_type(declared) == expected


@pytest.mark.parametrize("declared", ["numeric", "money", "timestamp without time zone"])
def test_a_type_without_an_exact_equal_is_refused(declared: str) -> None:
    with pytest.raises(ValueError, match="no file type"):
        arrow_type(declared)


COLUMNS = [
    Column("id", "integer"), Column("lat", "numeric(9,6)"), Column("lon", "numeric(9,6)"), Column("note", "jsonb"),
    Column("at", "timestamp with time zone"),
]  # fmt: skip


def test_a_table_is_read_once_and_written_in_three_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "ROW_GROUP_ROWS", 4)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    rows = [(n, Decimal("45.5"), Decimal("7.25") if n % 2 else None, {"n": n}, at) for n in range(10)]
    batches = iter([rows[:3], rows[3:6], [], rows[6:]])
    written = write_table("t", COLUMNS, batches, tmp_path, ("lat", "lon"), {"k": "v"})
    assert [(file.format, file.rows) for file in written] == [("parquet", 10), ("csv", 10), ("geojson", 10)]
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.column("id").to_pylist() == list(range(10))
    assert table.column("note").to_pylist()[9] == '{"n": 9}'
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 2
    features = json.loads((tmp_path / "t.geojson").read_bytes())["features"]
    assert features[1]["geometry"] == {"type": "Point", "coordinates": [7.25, 45.5]}
    assert features[0]["geometry"] is None
    assert features[0]["properties"] == {"id": 0, "note": {"n": 0}, "at": "2026-01-02T00:00:00+00:00"}
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[2] == (
        '1,45.5,7.25,"{""n"": 1}",2026-01-02T00:00:00+00:00'
    )


def test_an_empty_table_gives_valid_files(tmp_path: Path) -> None:
    write_table("t", COLUMNS, iter([]), tmp_path, ("lat", "lon"))
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 0
    assert (tmp_path / "t.csv").read_text() == "id,lat,lon,note,at\n"
    assert json.loads((tmp_path / "t.geojson").read_bytes()) == {"type": "FeatureCollection", "features": []}
