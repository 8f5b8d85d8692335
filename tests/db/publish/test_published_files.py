"""The files of a release hold exactly what its tables hold."""

from __future__ import annotations

import csv
import json
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.canonical.model import load_model

FORMULA = "=cmd|' /C calc'!A0"
MULTILINE = 'two "quoted"\nlines, with comma; and È€'


def parquet_rows(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return rows


def csv_rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def features(folder: Path, table: str) -> list[dict[str, Any]]:
    collection = json.loads((folder / f"{table}.geojson").read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection"
    found: list[dict[str, Any]] = collection["features"]
    return found


def test_every_published_table_is_there_in_every_format(published: Path) -> None:
    for table in load_model().published("core"):
        endings = {path.suffix for path in published.glob(f"{table.name}.*")}
        assert endings == ({".csv", ".parquet", ".geojson"} if table.geometry else {".csv", ".parquet"}), table.name
    assert {path.name for path in published.iterdir() if path.suffix != ".csv"} >= {
        "datapackage.json", "index.html", "data_dictionary_fr.md", "data_dictionary_it.md", "data_dictionary_en.md",
    }  # fmt: skip


def test_parquet_keeps_types_and_text_exactly(published: Path) -> None:
    schema = pq.read_schema(published / "flow.parquet")
    assert schema.field("quantity_t_per_year").type == pa.decimal128(18, 3)
    assert schema.field("latitude").type == pa.decimal128(9, 6)
    assert schema.field("is_stale").type == pa.bool_()
    assert schema.field("source_updated_date").type == pa.date32()
    assert schema.metadata[b"traforo_release"] == b"20261121t101500"
    assert schema.metadata[b"title_it"] == b"Flusso"
    flows = {row["flow_id"]: row for row in parquet_rows(published, "flow")}
    assert flows["flow_0"]["quantity_t_per_year"] == Decimal("1234567890.125")
    assert flows["flow_1"]["quantity_t_per_year"] == Decimal("0.001")
    assert flows["flow_3"]["quantity_t_per_year"] is None
    assert flows["flow_2"]["material_text"] == MULTILINE
    places = parquet_rows(published, "third_place")
    assert places[0]["third_place_type_codes"] == ["COWORKING", "CULTURAL"]
    status = {row["source_id"]: row for row in parquet_rows(published, "source_status")}
    assert status["actif"]["last_good_at"].astimezone(UTC).isoformat() == "2026-11-21T10:20:00+00:00"
    assert status["tiers_lieux"]["last_good_at"] is None


def test_the_mark_of_the_release_stays_out_of_the_files(published: Path) -> None:
    for table in load_model().published("core"):
        names = list(table.column_names())
        assert pq.read_schema(published / f"{table.name}.parquet").names == names
        assert (published / f"{table.name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",") == names
    assert all("release_id" not in feature["properties"] for feature in features(published, "flow"))


def test_csv_is_read_back_and_runs_no_formula(published: Path) -> None:
    organisations = {row["organisation_id"]: row for row in csv_rows(published, "organisation")}
    assert organisations["org_0"]["organisation_name"] == f"'{FORMULA} (fictif)"
    assert organisations["org_2"]["organisation_name"] == MULTILINE
    assert organisations["org_2"]["website_url"] == ""
    flows = {row["flow_id"]: row for row in csv_rows(published, "flow")}
    assert flows["flow_0"]["quantity_t_per_year"] == "1234567890.125"
    assert flows["flow_1"]["material_text"] == '\'=HYPERLINK("http://evil")'
    assert flows["flow_3"]["material_text"] == "'-"
    assert flows["flow_0"]["is_stale"] == "false"
    expenses = {row["expense_id"]: row for row in csv_rows(published, "expense")}
    assert expenses["exp_2"]["exchange_rate"] == "0.00000000"
    places = csv_rows(published, "third_place")
    assert places[0]["phone"] == "+33612345678"
    assert json.loads(places[0]["third_place_type_codes"]) == ["COWORKING", "CULTURAL"]


def test_geojson_has_longitude_first_and_no_invented_point(published: Path) -> None:
    flows = {feature["properties"]["flow_id"]: feature for feature in features(published, "flow")}
    assert flows["flow_0"]["geometry"] == {"type": "Point", "coordinates": [6.654321, 45.123456]}
    assert flows["flow_1"]["geometry"] is None
    assert flows["flow_0"]["properties"]["quantity_t_per_year"] == 1234567890.125
    assert "latitude" not in flows["flow_0"]["properties"]
    assert len(flows) == 4


def test_rows_come_in_the_order_of_their_key(published: Path) -> None:
    codes = [row["territory_code"] for row in parquet_rows(published, "territory")]
    assert codes == sorted(codes)
    assert len(codes) == 54
