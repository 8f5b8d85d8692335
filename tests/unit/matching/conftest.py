"""The committed seeds as the matching step reads them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.matching.lexicon import Lexicon, build_lexicon
from warehouse.matching.words import load_words

SEEDS = Path(__file__).resolve().parents[3] / "dbt_project" / "seeds" / "reference"


@pytest.fixture(scope="session")
def seed() -> Callable[[str], list[dict[str, str]]]:
    def read(name: str) -> list[dict[str, str]]:
        with (SEEDS / f"{name}.csv").open(encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    return read


@pytest.fixture(scope="session")
def lexicon(seed: Callable[[str], list[dict[str, str]]]) -> Lexicon:
    return build_lexicon(
        seed("material_concept_term"), seed("material_concept"), seed("material_false_friend"), load_words()
    )
