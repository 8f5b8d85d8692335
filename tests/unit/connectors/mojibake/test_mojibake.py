"""Doubly encoded letters are undone exactly; sound text is never touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.core.formats_mojibake import repair, repair_fields

LETTERS = "àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆìòÌÒ°²³«»’–€"


@pytest.mark.parametrize(
    ("damaged", "sound"),
    [("tempÃ©rature", "température"), ("Lâ€™eau", "L’eau"), ("caffÃ¨", "caffè"), ("Å“uf", "œuf"),
     ("m\u00c2\u00b3", "m³"),
     ("quantitÃ\u00a0 annua", "quantità annua"), ("quantitÃ annua", "quantità annua"), ("Ã€ Chambéry", "À Chambéry")],
)  # fmt: skip
def test_damage_is_undone(damaged: str, sound: str) -> None:
    assert repair(damaged).replace("\u00a0", " ") == sound


@settings(deadline=None)
@given(st.text(alphabet=LETTERS.replace("€", "") + "abc xyz", max_size=40))
def test_whatever_was_encoded_twice_comes_back(text: str) -> None:
    def twice(byte: int) -> str:
        try:
            return bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            return chr(byte)

    assert repair("".join(twice(byte) for byte in text.encode())) == text


@settings(deadline=None)
@given(st.text(alphabet=LETTERS + "abc xyz'-.;", max_size=60))
def test_sound_french_and_italian_text_is_not_touched(text: str) -> None:
    """Only Â, Ä and â can begin a damaged pair here, and what would complete it is never written after a letter."""
    words = " ".join(word for word in text.split() if not any(sign in word for sign in "ÂÄâ°²³«»–€’"))
    assert repair(words) == words


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    repaired = repair(text)
    assert len(repaired) <= len(text)
    assert (repaired == text) or any(sign in text for sign in "ÂÃÄÅâ")


def test_fields_that_changed_are_named() -> None:
    data, changed = repair_fields({"b": "cafÃ©", "a": "Ã©", "c": "été", "d": 3, "e": None})
    assert data == {"b": "café", "a": "é", "c": "été", "d": 3, "e": None}
    assert changed == ["a", "b"]
