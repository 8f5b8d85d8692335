"""Committed seeds, read as dbt reads them: text cells, empty cell for NULL."""

import csv
from collections.abc import Callable
from functools import cache

import pytest

from schemas.reference.seed import SEEDS

SeedReader = Callable[[str], list[dict[str, str]]]


@cache
def _read(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def seed() -> SeedReader:
    """Rows of a committed reference seed by name."""
    return _read
