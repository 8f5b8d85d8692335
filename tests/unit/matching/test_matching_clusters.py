"""From pairs to clusters: best first, vetoes kept, persons heard, the order of the input without effect."""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from warehouse.matching.clusters import Clustering, Pair, cluster, ordered


def group(
    units: str, pairs: Iterable[tuple[str, float]], apart: Iterable[str] = (), forced: Iterable[str] = (),
    forbidden: Iterable[str] = (), sure_from: float = 99,
) -> Clustering:  # fmt: skip
    """Units are letters, pairs are two letters with a score, ``apart`` are pairs that contradict each other."""
    against = {ordered(*pair) for pair in apart}
    return cluster(
        units, [Pair(*ordered(*pair), score) for pair, score in pairs], merge_from=4, review_from=0,
        may_join=lambda a, b: ordered(a, b) not in against, contradict=lambda a, b: ordered(a, b) in against,
        forced=[ordered(*pair) for pair in forced], forbidden=[ordered(*pair) for pair in forbidden],
        sure_from=sure_from,
    )  # fmt: skip


def sets(result: Clustering) -> set[str]:
    return {"".join(members) for members in result.members.values()}


def test_three_bands() -> None:
    result = group("abcdef", [("ab", 9), ("cd", 2), ("ef", -3)])
    assert sets(result) == {"ab", "c", "d", "e", "f"}
    assert [(pair.one, pair.other, why) for pair, why in result.review] == [("c", "d", "score")]


def test_chains_close_but_not_over_a_contradiction() -> None:
    assert sets(group("abc", [("ab", 9), ("bc", 5)])) == {"abc"}
    held = group("abc", [("ab", 9), ("bc", 5)], apart=["ac"])
    assert sets(held) == {"ab", "c"}
    assert [(p.one, p.other, why) for p, why in held.review] == [("b", "c", "veto")]


def test_two_equal_rivals_are_left_to_a_person() -> None:
    result = group("abc", [("ab", 8), ("bc", 7)], apart=["ac"])
    assert sets(result) == {"a", "b", "c"}
    assert {why for _, why in result.review} == {"rivals"}
    clear = group("abc", [("ab", 12), ("bc", 7)], apart=["ac"])
    assert sets(clear) == {"ab", "c"}


def test_persons_outweigh_everything() -> None:
    assert sets(group("abc", [], apart=["ab"], forced=["ab"])) == {"ab", "c"}
    assert sets(group("abc", [("ab", 100), ("bc", 100)], forbidden=["ab"])) == {"a", "bc"}
    assert group("ab", [("ab", 3)], forbidden=["ab"]).review == ()


def test_a_person_ties_whole_groups() -> None:
    """Each side keeps its own sure members when two bodies with different numbers are said to be one."""
    result = group("abcd", [("ab", 100), ("cd", 100)], apart=["ac", "ad", "bc", "bd"], forced=["ac"])
    assert sets(result) == {"abcd"}


@given(st.integers(0, 10_000))
def test_order_of_units_and_pairs_has_no_effect(seed: int) -> None:
    chance = random.Random(seed)
    units = "abcdefgh"
    pairs = [(a + b, float(chance.choice([-2, 1, 3, 5, 5, 8, 20]))) for a in units for b in units
             if a < b and chance.random() < 0.4]  # fmt: skip
    apart = [a + b for a in units for b in units if a < b and chance.random() < 0.15]
    one = group(units, pairs, apart)
    shuffled_units, shuffled = list(units), list(pairs)
    chance.shuffle(shuffled_units)
    chance.shuffle(shuffled)
    other = group("".join(shuffled_units), shuffled, list(reversed(apart)))
    assert one == other
    for members in one.members.values():
        assert not any(ordered(a, b) in {ordered(*p) for p in apart} for a in members for b in members if a < b)
