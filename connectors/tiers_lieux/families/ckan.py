"""CKAN portals: a table of the datastore, or the CSV resources that a catalogue search finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.core.errors import BadConfig, Fatal
from connectors.core.formats import load_json
from connectors.core.http import Response
from connectors.core.paginate import Facts, Offset, walk
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, get_part, not_an_object, part_meta, part_name, web_url
from connectors.tiers_lieux.families.tables import csv_items, declared_encoding, require_table
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = None
ENABLED = True
TABULAR = True
DATASTORE_LIMIT = 32_000
CATALOGUE_LIMIT = 100
_OWN_COLUMNS = {"_id", "_full_text", "rank"}


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """``options.resource_id``: that table. ``options.search`` (``q``, ``fq``): the CSV resources it finds.

    ``url`` is the root of the interface, up to ``/api/3/action``. In a search, ``options.resource_name``
    (a regular expression) narrows the choice further.

    Raises:
        Fatal: CKAN answers ``success: false`` (``ckan_error``) or the search finds no resource.
    """
    if instance.options.get("resource_id"):
        yield from _datastore(instance, context)
    elif instance.options.get("search"):
        yield from _catalogue(instance, context)
    else:
        raise BadConfig("give options.resource_id or options.search", where=instance.id, rule="ckan")


def _datastore(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """All rows of a table, sorted by ``_id``: otherwise pages overlap. A lowered limit is honoured."""
    params = {**instance.params, "resource_id": str(instance.options["resource_id"]), "sort": "_id"}
    pages = walk(
        context.http, _action(instance, "datastore_search"), Offset(size=DATASTORE_LIMIT), _datastore_facts,
        params=params, notes=context.notes.setdefault(f"listing.{instance.id}", {}),
    )  # fmt: skip
    for page in pages:
        yield Part(
            part_name(instance, page.number, "json"), page.response.body, "application/json", page.url,
            page.response.status, page.response.headers, part_meta(instance, page=page.number),
        )  # fmt: skip


def _catalogue(instance: Instance, context: FetchContext) -> Iterator[Part]:
    search = {name: str(value) for name, value in instance.options["search"].items()}
    pages = walk(
        context.http, _action(instance, "package_search"), Offset("start", "rows", CATALOGUE_LIMIT),
        _package_facts, params={"sort": "name asc", **search},
    )  # fmt: skip
    chosen: list[dict[str, Any]] = []
    for page in pages:
        yield Part(
            f"{instance.id}.catalogue.{page.number:04d}.json", page.response.body, "application/json", page.url,
            page.response.status, page.response.headers, part_meta(instance, role="no_records"),
        )  # fmt: skip
        packages = _objects(_result(page.response)["results"])
        resources = [r for package in packages for r in _objects(package.get("resources"))]
        chosen += [resource for resource in resources if _wanted(instance, resource)]
    if not chosen:
        raise Fatal("the search finds no such CSV resource", where=instance.id, rule="resource_missing")
    for number, resource in enumerate(sorted(chosen, key=lambda r: str(r.get("id"))), start=1):
        yield get_part(
            instance, context, media_type="text/csv", extension="csv", number=number, url=str(resource["url"]),
            params={}, check=require_table, meta={"resource": str(resource.get("id", ""))},
        )  # fmt: skip


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _wanted(instance: Instance, resource: dict[str, Any]) -> bool:
    named = re.search(str(instance.options.get("resource_name", "")), str(resource.get("name", "")), re.IGNORECASE)
    return bool(named) and str(resource.get("format", "")).upper() == "CSV" and bool(resource.get("url"))


def _action(instance: Instance, name: str) -> str:
    return f"{web_url(instance).rstrip('/')}/{name}"


def _result(response: Response) -> dict[str, Any]:
    answer = load_json(response.body)
    result = answer.get("result") if isinstance(answer, dict) and answer.get("success") is True else None
    if not isinstance(result, dict):
        told = answer.get("error") if isinstance(answer, dict) else answer
        raise Fatal(f"CKAN says: {str(told)[:160]}", where=response.url, rule="ckan_error")
    return result


def _datastore_facts(response: Response) -> Facts:
    result = _result(response)
    records = result.get("records")
    if not isinstance(records, list):
        raise Fatal("no records in the answer", where=response.url, rule="unexpected_shape")
    total = None if result.get("total_was_estimated") else result.get("total")
    return Facts(len(records), total, keys=tuple(str(r["_id"]) for r in _objects(records) if "_id" in r))


def _package_facts(response: Response) -> Facts:
    result = _result(response)
    packages = result.get("results")
    if not isinstance(packages, list):
        raise Fatal("no results in the answer", where=response.url, rule="unexpected_shape")
    return Facts(len(packages), result.get("count"), keys=tuple(str(p.get("id")) for p in _objects(packages)))


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Rows of a datastore page or of a CSV resource."""
    if part.name.endswith(".csv"):
        yield from csv_items(instance, part.path, declared_encoding(str(part.meta.get("content_type", ""))))
        return
    for number, record in enumerate(load_json(part.path.read_bytes())["result"]["records"], start=1):
        if not isinstance(record, dict):
            yield not_an_object(f"item {number}", record)
            continue
        place = f"_id {record['_id']}" if "_id" in record else f"item {number}"
        yield Item(place, {name: value for name, value in record.items() if name not in _OWN_COLUMNS})
