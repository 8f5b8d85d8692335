"""Names as bags of weighed words."""

from __future__ import annotations

import pytest

from warehouse.matching.mentions import name_words
from warehouse.matching.names import compare_names, is_slip, rarity_of

NAMES = [frozenset(name.split()) for name in ("scierie lac", "scierie bois", "scierie alpes", "imprimerie estampage")]
RARITY = rarity_of(NAMES, 4096)


def test_rare_words_say_more() -> None:
    assert RARITY.bits("estampage") > RARITY.bits("lac")
    assert RARITY.bits("scierie") <= 6
    assert RARITY.bits("nobodyhasit") == RARITY.bits("estampage")
    assert RARITY.chance == -12


def test_what_many_names_have_says_little_whatever_it_is() -> None:
    many = rarity_of([frozenset({"zirconia", str(number)}) for number in range(2000)], 1024)
    assert many.bits("zirconia") < 0.1
    assert many.bits("7") > 10


def test_words_of_one_name_only_speak_against() -> None:
    same = compare_names(frozenset({"estampage", "claire"}), frozenset({"estampage", "claire"}), RARITY)
    shorter = compare_names(frozenset({"estampage", "claire"}), frozenset({"estampage"}), RARITY)
    other = compare_names(frozenset({"estampage", "claire"}), frozenset({"estampage", "perdue"}), RARITY)
    assert same.bits > shorter.bits > other.bits
    assert same.share == 1
    assert compare_names(frozenset(), frozenset({"a"}), RARITY).bits == 0


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [("estampage", "estamppage", True), ("compostage", "commpostage", True), ("prairie", "priarie", True),
     ("lac", "lab", False), ("roche", "ruche", True), ("2024", "2025", False), ("gallo", "cecilia", False)],
)  # fmt: skip
def test_slips(one: str, other: str, slip: bool) -> None:
    assert is_slip(one, other) is slip
    assert is_slip(other, one) is slip


def test_legal_forms_and_small_words_are_not_the_name() -> None:
    assert name_words("sarl estampage de la prairie") == {"estampage", "prairie"}
    assert name_words("sas") == {"sas"}
