"""Words of a text as words of the list: as they stand, or as they were meant where they are mistyped or cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from warehouse.matching.lexicon import Language
from warehouse.matching.texts import stem

# Shorter words have too many neighbours to be corrected; longer ones may hold two slips.
_SHORTEST, _LONG = 4, 8
# What is left of a word's weight when it was completed, or chosen among several by the words beside it.
_GUESSED = 0.8


@dataclass(frozen=True)
class Token:
    """A content word of the text and the stem it stands for in the list; ``worth`` is 0 for an unknown word."""

    stem: str
    worth: float
    corrected: bool


def tokens_of(index: Language, words: list[str]) -> list[Token]:
    """Each word with the stem of the list that it is, or that it was meant to be."""
    found: list[Token | None] = []
    open_choices: dict[int, set[str]] = {}
    for position, word in enumerate(words):
        part = stem(word, index.code)
        if index.is_known(part):
            found.append(Token(part, 1.0, False))
            continue
        distance, near = _nearest(index, word)
        if not near and position == len(words) - 1 and len(word) >= _SHORTEST:
            # Sources cut labels: the last word may be the beginning of one.
            distance, near = 2, {stem(known, index.code) for known in index.known_words if known.startswith(word)}
        if len(near) == 1:
            found.append(Token(near.pop(), 1.0 - 0.1 * distance, True))
        else:
            found.append(Token(part, 0.0, False))
            open_choices[position] = near
    for position, near in open_choices.items():
        beside = {token.stem for token in found if token and token.worth}
        fitting = {part for part in near if any(beside & set(term.stems) for term in index.by_stem.get(part, ()))}
        if len(fitting) == 1:
            found[position] = Token(fitting.pop(), _GUESSED, True)
    return [token for token in found if token]


def _nearest(index: Language, word: str) -> tuple[int, set[str]]:
    """Stems of the words that a mistyped word is nearest to: one slip away, or two where it is long."""
    best: dict[int, set[str]] = {}
    for distance, known in _similar(word, index.words):
        best.setdefault(distance, set()).add(stem(known, index.code))
    part = stem(word, index.code)
    for distance, known in _similar(part, index.stems):
        best.setdefault(distance, set()).add(known)
    distance = min(best, default=0)
    return distance, best.get(distance, set())


def _similar(word: str, by_length: Mapping[int, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    allowed = 0 if len(word) < _SHORTEST else 1 if len(word) < _LONG else 2
    for length in range(len(word) - allowed, len(word) + allowed + 1):
        for known in by_length.get(length, ()):
            distance = int(OSA.distance(word, known, score_cutoff=allowed))
            # People rarely miss the first letter, and words that differ there are other words ("lana", "rana").
            if distance <= allowed and (
                known[0] == word[0] or (len(word) > _SHORTEST and _same_but_first(word, known))
            ):
                yield distance, known


def _same_but_first(word: str, known: str) -> bool:
    """The first letter is missing, doubled by another, or changed places with the second."""
    return known[:2] == word[1::-1] or known[1:] == word or word[1:] == known
