"""Seeded chance. Every part of the world draws from a stream of its own, so parts can change alone."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

TODAY = dt.date(2026, 11, 16)
"""The day on which the world stands still; nothing in the sandbox asks the clock."""


def stream(seed: int, name: str) -> random.Random:
    """The random stream called ``name`` of the world ``seed``; equal on every machine and start."""
    return random.Random(f"traforo-sandbox/{seed}/{name}")  # noqa: S311 - repeatable invention, no secret


def happens(rng: random.Random, probability: float) -> bool:
    """True with the given probability."""
    return rng.random() < probability


def pick_weighted(rng: random.Random, items: Sequence[tuple[T, float]]) -> T:
    """One item, drawn by the weight beside it."""
    return rng.choices([item for item, _ in items], weights=[weight for _, weight in items])[0]


def day_between(rng: random.Random, first: dt.date, last: dt.date) -> dt.date:
    """A day of the closed interval."""
    return first + dt.timedelta(days=rng.randrange((last - first).days + 1))


def share(total: float, scale: float, least: int = 1) -> int:
    """``total`` at scale 1, taken to ``scale``, never below ``least``."""
    return max(least, round(total * scale))
