"""Describes the published files as a Data Package v2 with Table Schemas, from the canonical model."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from publish.formats import PublishedFile, describe
from publish.terms import Terms, release_terms
from schemas.canonical.model import LANGUAGES, Column, Model, Table, Text, load_model

PROFILE = "https://datapackage.org/profiles/2.0/"
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "md": "text/markdown",
}
# Only tables may have a type in Data Package v2; a format that Frictionless does not know as tabular makes it check
# such a file's size and hash instead of guessing a schema for it.
_FORMATS = {"parquet": "apache-parquet"}
_FIELD_TYPES = {
    "text": "string", "integer": "integer", "boolean": "boolean", "date": "date", "timestamptz": "datetime",
    "jsonb": "object", "text[]": "array",
}  # fmt: skip


def write_datapackage(
    connection: Connection, release_id: str, schema: str, folder: Path, files: Sequence[PublishedFile]
) -> list[PublishedFile]:
    """Write ``datapackage.json`` beside the files it describes."""
    model = load_model()
    release = connection.execute(
        text("select coalesce(published_at, created_at) as at, schema_version from ops.release where release_id = :id"),
        {"id": release_id},
    ).one()
    terms = release_terms(connection, schema, model, {file.table for file in files if file.table})
    package = {
        "$schema": PROFILE + "datapackage.json",
        "name": "traforo",
        "id": f"traforo-{release_id}",
        "title": model.label.en,
        "description": three(model.definition),
        "version": release.schema_version,
        "created": release.at.isoformat(),
        "keywords": ["ALCOTRA", "France", "Italia", "circular economy", "third places", "Interreg"],
        "licenses": _licences({t.name: t for found in terms.values() for t in found}.values()),
        "contributors": [{"title": "Traforo", "roles": ["publisher"]}],
        "resources": [_resource(file, model, terms) for file in files],
    }
    path = folder / "datapackage.json"
    path.write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [describe("", "datapackage", path, None)]


def three(label: Text) -> str:
    """The text in the three languages, as one string."""
    return f"EN: {label.en}\nFR: {label.fr}\nIT: {label.it}"


def _licences(found: Any) -> list[dict[str, Any]]:
    """The licences property, one entry an origin.

    ``name`` is kept for licences of the Open Definition and most sources have none: ``path`` leads to the owner or to
    the page beside the data, which states the terms of every source.
    """
    return [
        {
            "origin": terms.name,
            "title": f"{terms.title}: {terms.licence}",
            "path": terms.url or "index.html",
            "attribution": terms.attribution,
            "redistributable": terms.redistributable,
        }
        for terms in sorted(found, key=lambda t: t.name)
    ]


def _resource(file: PublishedFile, model: Model, terms: Mapping[str, Sequence[Terms]]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "$schema": PROFILE + "dataresource.json",
        "name": resource_name(file.table or file.path.stem, file.format),
        "path": file.path.name,
        "format": _FORMATS.get(file.format, file.format),
        "mediatype": MEDIA_TYPES[file.format],
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if not file.table:
        return {**described, "title": "Data dictionary"}
    table = model.tables[file.table]
    described |= {
        "title": table.label.en,
        "titles": table.label.as_dict(),
        "description": three(table.definition),
    }
    if terms[file.table]:
        described["licenses"] = _licences(terms[file.table])
        described["sources"] = [
            {"title": t.attribution, **({"path": t.url} if t.url else {})} for t in terms[file.table]
        ]
    if file.format == "csv":
        described |= {
            "type": "table",
            "rows": file.rows,
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True},
            "schema": table_schema(table, model, terms),
        }
    return described


def resource_name(table: str, kind: str) -> str:
    """Name of the resource of a table in a format, e.g. ``third-place-csv``."""
    return f"{table}-{kind}".replace("_", "-")


def table_schema(table: Table, model: Model, present: Collection[str]) -> dict[str, Any]:
    """Table Schema of a published table.

    Args:
        present: tables of the package; keys that lead to others are left out.
    """
    keys = [
        {
            "fields": [column.name],
            "reference": {"resource": resource_name(parent, "csv"), "fields": [parent_column]},
        }
        for column in table.columns
        if column.references
        for parent, _, parent_column in [column.references.partition(".")]
        if parent in present
    ]
    return {
        "$schema": PROFILE + "tableschema.json",
        "fields": [_field(column, model) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.primary_key),
        **({"foreignKeys": keys} if keys else {}),
    }


def _field(column: Column, model: Model) -> dict[str, Any]:
    kind = "number" if column.type.startswith("numeric") else _FIELD_TYPES[column.type]
    described: dict[str, Any] = {
        "name": column.name,
        "type": kind,
        "title": column.label.en,
        "titles": {language: column.label.get(language) for language in LANGUAGES},
        "description": three(column.definition),
    }
    if column.unit:
        described["unit"] = column.unit
    if column.semantic:
        described["rdfType"] = column.semantic
    constraints = _constraints(column, kind, model)
    return {**described, "constraints": constraints} if constraints else described


def _constraints(column: Column, kind: str, model: Model) -> dict[str, Any]:
    found: dict[str, Any] = {} if column.nullable else {"required": True}
    if kind == "string":
        if column.code_list and column.code_list in model.code_lists:
            found["enum"] = list(model.code_lists[column.code_list].values())
        if column.pattern:
            found["pattern"] = column.pattern
    if kind in ("number", "integer"):
        found |= {
            name: limit
            for name, limit in (("minimum", column.minimum), ("maximum", column.maximum))
            if limit is not None
        }
    return found
