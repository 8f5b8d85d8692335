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
    assert content.among([digest(text) for text in asked]) == [text in there for text in asked]


def test_half_a_digest_is_not_enough() -> None:
    one = digest("one")
    assert known([one]).among([one[:8] + digest("two")[8:], digest("two")[:8] + one[8:], one]) == [False, False, True]


def test_nothing_is_known_at_first() -> None:
    assert NOTHING_KNOWN.among([digest("a"), digest("b")]) == [False, False]
