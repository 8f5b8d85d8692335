"""One module per platform family; ``FAMILIES`` is the list of what is understood."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.tiers_lieux.families import feed, generic_csv, gogocarto, national_schema
from connectors.tiers_lieux.families.base import Family, Item

FAMILIES: Mapping[str, Family] = {
    "feed": feed,
    "generic_csv": generic_csv,
    "gogocarto": gogocarto,
    "national_schema": national_schema,
}

__all__ = ["FAMILIES", "Family", "Item"]
