"""Which material a text names: exact, then by lemmas, then by similar spelling and by what its words say together.

Every step stays inside the language of the text; a list in another language may only propose. A word that stands for
several things never decides alone, and a service, an energy or a transport is never called a material.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from warehouse.matching.lexicon import Language, Lexicon, Term
from warehouse.matching.spelling import Token, tokens_of
from warehouse.matching.texts import clean, content_words, normalise, stem

# What may be assigned by what kind of flow the source says it is. Anything else is a substance.
_FAMILIES_OF_KIND = {
    "ENERGY": frozenset({"ENERGY"}),
    "WATER": frozenset({"WATER"}),
    "EQUIPMENT": frozenset({"EQUIPMENT", "TRANSPORT"}),
    "SERVICE": frozenset({"SERVICE", "TRANSPORT"}),
    "SKILL": frozenset({"SERVICE"}),
    "TRANSPORT": frozenset({"TRANSPORT"}),
}
_NOT_SUBSTANCE = frozenset({"SERVICE", "TRANSPORT", "EQUIPMENT", "ENERGY"})
# A trade's name stands for a term nearly as good as one of the list.
_ORIGIN_HELD = 0.8
# A term counts as whole from this share on: only vague words are missing. Little against: at most this share.
_WHOLE, _CONTRARY = 0.9, 0.35
_SUBSTANCE_KINDS = frozenset({"MATERIAL", "WASTE", "BY_PRODUCT"})


@dataclass(frozen=True)
class Settings:
    """Weights of the evidence, tuned on the concept list itself by leaving one term out (see docs).

    Attributes:
        unknown: weight of a word that no term uses, beside 1 for one that a single concept uses.
        typo: what a word is worth that had to be corrected by one letter; two letters cost twice the rest.
        whole_term: share of the score that depends on how much of one term the text holds.
        wrong_head: factor where the first word of the text names other concepts.
        wrong_shape: the same where that word is a shape ("boues") in which the concept is not known.
        contrary: what known words that speak for other concepts take away.
        least: score from which a concept is decided.
        least_whole: the same where a deciding term stands whole in the text.
        margin: distance to the next concept that a decision needs.
        propose: score from which a concept is an alternative.
    """

    unknown: float = 0.45
    typo: float = 0.9
    whole_term: float = 0.4
    wrong_head: float = 0.7
    wrong_shape: float = 0.85
    contrary: float = 0.3
    least: float = 0.42
    least_whole: float = 0.3
    margin: float = 0.06
    propose: float = 0.25


@dataclass(frozen=True)
class Candidate:
    """A concept a text may mean.

    Attributes:
        score: 0 to 1.
        term: the term that speaks most for it; empty where only a trade does, or the meaning as a whole.
        is_whole: a deciding term stands whole in the text, begins with its first word, and little speaks against it.
        method: ``FUZZY`` by its words, ``EMBEDDING`` by its meaning.
    """

    concept: str
    score: float
    term: str
    language: str
    is_whole: bool = False
    method: str = "FUZZY"


@dataclass(frozen=True)
class Match:
    """What a text was found to mean.

    Attributes:
        concept: code of the concept, None where nothing is decided.
        method: ``EXACT``, ``LEMMA``, ``FUZZY`` or ``NONE``.
        score: 0 to 1; None where nothing is decided.
        alternatives: the best other candidates, for review.
    """

    concept: str | None
    method: str
    score: float | None
    alternatives: tuple[Candidate, ...] = field(default=())


def match_text(
    lexicon: Lexicon,
    text: str,
    language: str,
    kind: str = "",
    settings: Settings | None = None,
    without: Term | None = None,
) -> Match:
    """Assign a text to a concept.

    Args:
        text: label as the source wrote it.
        language: language of the text, ``fr``, ``it`` or ``en``.
        kind: kind of flow (``WASTE``, ``SERVICE``, …): bounds the families; empty when it is not known.
        without: term that is treated as if the list did not have it (leave-one-out).
    """  # fmt: skip
    rules = settings or Settings()
    index = lexicon.languages.get(language)
    if index is None:
        return Match(None, "NONE", None)
    main = _main_part(clean(text), language)
    words = content_words(main, language)
    is_activity = bool(words) and stem(words[0], language) in index.around.activity
    allowed = allowed_concepts(lexicon, kind)
    hidden = without.key if without else None
    concept = index.exact.get(normalise(main))
    if concept and concept in allowed and normalise(main) != hidden:
        return Match(concept, "EXACT", 1.0)
    if is_activity and kind not in _SUBSTANCE_KINDS:
        allowed = {code: family for code, family in allowed.items() if family in _NOT_SUBSTANCE}
    tokens = tokens_of(index, words)
    joined = index.by_joined.get("".join(words))
    if joined and joined in allowed and not without:
        return Match(joined, "LEMMA", 0.97)
    return _decide(index, tokens, _candidates(index, tokens, allowed, rules, without), allowed, rules, without)


def _main_part(text: str, language: str) -> str:
    """The name before an explanation: "rifili di carta: residuo del processo…", "résidus de brassage (malt épuisé)"."""
    head = re.split(r"[:;(\[]| [-–] ", text, maxsplit=1)[0]
    return head if content_words(head, language) else text


def allowed_concepts(lexicon: Lexicon, kind: str) -> Mapping[str, str]:
    """Concepts that a text of this kind of flow may mean, with their families."""
    if kind in _FAMILIES_OF_KIND:
        families = _FAMILIES_OF_KIND[kind]
        return {code: family for code, family in lexicon.family.items() if family in families}
    if kind in _SUBSTANCE_KINDS:
        return {code: family for code, family in lexicon.family.items() if family not in _NOT_SUBSTANCE}
    return lexicon.family


def _candidates(
    index: Language, tokens: list[Token], allowed: Mapping[str, str], rules: Settings, without: Term | None
) -> list[Candidate]:
    worth = {token.stem: token.worth for token in tokens if token.worth}
    total = sum(_weight(index, token, rules) for token in tokens)
    if not worth or not total:
        return []
    evidence, best_term, heads = _evidence(index, worth, allowed, without)
    named = [token.stem for token in tokens if token.stem not in index.around.vague]
    head = named[0] if named else ""
    scored = []
    for concept, found in evidence.items():
        if _only_alien(index, concept, found):
            continue
        held, key = best_term.get(concept, (0.0, ""))
        contrary = sum(index.weight(t.stem) for t in tokens if t.stem in index.by_stem and t.stem not in found) / total
        score = sum(found.values()) / total * (1 - rules.whole_term + rules.whole_term * held)
        score *= 1 - rules.contrary * contrary
        is_head = (concept, head) in heads
        if head in index.by_stem and not is_head:
            score *= rules.wrong_shape if head in index.around.shape else rules.wrong_head
        whole = is_head and held >= _WHOLE and contrary <= _CONTRARY
        scored.append(Candidate(concept, round(min(score, 0.97), 4), key, index.code, whole))
    return sorted(scored, key=lambda c: (-c.score, c.concept))


def _evidence(
    index: Language, worth: Mapping[str, float], allowed: Mapping[str, str], without: Term | None
) -> tuple[dict[str, dict[str, float]], dict[str, tuple[float, str]], set[tuple[str, str]]]:
    """What each stem of the text says for which concept, the term it holds most of, and the heads of the terms."""
    evidence: dict[str, dict[str, float]] = {}
    best_term: dict[str, tuple[float, str]] = {}
    heads: set[tuple[str, str]] = set()
    terms = {term for part in worth for term in index.by_stem.get(part, ()) if term.concept in allowed}
    for term in terms:
        if without and _same_term(term, without):
            continue
        found = evidence.setdefault(term.concept, {})
        held = 0.0
        for part in dict.fromkeys(term.stems):
            if part in worth:
                found[part] = index.weight(part) * worth[part]
                held += found[part]
        whole = sum(index.weight(part) for part in dict.fromkeys(term.stems)) or 1.0
        share = held / whole if term.decides else 0.5 * held / whole
        best_term[term.concept] = max(best_term.get(term.concept, (0.0, "")), (share, term.key))
        heads.update((term.concept, part) for part in _head(index, term.stems))
    for part, value in worth.items():
        for concept in index.around.origin.get(part, ()):
            if concept in allowed:
                evidence.setdefault(concept, {}).setdefault(part, index.weight(part) * value)
                best_term[concept] = max(best_term.get(concept, (0.0, "")), (_ORIGIN_HELD * value, ""))
    return evidence, best_term, heads


def _head(index: Language, stems: tuple[str, ...]) -> list[str]:
    return [part for part in stems if part not in index.around.vague][:1]


def _same_term(term: Term, other: Term) -> bool:
    return term.concept == other.concept and set(term.stems) == set(other.stems)


def _weight(index: Language, token: Token, rules: Settings) -> float:
    return index.weight(token.stem) if token.worth else rules.unknown


def _only_alien(index: Language, concept: str, found: Mapping[str, float]) -> bool:
    """A false friend is all that speaks for the concept it is not."""
    return all(concept in index.aliens.get(part, ()) for part in found)


def _decide(
    index: Language, tokens: list[Token], candidates: list[Candidate], allowed: Mapping[str, str], rules: Settings,
    without: Term | None,
) -> Match:  # fmt: skip
    proposals = tuple(c for c in candidates[:5] if c.score >= rules.propose)
    core = index.core(token.stem for token in tokens)
    if not candidates or core in index.undecided:
        return Match(None, "NONE", None, proposals)
    corrected = any(token.corrected for token in tokens)
    stems = frozenset(token.stem for token in tokens)
    same = index.by_stems.get(stems) or (index.by_core.get(core) if core - index.around.shape else None) or frozenset()
    same = frozenset() if without else same & allowed.keys()
    if len(same) == 1:
        worth = min(token.worth or 1.0 for token in tokens if token.stem in core)
        concept = next(iter(same))
        others = tuple(c for c in proposals if c.concept != concept)
        return Match(concept, "FUZZY" if corrected else "LEMMA", round(0.97 * worth, 4), others)
    first = candidates[0]
    second = candidates[1].score if len(candidates) > 1 else 0.0
    names_it = any(t.worth and t.stem not in index.around.vague | index.around.shape for t in tokens)
    least = rules.least_whole if first.is_whole else rules.least if names_it else 1.0
    if first.score >= least and first.score - second >= rules.margin:
        return Match(first.concept, "FUZZY", first.score, proposals[1:])
    return Match(None, "NONE", None, proposals)
