"""Names as bags of words weighed by how rare they are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

# A word that was mistyped still counts, less these bits; one that only one name has counts against, up to this.
_TYPO_BITS = 2.0
_MISSING_SHARE, _MISSING_MOST = 0.7, 6.0


@dataclass(frozen=True)
class Rarity:
    """How many bits the agreement on a word is worth: log2 of one over the share of names that have it."""

    names: int
    counts: Mapping[str, int]

    def bits(self, word: str) -> float:
        """Bits of a word; one that no name has is worth as much as one that a single name has."""
        return math.log2((self.names + 1) / self.counts.get(word, 1))


def rarity_of(names: Iterable[frozenset[str]]) -> Rarity:
    """Count in how many distinct names each word stands."""
    distinct = set(names)
    return Rarity(len(distinct), Counter(word for name in distinct for word in name))


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
    return NameAgreement(agreed - against, agreed / (agreed + sum(missing)) if agreed else 0.0)


def is_slip(word: str, other: str) -> bool:
    """One or two letters mistyped, or the beginning of a word that was cut."""
    longest = max(len(word), len(other))
    if longest < 4 or word.isdigit() or other.isdigit():
        return False
    allowed = 1 if longest < 8 else 2
    return bool(OSA.distance(word, other, score_cutoff=allowed) <= allowed)
