"""dbt properties of the marts: enforced contracts, keys, tests and trilingual descriptions; the code list seed."""

from __future__ import annotations

from typing import Any

from schemas.canonical.model import Column, Layer, Model, Table, Text
from schemas.compiler.render import csv_text, yaml_text

PROPERTIES: dict[Layer, str] = {
    "core": "dbt_project/models/marts/core/_core__models.yml",
    "bi": "dbt_project/models/marts/bi/_bi__models.yml",
}
SEED = "code_lists"
SEED_FOLDER = "dbt_project/seeds/generated"
SEED_COLUMNS = (
    "list_name",
    "code",
    "label_fr",
    "label_it",
    "label_en",
    "definition_fr",
    "definition_it",
    "definition_en",
    "standard_code",
    "uri",
    "sort_order",
)


def build(model: Model) -> dict[str, str]:
    """The properties of both layers of marts and the seed of code lists."""
    files = {
        path: yaml_text({"version": 2, "models": [_table(model, table) for table in model.published(layer)]})
        for layer, path in PROPERTIES.items()
        if model.published(layer)
    }
    files[f"{SEED_FOLDER}/{SEED}.csv"] = csv_text(SEED_COLUMNS, _seed_rows(model))
    files[f"{SEED_FOLDER}/_generated__seeds.yml"] = yaml_text(_seed_properties())
    return files


def describe(label: Text, definition: Text) -> str:
    """One text in three languages, for database comments: ``EN … | FR … | IT …``."""
    return " | ".join(
        f"{language.upper()} {label.get(language)}. {definition.get(language)}" for language in ("en", "fr", "it")
    )


def _table(model: Model, table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "description": f"{describe(table.label, table.definition)} | Grain: {table.grain}.",
        "config": {
            "contract": {"enforced": True},
            "meta": {"schema_version": model.version, "status": table.status},
        },
        "constraints": _constraints(model, table),
        "columns": [_column(model, table, column) for column in table.columns],
    }


def _constraints(model: Model, table: Table) -> list[dict[str, Any]]:
    constraints: list[dict[str, Any]] = [{"type": "primary_key", "columns": list(table.primary_key)}]
    for column in table.columns:
        target = _target(model, table, column)
        # A model may not `ref` itself, so a reference within one table is a test only.
        if target and target[0].name != table.name:
            constraints.append(
                {
                    "type": "foreign_key",
                    "columns": [column.name],
                    "to": f"ref('{target[0].name}')",
                    "to_columns": [target[1].name],
                }
            )
    return constraints


def _column(model: Model, table: Table, column: Column) -> dict[str, Any]:
    constraints: list[dict[str, str]] = [] if column.nullable else [{"type": "not_null"}]
    if column.is_array and column.code_list:
        constraints.append({"type": "check", "expression": _elements_known(model, column)})
    data: dict[str, Any] = {
        "name": column.name,
        "data_type": column.type,
        "description": describe(column.label, column.definition),
    }
    if constraints:
        data["constraints"] = constraints
    if tests := _tests(model, table, column):
        data["data_tests"] = tests
    if column.personal_data != "none":
        data["config"] = {"meta": {"personal_data": column.personal_data}}
    return data


def _tests(model: Model, table: Table, column: Column) -> list[Any]:
    """Data tests of a column; the named ones get short names, as dbt's own spell out every code."""
    tests: list[Any] = []
    arguments: dict[str, Any]
    if table.primary_key == (column.name,):
        tests += ["unique", "not_null"]
    target = _target(model, table, column)
    if target:
        arguments = {"to": f"ref('{target[0].name}')", "field": target[1].name}
        tests.append({"relationships": {"name": f"{table.name}__{column.name}__refers", "arguments": arguments}})
    if column.code_list and not column.is_array:
        values = list(model.code_lists[column.code_list].values())
        arguments = {"values": values}
        tests.append({"accepted_values": {"name": f"{table.name}__{column.name}__listed", "arguments": arguments}})
    return tests


def _target(model: Model, table: Table, column: Column) -> tuple[Table, Column] | None:
    """What the column refers to, where that is produced and is not the column itself."""
    target = model.target(column)
    if target is None or target[0].status == "planned" or target == (table, column):
        return None
    return target


def _elements_known(model: Model, column: Column) -> str:
    """SQL that holds when every element of an array column is in its code list."""
    if column.code_list is None:
        raise ValueError(f"{column.name} has no code list")
    values = ", ".join(f"'{value}'" for value in model.code_lists[column.code_list].values())
    return f"{column.name} <@ array[{values}]"


def _seed_rows(model: Model) -> list[tuple[object, ...]]:
    empty = Text("", "", "")
    return [
        (
            code_list.name,
            code.code,
            *(code.label.get(language) for language in ("fr", "it", "en")),
            *((code.definition or empty).get(language) for language in ("fr", "it", "en")),
            code.standard_code,
            code.uri,
            position,
        )
        for code_list in model.published_code_lists()
        for position, code in enumerate(code_list.codes, start=1)
    ]


def _seed_properties() -> dict[str, Any]:
    types = {name: "integer" if name == "sort_order" else "text" for name in SEED_COLUMNS}
    return {
        "version": 2,
        "seeds": [
            {
                "name": SEED,
                "description": "Every code list of the canonical model: one row a list and code.",
                "config": {"column_types": types},
                "columns": [{"name": name, "data_type": types[name]} for name in SEED_COLUMNS],
            }
        ],
    }
