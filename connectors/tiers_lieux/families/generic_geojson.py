"""Any GeoJSON FeatureCollection (RFC 7946): properties by name, the point as ``@lat`` and ``@lon``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.core.errors import Fatal
from connectors.core.formats import read_json_items
from connectors.core.http import Response
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "generic_geojson.yml"
ENABLED = True
TABULAR = False
_DEGREES = re.compile(r"crs84|(?<!\d)4326(?!\d)", re.IGNORECASE)
_PAIR = 2
_MANY = "several JSON documents in one file (lines or a text sequence); export one FeatureCollection"


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one file."""
    yield from one_document(
        instance, context, media_type="application/geo+json", extension="geojson", check=_require_one_json
    )


def _require_one_json(response: Response) -> None:
    if response.body.startswith(b"\x1e"):
        raise Fatal(_MANY, where=response.url, rule="geojson_lines")
    require_json(response)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Features in the file's order; the id of a feature is ``@id``.

    Raises:
        Fatal: another coordinate system than degrees (``crs``), one feature a line (``geojson_lines``), or no
            FeatureCollection.
    """
    try:
        _refuse_other_systems(part.path)
    except Fatal as error:
        if "trailing" not in error.message:
            raise
        raise Fatal(_MANY, where=part.name, rule="geojson_lines") from error
    for number, feature in read_json_items(part.path, "features.item"):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
            yield not_an_object(f"feature {number}", feature, "feature")
            continue
        point, doubts = _point(feature.get("geometry"))
        data = {**(feature.get("properties") or {}), **point}
        if feature.get("id") is not None:
            data["@id"] = feature["id"]
        yield Item(f"feature {number}", data, doubts=doubts)


def _point(geometry: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    if geometry is None:
        return {}, ()
    kind, pair = (geometry.get("type"), geometry.get("coordinates")) if isinstance(geometry, Mapping) else (None, None)
    if kind == "MultiPoint" and isinstance(pair, list) and len(pair) == 1:
        kind, pair = "Point", pair[0]  # so some programs export every single point
    if kind != "Point":
        return {}, ("geometrie_non_ponctuelle",)
    if not isinstance(pair, list) or len(pair) < _PAIR:
        return {}, ("coordonnees_incompletes",) if pair else ()
    return {"@lon": pair[0], "@lat": pair[1]}, ()


def _refuse_other_systems(path: Path) -> None:
    """Systems are named, or in older files given by a link or a bare EPSG code, which all may say another one."""
    for _number, system in read_json_items(path, "crs"):
        told = system.get("properties") if isinstance(system, Mapping) else system
        given = [told.get(key) for key in ("name", "code", "href")] if isinstance(told, Mapping) else [told]
        name = " ".join(str(value) for value in given if value is not None)
        if name and not _DEGREES.search(name):
            raise Fatal(f"coordinates are in {name}; export it in WGS 84", where=path.name, rule="crs")
