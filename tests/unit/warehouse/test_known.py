"""Digests of known content, looked up by the thousand."""

from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from warehouse.known import NOTHING_KNOWN, KnownContent


def digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def known(digests: list[bytes]) -> KnownContent:
    halves = np.frombuffer(b"".join(digests), dtype=">u8").astype("u8").reshape(-1, 2)
    return KnownContent(halves[:, 0], halves[:, 1])


@given(st.sets(st.text(max_size=3), min_size=1), st.lists(st.text(max_size=3), min_size=1))
def test_exactly_what_is_there_is_known(there: set[str], asked: list[str]) -> None:
    content = known([digest(text) for text in there])
    places = content.find(b"".join(digest(text) for text in asked))
    assert [place >= 0 for place in places] == [text in there for text in asked]


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.lists(st.integers(0, 40), max_size=8), max_size=8))
def test_what_comes_in_line_is_found_as_what_does_not(there: list[int], chunks: list[list[int]]) -> None:
    content = known([digest(str(number)) for number in there]) if there else NOTHING_KNOWN
    for numbers in chunks:
        places = content.find(b"".join(digest(str(number)) for number in numbers)).tolist()
        assert places == [there.index(number) if number in there else -1 for number in numbers]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=20))
def test_what_came_is_told_by_its_shorter_list(asked: list[str]) -> None:
    content = known([digest(text) for text in "abcdefgh"])
    repeated = 0
    for at in range(0, len(asked), 3):
        chunk = asked[at : at + 3]
        repeated += content.note(
            content.find(b"".join(digest(t) for t in chunk)), list(range(at + 1, at + 1 + len(chunk)))
        )
    assert repeated == len(asked) - len(set(asked))
    are_listed, digests = content.came()
    wanted = set(asked) if are_listed else set("abcdefgh") - set(asked)
    assert set(digests) == {digest(text) for text in wanted}
    assert len(digests) <= 4
    first = {text: asked.index(text) + 1 for text in asked}
    assert content.ordinals([digest(text) for text in first]) == list(first.values())


def test_half_a_digest_is_not_enough() -> None:
    one = digest("one")
    assert known([one]).find(one[:8] + digest("two")[8:] + digest("two")[:8] + one[8:] + one).tolist() == [-1, -1, 0]


def test_nothing_is_known_at_first() -> None:
    assert NOTHING_KNOWN.find(digest("a") + digest("b")).tolist() == [-1, -1]
