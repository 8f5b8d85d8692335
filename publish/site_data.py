"""What the page of a release shows: figures and sums read from its tables, never whole tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, func, literal_column, select, table, text

from connectors.core.registry import get_source, source_ids
from publish.site_charts import by_area, by_family, by_place_type, findings, indicators, money
from publish.site_map import base_map, flow_points, places
from publish.terms import reference_terms
from schemas.canonical.model import Model, load_model

LINKED = ("csv", "parquet", "geojson")
DICTIONARIES = ("data_dictionary_fr.md", "data_dictionary_it.md", "data_dictionary_en.md", "data_dictionary.csv")


def collect(connection: Connection, release_id: str, schema: str, folder: Path) -> dict[str, Any]:
    """Everything the page needs, as JSON-serialisable values.

    Args:
        connection: inside the transaction that reads the release; its search path is set to ``schema`` until the end.
        folder: where the release's files lie; only files that exist are linked.
    """
    model = load_model()
    quoted = schema.replace('"', '""')
    connection.execute(text("select set_config('search_path', :path, true)"), {"path": f'"{quoted}"'})
    present = set(
        connection.execute(
            text("select relname from pg_class where relnamespace = to_regnamespace(:schema) and relkind = 'r'"),
            {"schema": f'"{quoted}"'},
        ).scalars()
    )
    data = {
        "release": _release(connection, release_id),
        "synthetic": _synthetic(connection),
        "headline": _headline(connection),
        "families": by_family(connection, model),
        "areas": by_area(connection),
        "place_types": by_place_type(connection, model),
        "money": money(connection, model),
        "findings": findings(connection) if {"expense_finding", "expense_rule"} <= present else [],
        "indicators": indicators(connection) if "indicator" in present else [],
        "sources": _sources(connection, model),
        "terms": _terms(connection),
        "references": _references(model),
        "tables": _tables(connection, schema, folder, model, present),
        "dictionaries": {name[-5:-3]: name for name in DICTIONARIES[:3] if (folder / name).exists()},
        "map": {**base_map(connection), "flows": flow_points(connection), "places": places(connection)},
        "labels": _labels(model),
    }
    plain: dict[str, Any] = jsonable(data)
    return plain


def jsonable(value: Any) -> Any:
    """The value with decimals as numbers and dates as ISO text. The page shows sums; exact values are in the files."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return value


def _release(connection: Connection, release_id: str) -> dict[str, Any]:
    row = connection.execute(
        text("select coalesce(published_at, created_at) as at, schema_version from ops.release where release_id = :id"),
        {"id": release_id},
    ).one()
    return {"id": release_id, "at": row.at, "schema_version": row.schema_version}


def _synthetic(connection: Connection) -> dict[str, Any]:
    """How many names carry the mark of invented bodies, and which sources bring them."""
    row = connection.execute(
        text(
            """
            with named as (
                select source_id, organisation_name ~ '[(](fictif|fittizio)[)]' as marked from organisation
                union all
                select source_id, partner_name ~ '[(](fictif|fittizio)[)]' from partner
                union all
                select source_id, coalesce(attribution_text, '') ~* 'synthetic' from third_place
            )
            select
                count(*) filter (where marked) as marked,
                count(*) as named,
                coalesce(array_agg(distinct source_id order by source_id) filter (where marked), '{}') as sources
            from named
            """
        )
    ).one()
    return {"marked": row.marked, "named": row.named, "sources": list(row.sources)}


def _headline(connection: Connection) -> dict[str, Any]:
    row = connection.execute(
        text(
            """
            select
                (select count(*) from flow where direction_code = 'OFFER') as offers,
                (select count(*) from flow where direction_code = 'DEMAND') as demands,
                (select count(*) from flow where quantity_t_per_year is not null) as flows_with_tonnes,
                (select count(*) from organisation) as organisations,
                (select count(*) from organisation where country_code = 'FR') as organisations_fr,
                (select count(*) from organisation where country_code = 'IT') as organisations_it,
                (select count(*) from third_place) as places,
                (select count(*) from third_place where country_code = 'FR') as places_fr,
                (select count(*) from third_place where country_code = 'IT') as places_it,
                (select count(*) from expense) as expenses,
                (select coalesce(sum(amount_declared_eur), 0) from expense) as declared,
                (select coalesce(sum(amount_certified_eur), 0) from expense) as certified,
                (select count(*) from project) as projects,
                (select count(distinct territory_code) from flow where territory_code like '___%') as municipalities
            """
        )
    ).mappings()
    return dict(row.one())


def _sources(connection: Connection, model: Model) -> list[dict[str, Any]]:
    """Streams in the order of the table, with the terms that the source's own description states."""
    rows = connection.execute(
        text(
            "select source_id, stream_name, is_stale, last_good_at, record_count from source_status"
            " order by source_id, stream_name"
        )
    ).mappings()
    known = set(source_ids())
    shown = []
    for row in rows:
        described: dict[str, Any] = {"title": None, "stream": None, "licence": None, "attribution": None, "url": None}
        if row["source_id"] in known:
            source = get_source(row["source_id"])
            titles = {stream.name: stream.title.model_dump() for stream in source.streams}
            described = {
                "title": source.title.model_dump(),
                "stream": titles.get(row["stream_name"]),
                "licence": source.licence.name,
                "attribution": source.licence.attribution,
                "url": source.licence.url,
                "redistributable": source.licence.redistributable,
            }
        shown.append({**row, **described})
    return shown


def _terms(connection: Connection) -> list[dict[str, Any]]:
    """Licences that single records carry: each directory of third places has its own."""
    rows = connection.execute(
        text(
            """
            select licence_text as licence, attribution_text as attribution, count(*) as rows
            from (
                select licence_text, attribution_text from third_place
                union all
                select licence_text, attribution_text from news_item
            ) as stated
            where licence_text is not null or attribution_text is not null
            group by 1, 2
            order by 3 desc, 1, 2
            limit 40
            """
        )
    ).mappings()
    return [dict(row) for row in rows]


def _references(model: Model) -> list[dict[str, Any]]:
    """Terms of the reference lists; those under CC BY must be named wherever the data are shown."""
    return [
        {"table": model.tables[name].label.as_dict(), "licence": terms.licence, "attribution": terms.attribution}
        for name, found in reference_terms().items()
        for terms in found
    ]


def _tables(
    connection: Connection, schema: str, folder: Path, model: Model, present: Collection[str]
) -> list[dict[str, Any]]:
    shown = []
    for spec in model.published("core"):
        if spec.name not in present:  # the release is older than the table
            continue
        counted = table(spec.name, column(spec.primary_key[0]), schema=schema)
        rows = connection.execute(select(func.count(literal_column("*"))).select_from(counted)).scalar_one()
        files = [
            {"name": path.name, "format": path.suffix[1:], "bytes": path.stat().st_size}
            for path in (folder / f"{spec.name}.{ending}" for ending in LINKED)
            if path.exists()
        ]
        shown.append({"name": spec.name, "label": spec.label.as_dict(), "rows": rows, "files": files})
    return shown


def _labels(model: Model) -> dict[str, dict[str, dict[str, str]]]:
    """Code lists that the page shows: list → code → language → label."""
    wanted = ("material_family", "third_place_type", "cost_category", "finding_severity", "indicator_kind")
    labels = {name: {c.code: c.label.as_dict() for c in model.code_lists[name].codes} for name in wanted}
    countries = {code: model.code_lists["country"].find(code).label.as_dict() for code in ("FR", "IT", "CH", "MC")}
    return {**labels, "country": countries}
