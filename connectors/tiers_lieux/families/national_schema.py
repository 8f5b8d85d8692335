"""Places in the national schema "lieu de médiation numérique" v1, as CSV.

Several values in one cell are separated by ``|`` (the schema and its example) or ``;`` (its README and version
0); both are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, one_document
from connectors.tiers_lieux.families.tables import csv_items, declared_encoding, require_table
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "national_schema.yml"
ENABLED = True
TABULAR = True


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one file."""
    yield from one_document(instance, context, media_type="text/csv", extension="csv", check=require_table)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Its rows."""
    yield from csv_items(instance, part.path, declared_encoding(str(part.meta.get("content_type", ""))))
