"""YesWiki "Bazar": ``?api/forms/<n>/entries``, an object keyed by page, or ``null`` when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.core.errors import Fatal
from connectors.core.formats import load_json
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.families.base import Item, not_an_object, one_document, require_json
from connectors.tiers_lieux.instances import Instance

STREAM = "lieux"
MAPPING: str | None = "yeswiki.yml"
ENABLED = True
TABULAR = False


def fetch(instance: Instance, context: FetchContext) -> Iterator[Part]:
    """All entries of the form. ``dateMin`` is not used: a list of changes cannot show what is gone."""
    yield from one_document(instance, context, media_type="application/json", extension="json", check=require_json)


def read(instance: Instance, part: LandedPart) -> Iterator[Item]:
    """Entries in the wiki's order; one without ``id_fiche`` has the name of its page for it.

    Raises:
        Fatal: the answer is an error object, or no entry list.
    """
    answer = load_json(part.path.read_bytes())
    pairs = list(answer.items() if isinstance(answer, dict) else ((None, e) for e in _listed(answer, part)))
    if pairs and not any(isinstance(entry, dict) for _, entry in pairs):
        raise Fatal(f"no list of entries but {str(answer)[:120]!r}", where=part.name, rule="unexpected_shape")
    for number, (page, entry) in enumerate(pairs, start=1):
        place = f"item {number}" + (f", page {page}" if page else "")
        if not isinstance(entry, dict):
            yield not_an_object(place, entry, "entry")
            continue
        named = entry if entry.get("id_fiche") or not page else {**entry, "id_fiche": page}
        yield Item(place, named, doubts=("non_modere",) if str(entry.get("statut_fiche", "")) == "0" else ())


def _listed(answer: Any, part: LandedPart) -> list[Any]:
    if not isinstance(answer, list | None):
        raise Fatal(f"no list of entries but {str(answer)[:120]!r}", where=part.name, rule="unexpected_shape")
    return answer or []
