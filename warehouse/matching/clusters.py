"""From scored pairs to clusters: best pairs first, never against a veto, never so wide that its ends do not match."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

MERGE, REVIEW, DISTINCT = "merge", "review", "distinct"


@dataclass(frozen=True, order=True)
class Pair:
    """Two units with the weight of evidence that they are one, in bits; ``one`` sorts before ``other``.

    Attributes:
        score: log2 of the odds that they are the same.
        reasons: what spoke for and against, each with its bits.
        method: how they are linked, a code of ``match_method``.
    """

    one: str
    other: str
    score: float
    reasons: tuple[str, ...] = field(default=(), compare=False)
    method: str = field(default="NAME_PLACE", compare=False)


@dataclass(frozen=True)
class Clustering:
    """Result of ``cluster``.

    Attributes:
        members: cluster (its smallest unit) → units in order.
        links: unit → the strongest pair by which it hangs on its cluster.
        review: pairs that a person should look at, with why they were not merged.
    """

    members: Mapping[str, tuple[str, ...]]
    links: Mapping[str, Pair]
    review: tuple[tuple[Pair, str], ...]


def ordered(one: str, other: str) -> tuple[str, str]:
    """Two keys in their order."""
    return (one, other) if one <= other else (other, one)


def cluster(
    units: Iterable[str],
    pairs: Sequence[Pair],
    *,
    merge_from: float,
    review_from: float,
    may_join: Callable[[str, str], bool],
    contradict: Callable[[str, str], bool],
    forced: Iterable[tuple[str, str]] = (),
    forbidden: Iterable[tuple[str, str]] = (),
    rival_margin: float = 3.0,
    sure_from: float = math.inf,
) -> Clustering:
    """Group units by their pairs. The result depends on the set of units and pairs only, not on their order.

    Args:
        merge_from: score from which a pair is merged without a person.
        review_from: score from which a pair that is not merged is shown to a person.
        may_join: whether two units may stand in one cluster at all; asked for every pair of two clusters before
            they are joined, which bounds how wide a chain of similar records can grow.
        contradict: whether two units are certainly two things.
        forced: pairs that a person put together, whatever speaks against it.
        forbidden: pairs that a person kept apart.
        rival_margin: a unit that could join two others which contradict each other goes to the better one only if it
            is better by this much; otherwise it is left to a person.
        sure_from: score from which a pair is certain.
    """
    joined = _Groups(sorted(set(units)), {ordered(*pair) for pair in forbidden}, may_join)
    best_first = sorted(pairs, key=lambda p: (-p.score, p.one, p.other))
    # What shares a number is whole before a person's decision ties it to something else.
    for pair in best_first:
        if pair.score >= sure_from:
            joined.join(pair.one, pair.other, sure=True)
    for one, other in sorted(ordered(*pair) for pair in set(forced)):
        joined.join(one, other, forced=True)
    rivals = _rivals([p for p in best_first if p.score >= merge_from], contradict, rival_margin)
    review: list[tuple[Pair, str]] = []
    links: dict[str, Pair] = {}
    for pair in best_first:
        if pair.score < review_from:
            break
        if joined.same(pair.one, pair.other):
            why = ""
        elif pair.score < merge_from:
            why = "score"
        elif (pair.one, pair.other) in rivals:
            why = "rivals"
        else:
            why = "" if joined.join(pair.one, pair.other) else "veto"
        if why:
            review.append((pair, why))
        else:
            links.setdefault(pair.one, pair)
            links.setdefault(pair.other, pair)
    open_review = tuple((pair, why) for pair, why in review if not joined.settled(pair.one, pair.other))
    return Clustering(joined.members(), links, open_review)


def _rivals(pairs: Sequence[Pair], contradict: Callable[[str, str], bool], margin: float) -> set[tuple[str, str]]:
    """Pairs of a unit that has two about equally good partners which contradict each other."""
    partners: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for pair in pairs:
        partners[pair.one].append((pair.score, pair.other))
        partners[pair.other].append((pair.score, pair.one))
    found: set[tuple[str, str]] = set()
    for unit, candidates in partners.items():
        if len(candidates) == 1:
            continue
        top = max(score for score, _ in candidates)
        close = [other for score, other in candidates if score >= top - margin]
        if any(contradict(a, b) for i, a in enumerate(close) for b in close[i + 1 :]):
            found.update(ordered(unit, other) for _, other in candidates)
    return found


class _Groups:
    """Disjoint sets that refuse to join what must not stand together."""

    def __init__(
        self, units: Sequence[str], forbidden: set[tuple[str, str]], may_join: Callable[[str, str], bool]
    ) -> None:
        self._group = {unit: unit for unit in units}
        self._units = {unit: [unit] for unit in units}
        self._forbidden = forbidden
        self._may_join = may_join
        self._person: set[tuple[str, str]] = set()

    def same(self, one: str, other: str) -> bool:
        return self._group[one] == self._group[other]

    def allowed(self, one: str, other: str) -> bool:
        pair = ordered(one, other)
        return pair in self._person or (pair not in self._forbidden and self._may_join(*pair))

    def _not_forbidden(self, one: str, other: str) -> bool:
        return ordered(one, other) not in self._forbidden

    def join(self, one: str, other: str, *, forced: bool = False, sure: bool = False) -> bool:
        first, second = self._group[one], self._group[other]
        if forced:
            self._person.add(ordered(one, other))
        if first == second:
            return True
        asked = self._not_forbidden if sure else self.allowed
        unasked = forced or (sure and not self._forbidden)
        if not unasked and not all(asked(a, b) for a in self._units[first] for b in self._units[second]):
            return False
        if len(self._units[first]) < len(self._units[second]):
            first, second = second, first
        for unit in self._units.pop(second):
            self._group[unit] = first
            self._units[first].append(unit)
        return True

    def settled(self, one: str, other: str) -> bool:
        """Together by now, or kept apart by a person."""
        return self.same(one, other) or ordered(one, other) in self._forbidden

    def members(self) -> dict[str, tuple[str, ...]]:
        groups = (tuple(sorted(units)) for units in self._units.values())
        return {units[0]: units for units in sorted(groups)}


def pairs_sharing(marks: Iterable[tuple[str, str]], limit: int) -> set[tuple[str, str]]:
    """Pairs of units with a mark in common.

    Args:
        marks: mark and unit that has it.
        limit: a mark that more units have than these says nothing and makes no pair.
    """
    units: dict[str, set[str]] = defaultdict(set)
    for mark, unit in marks:
        units[mark].add(unit)
    return {pair for keys in units.values() if 1 < len(keys) <= limit for pair in combinations(sorted(keys), 2)}
