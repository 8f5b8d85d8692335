"""Measures of the evaluation, as pure functions over plain values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """Counts behind precision, recall and F1.

    Attributes:
        right: what was said and is true.
        said: everything that was said.
        wanted: everything that is true.
    """

    right: int
    said: int
    wanted: int

    @property
    def precision(self) -> float:
        """Share of what was said that is true; 1 when nothing was said."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Share of what is true that was said; 1 when there was nothing to say."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def pairwise(truth: Mapping[Hashable, Hashable], found: Mapping[Hashable, Hashable]) -> Score:
    """Pairs of records that are put together, against pairs that belong together.

    Args:
        truth: record → true entity.
        found: record → entity we assigned; a record that is missing stands alone.
    """
    cells = Counter((truth[record], found.get(record, ("alone", record))) for record in truth)
    said: Counter[Hashable] = Counter()
    for (_, cluster), size in cells.items():
        said[cluster] += size
    return Score(_pairs(cells.values()), _pairs(said.values()), _pairs(Counter(truth.values()).values()))


def pairwise_across(
    truth: Mapping[Hashable, Hashable], found: Mapping[Hashable, Hashable], group: Mapping[Hashable, Hashable]
) -> Score:
    """The same, counting only pairs of records of different groups (sources, directories)."""
    whole = pairwise(truth, found)
    members: dict[Hashable, list[Hashable]] = defaultdict(list)
    for record in truth:
        members[group[record]].append(record)
    inside = [pairwise({record: truth[record] for record in records}, found) for records in members.values()]
    return Score(
        whole.right - sum(part.right for part in inside),
        whole.said - sum(part.said for part in inside),
        whole.wanted - sum(part.wanted for part in inside),
    )


def assignment(truth: Mapping[Hashable, Hashable], found: Mapping[Hashable, Hashable]) -> Score:
    """One value per record: precision over those that have one, recall over those that should.

    Args:
        truth: record → true value; None where nothing may be said.
        found: record → value we assigned; missing or None says nothing.
    """
    said = [record for record in truth if found.get(record) is not None]
    right = sum(1 for record in said if found[record] == truth[record])
    return Score(right, len(said), sum(1 for value in truth.values() if value is not None))
