"""Names as bags of words weighed by how rare they are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml
from rapidfuzz.distance import OSA

# A word that was mistyped still counts, less these bits; one that only one name has counts against, up to this.
_TYPO_BITS = 2.0
_MISSING_SHARE, _MISSING_MOST = 0.7, 6.0
# Each has a word of its own where the other has another ("Rocca Cecilia", "Rocca del Gallo"): two names.
_REPLACED_BITS = -8.0
# Shorter words are not corrected; longer ones may hold two slips.
_SHORTEST, _LONG = 4, 8


@dataclass(frozen=True)
class Rarity:
    """How many bits the agreement on something is worth: log2 of one over the share of names that have it.

    Attributes:
        population: among how many bodies a match is looked for; never less than ``least``, so that a small set of
            records does not make every agreement look like chance.
        counts: word → number of distinct names that have it.
        common: word → bits that it is worth at most, whatever the data say.
    """

    population: int
    counts: Mapping[str, int]
    common: Mapping[str, float] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """Bits against two records being one before anything is known."""
        return -math.log2(self.population)

    def bits(self, word: str) -> float:
        """Bits of a word; one that no name has is worth as much as one that a single name has."""
        return min(self.shared_by(self.counts.get(word, 1)), self.common.get(word, math.inf))

    def shared_by(self, names: int) -> float:
        """Bits of anything that this many names share."""
        return math.log2(self.population / max(names, 1)) if names < self.population else 0.0


def rarity_of(names: Iterable[frozenset[str]], least: int) -> Rarity:
    """Count in how many distinct names each word stands.

    Args:
        least: smallest population to assume.
    """
    distinct = set(names)
    counts = Counter(word for name in distinct for word in name)
    return Rarity(max(len(distinct), least), counts, common_words())


@lru_cache(maxsize=1)
def common_words() -> Mapping[str, float]:
    """Words of ``common_words.yml`` with the bits they are worth at most; the least where one stands twice."""
    lists = yaml.safe_load(Path(__file__).with_name("common_words.yml").read_text(encoding="utf-8"))
    return {word: float(bits) for bits, words in sorted(lists.items(), reverse=True) for word in words.split()}


@dataclass(frozen=True)
class NameAgreement:
    """How two names agree.

    Attributes:
        bits: weight of the words they share, less that of the words only one of them has.
        share: shared weight over all weight, 0 to 1.
    """

    bits: float
    share: float


def compare_names(one: frozenset[str], other: frozenset[str], rarity: Rarity) -> NameAgreement:
    """Compare two bags of words; a word with a slip or two finds its partner. An empty name says nothing."""
    if not one or not other:
        return NameAgreement(0.0, 0.0)
    shared = one & other
    left, right = sorted(one - shared), sorted(other - shared)
    agreed = sum(rarity.bits(word) for word in shared)
    for word in list(left):
        partner = next((candidate for candidate in right if is_slip(word, candidate)), None)
        if partner is not None:
            left.remove(word)
            right.remove(partner)
            agreed += max(min(rarity.bits(word), rarity.bits(partner)) - _TYPO_BITS, 0.5)
    missing = [rarity.bits(word) for word in (*left, *right)]
    against = sum(min(bits, _MISSING_MOST) * _MISSING_SHARE for bits in missing)
    against -= _REPLACED_BITS * min(len(left), len(right))
    return NameAgreement(agreed - against, agreed / (agreed + sum(missing)) if agreed else 0.0)


def is_slip(word: str, other: str) -> bool:
    """One letter mistyped, two in a long word. Figures are never slips: "Atelier 3" is not "Atelier 5"."""
    longest = max(len(word), len(other))
    if longest < _SHORTEST or any(c.isdigit() for c in word + other):
        return False
    allowed = 1 if longest < _LONG else 2
    return bool(OSA.distance(word, other, score_cutoff=allowed) <= allowed)
