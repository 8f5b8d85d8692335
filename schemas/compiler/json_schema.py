"""JSON Schema (Draft 2020-12) of one row of each published table, as JSON files and APIs write it."""

from __future__ import annotations

import json
from typing import Any

from schemas.canonical.model import Column, Model, Table

FOLDER = "schemas/generated/json_schema"
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "numeric": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "jsonb": {},
}


def build(model: Model) -> dict[str, str]:
    """One schema file a published table."""
    tables = (*model.published("core"), *model.published("bi"), *model.published("operations"))
    return {f"{FOLDER}/{table.name}.json": schema_text(table_schema(model, table)) for table in tables}


def schema_text(schema: dict[str, Any]) -> str:
    """JSON with readable letters and a final newline."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def table_schema(model: Model, table: Table) -> dict[str, Any]:
    """The schema of one row: every column is present, an unknown one is refused."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:traforo:{model.name}:{table.name}:{model.version}",
        "title": table.label.en,
        "description": table.definition.en,
        "x-labels": table.label.as_dict(),
        "x-definitions": table.definition.as_dict(),
        "x-grain": table.grain,
        "x-primary-key": list(table.primary_key),
        **({"x-semantic": table.semantic} if table.semantic else {}),
        "type": "object",
        "properties": {column.name: column_schema(model, column) for column in table.columns},
        "required": list(table.column_names()),
        "additionalProperties": False,
    }


def column_schema(model: Model, column: Column) -> dict[str, Any]:
    """The schema of one value; null is a value of nullable columns."""
    element = _element(model, column)
    schema = {"type": "array", "items": element} if column.is_array else element
    if column.nullable:
        schema = _or_null(schema)
    notes = {
        "x-labels": column.label.as_dict(),
        "x-definitions": column.definition.as_dict(),
        "x-unit": column.unit,
        "x-code-list": column.code_list,
        "x-references": column.references,
        "x-personal-data": column.personal_data,
        "x-semantic": column.semantic,
    }
    return {
        "title": column.label.en,
        "description": column.definition.en,
        **schema,
        **{key: value for key, value in notes.items() if value is not None},
    }


def _element(model: Model, column: Column) -> dict[str, Any]:
    schema = dict(TYPES[column.type.removesuffix("[]").split("(")[0]])
    if column.code_list:
        schema["enum"] = list(model.code_lists[column.code_list].values())
    for key in ("pattern", "minimum", "maximum"):
        value = getattr(column, key)
        if value is not None:
            schema[key] = value
    return schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "type" not in schema:
        return schema
    schema = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema
