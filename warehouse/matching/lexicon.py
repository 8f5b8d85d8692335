"""The concept list as an index: what each word of each language says about materials."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from warehouse.matching.texts import content_words, normalise, stem
from warehouse.matching.words import Words

NOTHING = Words(frozenset(), frozenset(), {}, frozenset())
# What a word counts for beside one that names a material.
_VAGUE, _SHAPE = 0.05, 0.6


@dataclass(frozen=True)
class Term:
    """One wording of a concept in one language.

    Attributes:
        stems: stems of its content words in their order; the first is the head of a French or Italian noun group.
        decides: False for words that stand for several things ("marc", "fanghi").
    """

    concept: str
    key: str
    stems: tuple[str, ...]
    decides: bool


@dataclass(frozen=True)
class Language:
    """All terms of one language, by what a text can be looked up with."""

    code: str
    terms: tuple[Term, ...]
    concepts: int
    aliens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    around: Words = NOTHING

    @cached_property
    def exact(self) -> dict[str, str]:
        """Normalised term → its concept, where it decides and has one only."""
        found: dict[str, set[str]] = defaultdict(set)
        for term in self.terms:
            found[term.key].add(term.concept if term.decides else "")
        return {key: next(iter(codes)) for key, codes in found.items() if len(codes) == 1 and "" not in codes}

    @cached_property
    def by_stem(self) -> dict[str, tuple[Term, ...]]:
        """Stem → the terms it stands in."""
        found: dict[str, list[Term]] = defaultdict(list)
        for term in self.terms:
            for part in dict.fromkeys(term.stems):
                found[part].append(term)
        return {part: tuple(terms) for part, terms in found.items()}

    @cached_property
    def by_stems(self) -> dict[frozenset[str], frozenset[str]]:
        """Stems → concepts of the deciding terms that consist of exactly these."""
        found: dict[frozenset[str], set[str]] = defaultdict(set)
        for term in self.terms:
            if term.decides:
                found[frozenset(term.stems)].add(term.concept)
        return {stems: frozenset(codes) for stems, codes in found.items()}

    @cached_property
    def stems(self) -> dict[int, tuple[str, ...]]:
        """Stems of the lists by their length."""
        found: dict[int, set[str]] = defaultdict(set)
        for part in {stem(word, self.code) for word in self.known_words}:
            found[len(part)].add(part)
        return {length: tuple(sorted(parts)) for length, parts in found.items()}

    @cached_property
    def by_core(self) -> dict[frozenset[str], frozenset[str]]:
        """Stems without the vague ones → concepts of the deciding terms that consist of exactly these."""
        found: dict[frozenset[str], set[str]] = defaultdict(set)
        for term in self.terms:
            if term.decides:
                found[self.core(term.stems)].add(term.concept)
        return {stems: frozenset(codes) for stems, codes in found.items()}

    @cached_property
    def undecided(self) -> frozenset[frozenset[str]]:
        """Cores that stand for several things: a text of nothing else is never decided."""
        return frozenset(self.core(term.stems) for term in self.terms if not term.decides)

    def core(self, stems: Iterable[str]) -> frozenset[str]:
        """The stems that are not vague; all of them where nothing else is left."""
        whole = frozenset(stems)
        return (whole - self.around.vague) or whole

    @cached_property
    def by_joined(self) -> dict[str, str]:
        """Terms of several words written as one ("bigbags") → concept, where it has one only."""
        found: dict[str, set[str]] = defaultdict(set)
        for term in self.terms:
            if term.decides and len(term.stems) > 1:
                found["".join(content_words(term.key, self.code))].add(term.concept)
        return {joined: next(iter(codes)) for joined, codes in found.items() if len(codes) == 1}

    @cached_property
    def words(self) -> dict[int, tuple[str, ...]]:
        """Words of the lists by their length, for finding what a mistyped word was meant to be."""
        found: dict[int, set[str]] = defaultdict(set)
        for word in self.known_words:
            found[len(word)].add(word)
        return {length: tuple(sorted(words)) for length, words in found.items()}

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Every word of the lists as it is written, accents aside."""
        return self.around.spelled.union(*(content_words(term.key, self.code) for term in self.terms))

    def weight(self, part: str) -> float:
        """How much a stem says, 0 to 1: 1 where only one concept uses it, little where many do or it is vague."""
        users = {term.concept for term in self.by_stem.get(part, ())} | self.around.origin.get(part, frozenset())
        if part in self.around.vague:
            return _VAGUE
        if not users:
            return 0.0
        weight = math.log((self.concepts + 1) / len(users)) / math.log(self.concepts + 1)
        return weight * _SHAPE if part in self.around.shape else weight

    def is_known(self, part: str) -> bool:
        """Whether the lists say anything about a stem."""
        return part in self.by_stem or part in self.around.origin or part in self.around.vague


@dataclass(frozen=True)
class Lexicon:
    """The concept list in all its languages.

    Attributes:
        languages: code → index.
        family: concept → material family.
    """

    languages: Mapping[str, Language]
    family: Mapping[str, str]


def build_lexicon(
    terms: Iterable[Mapping[str, Any]],
    concepts: Iterable[Mapping[str, Any]],
    false_friends: Iterable[Mapping[str, Any]] = (),
    words: Mapping[str, Words] | None = None,
) -> Lexicon:
    """Index the seeds.

    Args:
        terms: rows of ``material_concept_term``.
        concepts: rows of ``material_concept``.
        false_friends: rows of ``material_false_friend``: what a word of a language does not mean.
        words: language → word lists beside the terms.
    """
    family = {str(row["material_code"]): str(row["material_family_code"]) for row in concepts}
    indexed: dict[str, list[Term]] = defaultdict(list)
    for row in sorted(terms, key=lambda r: (r["language"], r["material_code"], r["term"])):
        language = str(row["language"])
        stems = tuple(stem(word, language) for word in content_words(str(row["term"]), language))
        decides = str(row["is_ambiguous"]).lower() != "true"
        indexed[language].append(Term(str(row["material_code"]), normalise(str(row["term"])), stems, decides))
    aliens: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in false_friends:
        language = str(row["language"])
        if row.get("not_material_code"):
            for word in content_words(str(row["term"]), language):
                aliens[language][stem(word, language)].add(str(row["not_material_code"]))
    return Lexicon(
        {
            language: Language(
                language,
                tuple(found),
                len(family),
                {part: frozenset(codes) for part, codes in aliens[language].items()},
                (words or {}).get(language, NOTHING),
            )
            for language, found in indexed.items()
        },
        family,
    )
