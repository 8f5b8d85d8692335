"""Any GeoJSON FeatureCollection (RFC 7946): properties by name, the point as ``@lat`` and ``@lon``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.core.errors import Defect, Fatal
from connectors.core.formats import read_json_items
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "generic_geojson.yml"
ENABLED = True
TABULAR = False
_DEGREES = ("crs84", "4326")
_PAIR = 2


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one file."""
    yield from one_document(
        instance, context, media_type="application/geo+json", extension="geojson", check=require_json
    )


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Features in the file's order; the id of a feature is ``@id``.

    Raises:
        Fatal: another coordinate system than degrees (``crs``), or no FeatureCollection.
    """
    _refuse_other_systems(part.path)
    for number, feature in read_json_items(part.path, "features.item"):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
            defect = Defect("feature", str(feature)[:200], "unexpected_shape", "expected a feature")
            yield Item(f"feature {number}", {}, (defect,))
            continue
        point, doubts = _point(feature.get("geometry"))
        data = {**(feature.get("properties") or {}), **point}
        if feature.get("id") is not None:
            data["@id"] = feature["id"]
        yield Item(f"feature {number}", data, doubts=doubts)


def _point(geometry: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    if geometry is None:
        return {}, ()
    pair = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if not isinstance(geometry, Mapping) or geometry.get("type") != "Point":
        return {}, ("geometrie_non_ponctuelle",)
    if not isinstance(pair, list) or len(pair) < _PAIR:
        return {}, ("coordonnees_incompletes",) if pair else ()
    return {"@lon": pair[0], "@lat": pair[1]}, ()


def _refuse_other_systems(path: Path) -> None:
    for _number, system in read_json_items(path, "crs"):
        name = str((system or {}).get("properties", {}).get("name", "")) if isinstance(system, dict) else ""
        if name and not any(word in name.lower() for word in _DEGREES):
            raise Fatal(f"coordinates are in {name}; export it in WGS 84", where=path.name, rule="crs")
