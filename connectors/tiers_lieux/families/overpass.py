"""OpenStreetMap through Overpass: coworking spaces and hackerspaces inside a box. Licence ODbL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.core.errors import BadConfig, Fatal, Retriable
from connectors.core.formats import load_json
from connectors.core.http import Response
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, part_meta, part_name, require_json, web_url
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "overpass.yml"
ENABLED = True
TABULAR = False
_SELECTORS = ('"amenity"="coworking_space"', '"office"="coworking"', '"leisure"="hackerspace"')
_BOX_SIDES = 4


def query(instance: Instance) -> str:
    """Overpass QL: ``options.query`` as it is, or the usual tags inside ``options.bbox`` (S, W, N, E, degrees).

    Raises:
        BadConfig: neither is given, or the box is none.
    """
    if instance.options.get("query"):
        return str(instance.options["query"])
    box = instance.options.get("bbox")
    try:
        south, west, north, east = (float(side) for side in box or [])
    except (TypeError, ValueError) as error:
        raise BadConfig(
            "give options.bbox as [south, west, north, east] or options.query", where=instance.id, rule="bbox"
        ) from error
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):  # noqa: PLR2004 - degrees
        raise BadConfig(f"no box: {box}", where=instance.id, rule="bbox")
    area = f"({south},{west},{north},{east})"
    return f"[out:json][timeout:60];({''.join(f'nwr[{s}]{area};' for s in _SELECTORS)});out center meta;"


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one answer.

    Raises:
        Retriable: a ``remark`` says that the answer is incomplete although the status is 200, or the server
            sends its "too busy" page.
    """
    response = context.http.post(web_url(instance), data={"data": query(instance)})
    _require_complete(response)
    yield Part(
        part_name(instance, 1, "json"), response.body, "application/json", response.url, response.status,
        response.headers, part_meta(instance),
    )  # fmt: skip


def _require_complete(response: Response) -> None:
    try:
        require_json(response)
    except Fatal as error:
        raise Retriable(error.message, where=error.where, rule="overpass_busy") from error
    answer = load_json(response.body)
    remark = answer.get("remark") if isinstance(answer, dict) else None
    if remark:
        raise Retriable(f"incomplete: {str(remark)[:160]}", where=response.url, rule="overpass_remark")


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Elements with the key ``type/id``, because ids are unique within one type only."""
    answer = load_json(part.path.read_bytes())
    elements = answer.get("elements") if isinstance(answer, dict) else None
    if not isinstance(elements, list):
        raise Fatal("the answer has no elements", where=part.name, rule="unexpected_shape")
    for number, element in enumerate(elements, start=1):
        if not isinstance(element, dict):
            yield not_an_object(f"item {number}", element, "element")
            continue
        yield Item(f"item {number}", _described(element))


def _described(element: dict[str, Any]) -> dict[str, Any]:
    center, tags = _object(element.get("center")), _object(element.get("tags"))
    key = f"{element.get('type')}/{element.get('id')}" if element.get("type") and element.get("id") else None
    return {
        "key": key,
        "lat": element.get("lat", center.get("lat")),
        "lon": element.get("lon", center.get("lon")),
        "timestamp": element.get("timestamp"),
        "page": f"https://www.openstreetmap.org/{key}" if key else None,
        "tags": tags,
    }


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
