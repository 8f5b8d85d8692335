"""Communecter / COPI: the search endpoint of the national third-place map, asked by POST.

Left to itself the endpoint answers with 30 records and says nothing about the rest. So everything is asked
for, what came is counted against the declared ``count``, and the rest is asked for window by window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.core.errors import Fatal, Retriable
from connectors.core.formats import load_json
from connectors.core.http import Response
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, part_meta, part_name, require_json, web_url
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "communecter.yml"
ENABLED = True
TABULAR = False
SILENT_LIMIT = 30
WINDOW = 500
MAX_WINDOWS = 1000
_DIVERGENT = Decimal("0.001")


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """All windows of the listing.

    ``options.total: ignore`` switches off the comparison with ``count`` for an instance that counts another
    perimeter than it lists.

    Raises:
        Retriable: fewer or more records than declared (``total_mismatch``).
        Fatal: a window brings known records again (``pagination_loop``), or the list may be cut and the
            endpoint does not say (``truncated``).
    """
    seen: set[str] = set()
    private = 0
    declared: int | None = None
    for number in range(1, MAX_WINDOWS + 1):
        response = _ask(instance, context, len(seen), "" if number == 1 else str(WINDOW))
        records, count = _page(response, len(seen))
        declared = count if declared is None and instance.options.get("total") != "ignore" else declared
        keys = set(records)
        if keys & seen:
            raise _known_again(instance, declared)
        seen |= keys
        private += sum(_is_private(record) for record in records.values())
        if keys or number == 1:
            yield Part(
                part_name(instance, number, "json"), response.body, "application/json", response.url,
                response.status, response.headers, part_meta(instance, window=number),
            )  # fmt: skip
        may_be_cut = len(keys) == SILENT_LIMIT if declared is None else len(seen) < declared
        if not keys or not may_be_cut:
            break
    if declared is not None and len(seen) != declared:
        raise Retriable(f"{declared} records declared, {len(seen)} received", where=instance.id, rule="total_mismatch")
    context.notes[f"private_left_out.{instance.id}"] = private


def _ask(instance: Instance, context: FetchContext, start: int, step: str) -> Response:
    form = {"searchType[]": "organizations", **instance.params, "indexMin": str(start), "indexStep": step}
    headers = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}
    response = context.http.post(web_url(instance), data={**form, **instance.secret()}, headers=headers)
    require_json(response)
    return response


def _known_again(instance: Instance, declared: int | None) -> Fatal:
    if declared is None:
        return Fatal(
            f"exactly {SILENT_LIMIT} records, no count, and no further window: the list may be cut",
            where=instance.id, rule="truncated",
        )  # fmt: skip
    return Fatal("a window brings known records again", where=instance.id, rule="pagination_loop")


def _page(response: Response, before: int) -> tuple[dict[str, Any], int | None]:
    """Records by id, and the declared count; ``results`` is an object, or a list when PHP says so.

    One without id is counted by its place, of which ``before`` came in earlier windows.
    """
    answer = load_json(response.body)
    if not isinstance(answer, dict) or "results" not in answer:
        raise Fatal("the answer has no results", where=response.url, rule="unexpected_shape")
    places = enumerate(_records(answer["results"]), start=before)
    return {name or f"place {place}": record for place, (name, record) in places}, _count(answer.get("count"))


def _records(results: Any) -> Iterator[tuple[str, Any]]:
    """Id (empty where there is none) and record, which may be anything: ``read`` refuses what is no object."""
    pairs = results.items() if isinstance(results, dict) else (("", record) for record in results or [])
    for key, record in pairs:
        if not isinstance(record, dict):
            yield str(key), record
            continue
        own = record.get("_id")
        name = str((own.get("$id") or own.get("$oid") if isinstance(own, dict) else own) or key)
        yield name, {**record, "_id": {"$id": name}}


def _count(value: Any) -> int | None:
    if isinstance(value, Mapping):
        numbers = [int(item) for item in value.values() if str(item).isdigit()]
        return sum(numbers) if numbers else None
    return int(value) if value is not None and str(value).isdigit() else None


def _is_private(record: Any) -> bool:
    preferences = record.get("preferences") if isinstance(record, Mapping) else None
    return isinstance(preferences, Mapping) and str(preferences.get("private", "")).lower() in {"true", "1"}


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Records that their owner has not marked private; a private one counts as absent."""
    answer = load_json(part.path.read_bytes())
    for number, (key, record) in enumerate(_records(answer.get("results"))):
        position = f"results.{key or number}"
        if not isinstance(record, dict):
            yield not_an_object(position, record)
        elif not _is_private(record):
            doubts = ("coordonnees_divergentes",) if _diverges(record) else ()
            yield Item(position, record, doubts=doubts)


def _diverges(record: Mapping[str, Any]) -> bool:
    """``geo`` (texts) and ``geoPosition`` (longitude first) are kept apart by the platform and can disagree."""
    geo: Any = record.get("geo")
    position: Any = record.get("geoPosition")
    try:
        pair = position["coordinates"]
        one = (Decimal(str(geo["latitude"])), Decimal(str(geo["longitude"])))
        other = (Decimal(str(pair[1])), Decimal(str(pair[0])))
    except (TypeError, KeyError, IndexError, InvalidOperation):
        return False
    return any(abs(a - b) > _DIVERGENT for a, b in zip(one, other, strict=True))
