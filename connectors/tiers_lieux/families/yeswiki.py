"""YesWiki "Bazar": ``?api/forms/<n>/entries``, an object keyed by page, or ``null`` when there is none."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.errors import Fatal
from connectors.core.formats import load_json
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "yeswiki.yml"
ENABLED = True
TABULAR = False


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """All entries of the form. ``dateMin`` is not used: a list of changes cannot show what is gone."""
    yield from one_document(instance, context, media_type="application/json", extension="json", check=require_json)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Entries in the wiki's order.

    Raises:
        Fatal: the answer is an error object, or no entry list.
    """
    answer = load_json(part.path.read_bytes())
    entries = list(answer.values()) if isinstance(answer, dict) else answer or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Fatal(f"no list of entries but {str(answer)[:120]!r}", where=part.name, rule="unexpected_shape")
    for number, entry in enumerate(entries, start=1):
        yield Item(f"item {number}", entry)
