"""Open Data Contract Standard 3.1 contract of each published table."""

from __future__ import annotations

from typing import Any

from schemas.canonical.model import Column, Model, Table, Text
from schemas.compiler.render import yaml_text

FOLDER = "schemas/generated/odcs"
LOGICAL = {
    "text": "string",
    "integer": "integer",
    "numeric": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "timestamp",
    "jsonb": "object",
}
STATUS = {"stable": "active", "planned": "proposed", "deprecated": "deprecated"}
CLASSIFICATION = {"none": "public", "organisation": "public", "natural_person": "restricted"}


def build(model: Model) -> dict[str, str]:
    """One contract file a published table."""
    tables = (*model.published("core"), *model.published("bi"), *model.published("operations"))
    return {f"{FOLDER}/{table.name}.yaml": yaml_text(contract(model, table)) for table in tables}


def contract(model: Model, table: Table) -> dict[str, Any]:
    """The contract of one table as plain data."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{model.name}-{table.name}",
        "name": table.label.en,
        "version": model.version,
        "status": STATUS[table.status],
        "domain": "alcotra",
        "dataProduct": model.name,
        "description": {"purpose": table.definition.en, "customProperties": _translations(definition=table.definition)},
        "schema": [_schema(model, table)],
        "roles": [{"role": "traforo_reader", "access": "read"}],
    }


def _schema(model: Model, table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "id": table.name,
        "name": table.name,
        "physicalName": f"{model.schema(table.layer)}.{table.name}",
        "physicalType": "view",
        "logicalType": "object",
        "businessName": table.label.en,
        "description": table.definition.en,
        "dataGranularityDescription": table.grain,
        "customProperties": _translations(label=table.label, definition=table.definition),
        "properties": [_property(model, table, column) for column in table.columns],
    }
    if table.semantic:
        schema["authoritativeDefinitions"] = [{"url": table.semantic, "type": "businessDefinition"}]
    if len(table.primary_key) > 1:
        schema["quality"] = [
            {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": list(table.primary_key)}}
        ]
    return schema


def _property(model: Model, table: Table, column: Column) -> dict[str, Any]:
    logical = LOGICAL[column.type.removesuffix("[]").split("(")[0]]
    options = {key: getattr(column, key) for key in ("pattern", "minimum", "maximum")}
    options = {key: value for key, value in options.items() if value is not None}
    prop: dict[str, Any] = {
        "id": column.name,
        "name": column.name,
        "businessName": column.label.en,
        "description": column.definition.en,
        "logicalType": "array" if column.is_array else logical,
        "physicalType": column.type,
        "required": not column.nullable,
        "classification": CLASSIFICATION[column.personal_data],
    }
    if column.is_array:
        prop["items"] = {"logicalType": logical}
    elif options:
        prop["logicalTypeOptions"] = options
    if column.name in table.primary_key:
        prop |= {"primaryKey": True, "primaryKeyPosition": table.primary_key.index(column.name) + 1}
        prop["unique"] = len(table.primary_key) == 1
    if column.semantic:
        prop["authoritativeDefinitions"] = [{"url": column.semantic, "type": "businessDefinition"}]
    prop["customProperties"] = _translations(label=column.label, definition=column.definition) + _notes(column)
    target = model.target(column)
    if target and target[0].status != "planned":
        name = target[0].name
        prefix = "" if name == table.name else f"{name}.yaml#"
        prop["relationships"] = [{"to": f"{prefix}/schema/{name}/properties/{target[1].name}"}]
    if column.code_list and not column.is_array:
        values = list(model.code_lists[column.code_list].values())
        prop["quality"] = [{"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": values}}]
    return prop


def _translations(**texts: Text) -> list[dict[str, str]]:
    return [
        {"property": f"{name}{language.capitalize()}", "value": text.get(language)}
        for name, text in texts.items()
        for language in ("fr", "it")
    ]


def _notes(column: Column) -> list[dict[str, str]]:
    notes = {"personalData": column.personal_data, "unit": column.unit, "codeList": column.code_list}
    return [{"property": key, "value": value} for key, value in notes.items() if value is not None]
