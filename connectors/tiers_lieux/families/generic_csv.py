"""Any delimited text, from a URL or a local file; its mapping is entirely the instance's own."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, one_document
from connectors.tiers_lieux.families.tables import csv_items, declared_encoding, require_table
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = None
ENABLED = True
TABULAR = True


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one file."""
    yield from one_document(instance, context, media_type="text/csv", extension="csv", check=require_table)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Its rows."""
    yield from csv_items(instance, part.path, declared_encoding(str(part.meta.get("content_type", ""))))
