"""fablabs.io: the worldwide list of fab labs in one flat array.

Off by default: the directory is not openly licensed and its terms restrict bulk and commercial use. Whoever
switches it on must have read them, set ``redistributable`` accordingly, and expect the address to vanish.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.errors import BadConfig
from connectors.core.formats import read_json_items
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "fablabs_io.yml"
ENABLED = False
TABULAR = False


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """The one list.

    Raises:
        BadConfig: the settings would hand the records on, which the directory's terms do not allow.
    """
    if instance.redistributable and not instance.options.get("permission"):
        raise BadConfig(
            "set redistributable: false, or name the written permission in options.permission",
            where=instance.id, rule="licence",
        )  # fmt: skip
    yield from one_document(instance, context, media_type="application/json", extension="json", check=require_json)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Labs, of the countries in ``options.countries`` (ISO 3166 codes) where it is given."""
    countries = {str(code).casefold() for code in instance.options.get("countries", [])}
    for number, lab in read_json_items(part.path, "item"):
        if not isinstance(lab, dict):
            yield not_an_object(f"item {number}", lab, "lab")
            continue
        if countries and str(lab.get("country_code", "")).casefold() not in countries:
            continue
        yield Item(f"item {number}", lab)
