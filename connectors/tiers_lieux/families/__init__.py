"""One module per platform family; ``FAMILIES`` is the list of what is understood."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.tiers_lieux.families import (
    ckan,
    communecter,
    datagouv,
    fablabs_io,
    feed,
    generic_csv,
    generic_geojson,
    gogocarto,
    national_schema,
    overpass,
    wordpress_rest,
    yeswiki,
)
from connectors.tiers_lieux.families.base import Family, Item

FAMILIES: Mapping[str, Family] = {
    "ckan": ckan,
    "communecter": communecter,
    "datagouv": datagouv,
    "fablabs_io": fablabs_io,
    "feed": feed,
    "generic_csv": generic_csv,
    "generic_geojson": generic_geojson,
    "gogocarto": gogocarto,
    "national_schema": national_schema,
    "overpass": overpass,
    "wordpress_rest": wordpress_rest,
    "yeswiki": yeswiki,
}

__all__ = ["FAMILIES", "Family", "Item"]
