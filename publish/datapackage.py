"""Describes the published files as a Data Package v2 with Table Schemas, from the canonical model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from publish.formats import PublishedFile, describe
from schemas.canonical.model import Column, Model, Table, Text, load_model

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
RESOURCE_PROFILE = "https://datapackage.org/profiles/2.0/dataresource.json"
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
_FIELD_TYPES = {
    "text": "string", "integer": "integer", "boolean": "boolean", "date": "date", "timestamptz": "datetime",
    "jsonb": "object", "text[]": "array",
}  # fmt: skip


def write_datapackage(
    connection: Connection, release_id: str, schema: str, folder: Path, files: Sequence[PublishedFile]
) -> list[PublishedFile]:
    """Write ``datapackage.json`` beside the files it describes."""
    model = load_model()
    published_at = connection.execute(
        text("select published_at, schema_version from ops.release where release_id = :id"), {"id": release_id}
    ).one()
    package = {
        "$schema": PROFILE,
        "name": "traforo",
        "id": f"traforo-{release_id}",
        "title": model.label.en,
        "description": three(model.definition),
        "version": published_at.schema_version,
        "created": published_at.published_at.isoformat(),
        "keywords": ["ALCOTRA", "France", "Italia", "circular economy", "third places"],
        "licenses": [
            {
                "name": "see-source",
                "title": "Each record carries the licence and attribution of its source (table source_status)",
                "path": "source_status.csv",
            }
        ],
        "contributors": [{"title": "Traforo", "roles": ["publisher"]}],
        "resources": [_resource(file, model) for file in files],
    }
    path = folder / "datapackage.json"
    path.write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [describe("", "datapackage", path, None)]


def three(label: Text) -> str:
    """The text in the three languages, as one string."""
    return f"EN: {label.en}\nFR: {label.fr}\nIT: {label.it}"


def _resource(file: PublishedFile, model: Model) -> dict[str, Any]:
    table = model.tables[file.table]
    described: dict[str, Any] = {
        "$schema": RESOURCE_PROFILE,
        "name": f"{file.table}-{file.format}".replace("_", "-"),
        "title": table.label.en,
        "description": three(table.definition),
        "path": file.path.name,
        "format": file.format,
        "mediatype": MEDIA_TYPES[file.format],
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if file.format == "csv":
        described |= {
            "type": "table",
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
            "schema": table_schema(table, model),
        }
    else:
        described["type"] = "file"
    return described


def table_schema(table: Table, model: Model) -> dict[str, Any]:
    """Table Schema of a published table; keys that leave the package's tables are left out."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [_field(column, model) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.primary_key),
        "foreignKeys": [
            {
                "fields": [column.name],
                "reference": {"resource": f"{parent}-csv".replace("_", "-"), "fields": [parent_column]},
            }
            for column in table.columns
            if column.references
            for parent, _, parent_column in [column.references.partition(".")]
            if parent in model.tables
        ],
    }


def _field(column: Column, model: Model) -> dict[str, Any]:
    kind = "number" if column.type.startswith("numeric") else _FIELD_TYPES[column.type]
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.code_list and kind == "string" and column.code_list in model.code_lists:
        constraints["enum"] = [code.code for code in model.code_lists[column.code_list].codes]
    described: dict[str, Any] = {
        "name": column.name,
        "type": kind,
        "title": column.label.en,
        "description": three(column.definition),
        "labels": {"fr": column.label.fr, "it": column.label.it, "en": column.label.en},
    }
    if column.unit:
        described["unit"] = column.unit
    if column.semantic:
        described["rdfType"] = column.semantic
    if constraints:
        described["constraints"] = constraints
    return described
