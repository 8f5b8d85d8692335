"""Which label of a page or column of an extract is which field; see ``labels.yml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import fuzz, process

from connectors.core.errors import BadConfig
from schemas.sources.base import fold
from schemas.sources.elenco_sottoprodotti import Iscrizione

FILE = Path(__file__).with_name("labels.yml")
_ALIKE = 65.0


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: int
    status: Literal["inferred", "confirmed"]
    entry: dict[str, list[str]]
    by_product: dict[str, list[str]]
    ignored: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """Folded label → field, for the entry and for its by-products, and the labels that are passed over."""

    version: int
    entry: Mapping[str, str]
    by_product: Mapping[str, str]
    ignored: frozenset[str]

    def field(self, label: str) -> str | None:
        """Field of a label, None where it is unknown or ignored."""
        key = fold(label)
        return self.by_product.get(key) or self.entry.get(key)

    def is_known(self, label: str) -> bool:
        """Whether the label is mapped or deliberately ignored."""
        return self.field(label) is not None or fold(label) in self.ignored

    def nearest(self, label: str) -> str | None:
        """The known label most like an unknown one, None if none is."""
        known = [*self.by_product, *self.entry]
        found = process.extractOne(fold(label), known, scorer=fuzz.WRatio, score_cutoff=_ALIKE)
        return str(found[0]) if found else None

    def unknown(self, labels: Iterable[str]) -> list[str]:
        """The labels that are neither mapped nor ignored."""
        return [label for label in labels if fold(label) and not self.is_known(label)]


@cache
def load_labels(path: Path = FILE) -> Labels:
    """The mapping of ``labels.yml``.

    Raises:
        BadConfig: it is not valid, names a field the contract does not have, or gives one label twice.
    """
    try:
        data = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise BadConfig(str(error), source="elenco_sottoprodotti", where=path.name, rule="labels") from error
    entry, by_product = _invert(data.entry), _invert(data.by_product)
    strange = {*entry.values(), *by_product.values()} - set(Iscrizione.model_fields)
    twice = set(entry) & set(by_product)
    if strange or twice:
        problem = f"no such field: {sorted(strange)}" if strange else f"label given twice: {sorted(twice)}"
        raise BadConfig(problem, source="elenco_sottoprodotti", where=path.name, rule="labels")
    return Labels(data.version, entry, by_product, frozenset(fold(label) for label in data.ignored))


def _invert(section: Mapping[str, list[str]]) -> dict[str, str]:
    return {fold(label): field for field, labels in section.items() for label in labels}
