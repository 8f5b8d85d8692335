"""What is generated from the model equals what is committed, and holds what readers rely on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from schemas.canonical.model import Column, Model, Table, load_model
from schemas.compile import OWNED, differences, generate, main, write


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generate()


def test_committed_files_are_those_generated(files: dict[str, str]) -> None:
    assert differences(files) == []


def test_the_check_reports_changed_missing_and_left_over_files(files: dict[str, str], tmp_path: Path) -> None:
    write(files, tmp_path)
    assert differences(files, tmp_path) == []
    (tmp_path / "schemas/generated/json_schema/flow.json").write_text("{}", encoding="utf-8")
    (tmp_path / "schemas/generated/odcs/flow.yaml").unlink()
    (tmp_path / OWNED[0] / "old.json").write_text("{}", encoding="utf-8")
    assert differences(files, tmp_path) == [
        "differs: schemas/generated/json_schema/flow.json",
        "missing: schemas/generated/odcs/flow.yaml",
        "left over: schemas/generated/old.json",
    ]
    assert len(write(files, tmp_path)) == 3
    assert differences(files, tmp_path) == []
    assert write(files, tmp_path) == []


def test_the_command_checks_the_repository(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out.endswith("generated files, 0 different\n")


def _row(model: Model, table: Table) -> dict[str, Any]:
    """A row whose every value is allowed."""
    return {column.name: _value(model, column) for column in table.columns}


def _value(model: Model, column: Column) -> Any:
    examples = {"latitude": 45.06, "longitude": 7.68, "months": "09,10", "low_code": "020304", "phone": "+390110000000"}
    if column.name in examples:
        return examples[column.name]
    if column.code_list:
        value = model.code_lists[column.code_list].values()[0]
        return [value] if column.is_array else value
    if column.nullable:
        return None
    fixed = {
        "integer": int(column.minimum or 1),
        "boolean": True,
        "date": "2026-11-21",
        "timestamptz": "2026-11-21T08:00:00+01:00",
    }
    if column.type.startswith("numeric"):
        return 1.5
    patterned = {"currency_code": "EUR", "payload_hash": "0af1", "rule_code": "R01"}
    return fixed.get(column.type, patterned.get(column.name, "x"))


def test_json_schemas_are_valid_and_accept_a_row_of_each_table(model: Model, files: dict[str, str]) -> None:
    tables = (*model.published("core"), *model.published("bi"), *model.published("operations"))
    assert len(tables) >= 24
    for table in tables:
        schema = json.loads(files[f"schemas/generated/json_schema/{table.name}.json"])
        Draft202012Validator.check_schema(schema)
        assert list(Draft202012Validator(schema).iter_errors(_row(model, table))) == [], table.name


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("flow_id", None),
        ("direction_code", "SIDEWAYS"),
        ("low_code", "02 03 04"),
        ("latitude", 145.0),
        ("quantity_t_per_year", -1),
        ("months", "13"),
        ("is_stale", "no"),
        ("colour", "red"),
    ],
)
def test_json_schema_refuses_a_wrong_value(model: Model, files: dict[str, str], column: str, value: object) -> None:
    validator = Draft202012Validator(json.loads(files["schemas/generated/json_schema/flow.json"]))
    row = {**_row(model, model.tables["flow"]), column: value}
    assert len(list(validator.iter_errors(row))) == 1


def test_labels_of_the_json_schema_stand_in_three_languages(files: dict[str, str]) -> None:
    schema = json.loads(files["schemas/generated/json_schema/organisation.json"])
    assert schema["x-labels"] == {"fr": "Organisation", "it": "Organizzazione", "en": "Organisation"}
    assert schema["properties"]["country_code"]["x-labels"]["it"] == "Codice del paese"


def _dbt(files: dict[str, str], layer: str) -> dict[str, dict[str, Any]]:
    path = f"dbt_project/models/marts/{layer}/_{layer}__models.yml"
    return {entry["name"]: entry for entry in yaml.safe_load(files[path])["models"]}


def test_dbt_contracts_name_every_column_with_its_type(model: Model, files: dict[str, str]) -> None:
    for layer in ("core", "bi"):
        models = _dbt(files, layer)
        for table in model.published("core" if layer == "core" else "bi"):
            entry = models[table.name]
            assert entry["config"]["contract"] == {"enforced": True}
            types = {column["name"]: column["data_type"] for column in entry["columns"]}
            assert types == {column.name: column.type for column in table.columns}
            assert {"type": "primary_key", "columns": list(table.primary_key)} in entry["constraints"]


def test_dbt_foreign_keys_leave_out_a_table_s_own_column_and_planned_tables(
    model: Model, files: dict[str, str]
) -> None:
    for layer in ("core", "bi"):
        for name, entry in _dbt(files, layer).items():
            for constraint in entry["constraints"]:
                if constraint["type"] == "foreign_key":
                    target = constraint["to"].removeprefix("ref('").removesuffix("')")
                    assert target != name
                    assert ({**model.tables, **model.bi})[target].status != "planned"


def test_dbt_descriptions_hold_the_three_languages(files: dict[str, str]) -> None:
    description = _dbt(files, "core")["flow"]["columns"][0]["description"]
    assert description.startswith("EN Flow identifier. ")
    assert " | FR Identifiant de flux. " in description
    assert " | IT Identificativo del flusso. " in description


def test_dbt_tests_with_arguments_use_the_arguments_key(files: dict[str, str]) -> None:
    for layer in ("core", "bi"):
        for entry in _dbt(files, layer).values():
            for column in entry["columns"]:
                for test in column.get("data_tests", []):
                    if isinstance(test, dict):
                        assert [sorted(options) for options in test.values()] == [["arguments", "name"]]


def test_the_seed_holds_every_code_once(model: Model, files: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(files["dbt_project/seeds/generated/code_lists.csv"])))
    assert len(rows) == sum(len(code_list.codes) for code_list in model.published_code_lists())
    announced = set(model.code_lists) - {code_list.name for code_list in model.published_code_lists()}
    assert not announced & {row["list_name"] for row in rows}
    assert len({(row["list_name"], row["code"]) for row in rows}) == len(rows)
    assert {column.name for column in model.tables["code_list"].columns} == set(rows[0])


def test_the_seed_keeps_leading_zeros_of_standard_codes(files: dict[str, str]) -> None:
    rows = csv.DictReader(io.StringIO(files["dbt_project/seeds/generated/code_lists.csv"]))
    assert {row["code"]: row["standard_code"] for row in rows if row["list_name"] == "identifier_scheme"}[
        "SIREN"
    ] == "0002"


def test_contracts_point_to_the_contract_of_the_table_referred_to(files: dict[str, str]) -> None:
    contract = yaml.safe_load(files["schemas/generated/odcs/flow.yaml"])
    assert contract["apiVersion"] == "v3.1.0"
    properties = {entry["name"]: entry for entry in contract["schema"][0]["properties"]}
    assert properties["organisation_id"]["relationships"] == [
        {"to": "organisation.yaml#/schema/organisation/properties/organisation_id"}
    ]
    assert "schemas/generated/odcs/organisation.yaml" in files
    territory = yaml.safe_load(files["schemas/generated/odcs/territory.yaml"])
    parent = next(p for p in territory["schema"][0]["properties"] if p["name"] == "parent_territory_code")
    assert parent["relationships"] == [{"to": "/schema/territory/properties/territory_code"}]


def test_each_dictionary_speaks_its_language(files: dict[str, str]) -> None:
    assert "Dictionnaire des données" in files["schemas/generated/data_dictionary_fr.md"]
    assert "Dizionario dei dati" in files["schemas/generated/data_dictionary_it.md"]
    italian = files["schemas/generated/data_dictionary_it.md"]
    assert "| `flow_id` | `text`, chiave | Identificativo del flusso |" in italian


def test_the_dictionary_lists_every_published_column(model: Model, files: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(files["schemas/generated/data_dictionary.csv"])))
    tables = (*model.published("core"), *model.published("bi"), *model.published("operations"))
    assert [(row["table_name"], row["column_name"]) for row in rows] == [
        (table.name, column.name) for table in tables for column in table.columns
    ]


def test_source_contracts_have_a_schema(files: dict[str, str]) -> None:
    place = json.loads(files["schemas/generated/sources/tiers_lieux__lieu.json"])
    Draft202012Validator.check_schema(place)
    assert place["additionalProperties"] is False
    assert {"instance", "identifiant", "nom"} <= set(place["required"])
