"""Candidates by meaning: what they find that words do not, and that they never decide."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from warehouse.matching.concepts import match_text
from warehouse.matching.lexicon import Lexicon, build_lexicon
from warehouse.matching.material_step import answer_text
from warehouse.matching.meaning import Meaning

Seed = Callable[[str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def meaning(lexicon: Lexicon) -> Meaning:
    return Meaning(lexicon)


def proposed(meaning: Meaning, lexicon: Lexicon, text: str, language: str) -> list[str]:
    return [candidate.concept for candidate in meaning.propose(text, language, lexicon.family)]


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("trebbie", "fr", "BREWERS_GRAINS"),  # an Italian word in a French record
        ("vinaccia", "fr", "GRAPE_MARC"),
        ("cartonnages souillés", "fr", "CARDBOARD"),
        ("<b>Cartonnages</b> souill&eacute;s", "fr", "CARDBOARD"),
    ],
)
def test_a_text_without_a_known_word_has_neighbours(
    lexicon: Lexicon, meaning: Meaning, text: str, language: str, wanted: str
) -> None:
    found = answer_text(lexicon, meaning, text, language, "WASTE")
    assert (found.concept, found.method, found.score) == (None, "NONE", None)
    assert wanted in {candidate.concept for candidate in found.alternatives}
    assert {c.method for c in found.alternatives if c.concept == wanted} == {"EMBEDDING"}


def test_they_never_decide_however_near(lexicon: Lexicon, meaning: Meaning) -> None:
    nearest = meaning.propose("trebbie", "fr", lexicon.family)[0]
    assert nearest.score > 0.9
    assert answer_text(lexicon, meaning, "trebbie", "fr", "WASTE").concept is None
    decided = answer_text(lexicon, meaning, "Drêches de brasserie", "fr", "WASTE")
    assert (decided.concept, decided.method) == ("BREWERS_GRAINS", "EXACT")


def test_both_kinds_of_candidates_take_turns(lexicon: Lexicon, meaning: Meaning) -> None:
    found = answer_text(lexicon, meaning, "marc", "fr", "WASTE").alternatives
    assert 2 <= len(found) <= 5
    assert len({candidate.concept for candidate in found}) == len(found)
    assert {candidate.method for candidate in found} == {"FUZZY", "EMBEDDING"}


def test_a_false_friend_is_not_proposed(lexicon: Lexicon, meaning: Meaning) -> None:
    assert "GRAPE_MARC" in proposed(meaning, lexicon, "vinasse", "it")
    assert "GRAPE_MARC" not in proposed(meaning, lexicon, "vinasse", "fr")


def test_the_kind_of_flow_bounds_them(lexicon: Lexicon, meaning: Meaning) -> None:
    assert proposed(meaning, lexicon, "chaleur fatale", "fr")[0] == "WASTE_HEAT"
    assert answer_text(lexicon, meaning, "chaleur fatale", "fr", "WASTE").alternatives == ()


@pytest.mark.parametrize("text", ["", "???", "1000 L", "zzzzz", "de la"])
def test_nothing_is_near_nothing(lexicon: Lexicon, meaning: Meaning, text: str) -> None:
    assert meaning.propose(text, "fr", lexicon.family) == []


def test_the_order_of_the_list_does_not_matter(seed: Seed, lexicon: Lexicon, meaning: Meaning) -> None:
    terms = seed("material_concept_term")
    random.Random(3).shuffle(terms)
    other = Meaning(build_lexicon(terms, seed("material_concept"), seed("material_false_friend")))
    for text in ("trebbie", "cartonnages souillés"):
        assert other.propose(text, "fr", lexicon.family) == meaning.propose(text, "fr", lexicon.family)


def test_they_find_most_of_what_the_rules_leave_open(seed: Seed) -> None:
    """One term in five is taken out of the list and put as a text: its concept is among the five candidates."""
    terms = seed("material_concept_term")
    key = [(term["material_code"], term["term_normalised"]) for term in terms]
    hidden = set(random.Random(7).sample(sorted(set(key)), len(set(key)) // 5))
    kept = [term for term, name in zip(terms, key, strict=True) if name not in hidden]
    lexicon = build_lexicon(kept, seed("material_concept"), seed("material_false_friend"))
    meaning = Meaning(lexicon)
    left_open = by_words = by_both = 0
    for term, name in zip(terms, key, strict=True):
        if name in hidden and term["language"] != "en" and term["is_ambiguous"].lower() != "true":
            words = match_text(lexicon, term["term"], term["language"])
            if words.concept is None:
                both = answer_text(lexicon, meaning, term["term"], term["language"], "")
                left_open += 1
                by_words += name[0] in {candidate.concept for candidate in words.alternatives}
                by_both += name[0] in {candidate.concept for candidate in both.alternatives}
    assert left_open > 100
    assert by_both > 0.6 * left_open
    assert by_both > 1.4 * by_words
