"""The catalogue of a release is true, and its checker would notice if it were not."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package


def described(folder: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return package


def findings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str, str]]:
    """Resource, kind of error and field of everything that Frictionless finds."""
    monkeypatch.chdir(folder)
    report = Package("datapackage.json").validate()
    return {
        (task.name, error.type, str(getattr(error, "field_name", ""))) for task in report.tasks for error in task.errors
    } | {("", error.type, "") for error in report.errors}


def test_sizes_and_hashes_are_true(published: Path) -> None:
    resources = described(published)["resources"]
    assert {resource["path"] for resource in resources} == {
        path.name for path in published.iterdir() if path.name not in {"datapackage.json", "index.html"}
    }
    for resource in resources:
        body = (published / resource["path"]).read_bytes()
        assert resource["bytes"] == len(body)
        assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_frictionless_accepts_the_package_and_all_cells(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(published, monkeypatch) == set()


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        ("flow", lambda t: t.replace(",OFFER,", ",OFFRE,", 1), ("flow-csv", "constraint-error", "direction_code")),
        ("flow", lambda t: t.replace("0.001", "un peu", 1), ("flow-csv", "type-error", "quantity_t_per_year")),
        ("flow", lambda t: t.replace(",org_1,", ",org_9,", 1), ("flow-csv", "foreign-key", "")),
        ("partner", lambda t: t.replace(",ptn_1,", ",ptn_9,", 1), ("partner-csv", "foreign-key", "")),
        ("organisation", lambda t: t.replace("org_1,", "org_0,", 1), ("organisation-csv", "primary-key", "")),
        (
            "territory",
            lambda t: t.replace("45.400000", "95.400000", 1),
            ("territory-csv", "constraint-error", "latitude"),
        ),
    ],
)
def test_a_planted_bad_cell_is_found(
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    change: Callable[[str], str],
    expected: tuple[str, str, str],
) -> None:
    folder = tmp_path / "spoilt"
    shutil.copytree(published.resolve(), folder)
    path = folder / f"{table}.csv"
    before = path.read_text(encoding="utf-8")
    path.write_text(change(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    package = described(folder)
    for resource in package["resources"]:  # with size and hash set right, only the content can give it away
        if resource["path"] == path.name:
            resource["bytes"] = path.stat().st_size
            resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    assert expected in findings(folder, monkeypatch)


@pytest.mark.parametrize("name", ["flow.parquet", "flow.geojson", "flow.csv"])
def test_a_changed_file_is_found_by_its_hash(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(published.resolve(), folder)
    body = (folder / name).read_bytes()
    (folder / name).write_bytes(body + b" ")
    kinds = {(resource, kind) for resource, kind, _ in findings(folder, monkeypatch)}
    assert (name.replace(".", "-"), "hash-count") in kinds


def test_every_origin_states_its_terms(published: Path) -> None:
    resources = {resource["name"]: resource for resource in described(published)["resources"]}
    assert [licence["origin"] for licence in resources["expense-csv"]["licenses"]] == ["synergie"]
    assert resources["expense-csv"]["licenses"][0]["redistributable"] is False
    assert [licence["origin"] for licence in resources["organisation-parquet"]["licenses"]] == [
        "actif", "elenco_sottoprodotti",
    ]  # fmt: skip
    # Computed tables name no source: they stay under the terms of the rows that they were computed from.
    assert [licence["origin"] for licence in resources["expense-finding-csv"]["licenses"]] == ["synergie"]
    assert [licence["origin"] for licence in resources["decommitment-curve-csv"]["licenses"]] == ["synergie"]
    assert [licence["origin"] for licence in resources["code-list-csv"]["licenses"]] == ["traforo"]
    territory = {licence["origin"]: licence for licence in resources["territory-csv"]["licenses"]}
    assert "CC BY 4.0" in territory["territory_lau"]["title"]
    assert "Openpolis" in territory["territory_lau"]["attribution"]


def test_fields_speak_three_languages_and_know_their_codes(published: Path) -> None:
    (flow,) = [r for r in described(published)["resources"] if r["name"] == "flow-csv"]
    fields = {field["name"]: field for field in flow["schema"]["fields"]}
    assert fields["direction_code"]["constraints"]["enum"] == ["OFFER", "DEMAND"]
    assert fields["quantity_t_per_year"]["unit"] == "t/a"
    assert set(fields["quantity_t_per_year"]["titles"]) == {"fr", "it", "en"}
    assert flow["schema"]["primaryKey"] == ["flow_id"]
    references = {key["fields"][0]: key["reference"] for key in flow["schema"]["foreignKeys"]}
    assert references["organisation_id"] == {"resource": "organisation-csv", "fields": ["organisation_id"]}
