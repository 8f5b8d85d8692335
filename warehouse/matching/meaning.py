"""Concepts as vectors made from our own terms: near ones are proposed to a person, nothing is decided by them.

Latent semantic analysis (Deerwester et al., 1990) over pieces of words. Two pieces that stand in terms of the same
concepts lie near each other whatever their language, so that a text in words which no term has still has neighbours. No
trained model takes part: there is nothing to download, and what is near what follows from the list alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from warehouse.matching.concepts import Candidate
from warehouse.matching.lexicon import Lexicon
from warehouse.matching.texts import clean, content_words, stem

_SIZES = (3, 4, 5)
_DIMENSIONS = 200
_LEAST = 0.3
"""Cosine below which two meanings have nothing to do with each other."""
_NOTHING = 1e-6


class Meaning:
    """The concept list as a space in which a text has a place."""

    def __init__(self, lexicon: Lexicon) -> None:
        terms = [
            (term.concept, Counter(_pieces(term.key, index.code)))
            for index in lexicon.languages.values()
            for term in index.terms
        ]
        users = Counter(piece for _concept, pieces in terms for piece in pieces)
        self._lexicon = lexicon
        self._place = {piece: at for at, piece in enumerate(sorted(users))}
        self._rarity = np.array([math.log((1 + len(terms)) / (1 + users[piece])) + 1 for piece in self._place], "f4")
        self._concepts = sorted({concept for concept, _pieces in terms})
        weights = np.zeros((len(self._concepts), len(self._place)), "f4")
        row = {concept: at for at, concept in enumerate(self._concepts)}
        for concept, pieces in terms:
            places, values = self._weights(pieces)
            weights[row[concept], places] += values
        weights = _unit(weights)
        # Few concepts and many pieces: the small square matrix has the same singular values.
        squares, axes = np.linalg.eigh(weights @ weights.T)
        kept = [at for at in np.argsort(-squares)[:_DIMENSIONS] if squares[at] > _NOTHING]
        self._pieces = (weights.T @ axes[:, kept]) / np.sqrt(squares[kept])
        self._vectors = _unit(weights @ self._pieces)

    def propose(self, text: str, language: str, allowed: Container[str], limit: int = 5) -> list[Candidate]:
        """The concepts nearest to a text.

        Args:
            language: language of the text; its false friends are not proposed.
            allowed: concepts that may be proposed.
            limit: at most so many.

        Returns:
            Candidates with the cosine of the angle to the text as their score and no term, the nearest first.
        """
        places, values = self._weights(Counter(_pieces(clean(text), language)))
        if not len(places):
            return []
        near = self._vectors @ _unit((values @ self._pieces[places]).reshape(1, -1))[0]
        aliens = self._aliens(text, language)
        order = [int(at) for at in np.argsort(-near, kind="stable") if near[at] >= _LEAST]
        chosen = [at for at in order if self._concepts[at] in allowed and self._concepts[at] not in aliens]
        return [
            Candidate(self._concepts[at], round(float(near[at]), 4), "", language, method="EMBEDDING")
            for at in chosen[:limit]
        ]

    def _aliens(self, text: str, language: str) -> set[str]:
        index = self._lexicon.languages.get(language)
        aliens: Mapping[str, frozenset[str]] = index.aliens if index else {}
        words = content_words(clean(text), language)
        return {concept for word in words for concept in aliens.get(stem(word, language), ())}

    def _weights(self, pieces: Mapping[str, int]) -> tuple[Any, Any]:
        """Places of the known pieces and what each counts for: rare ones much, repeated ones a little more."""
        known = sorted((self._place[piece], count) for piece, count in pieces.items() if piece in self._place)
        if not known:
            return np.empty(0, int), np.empty(0, "f4")
        places, counts = (np.array(values) for values in zip(*known, strict=True))
        weights = (1 + np.log(counts)).astype("f4") * self._rarity[places]
        return places, weights / np.linalg.norm(weights)


def _pieces(text: str, language: str) -> list[str]:
    """Words and their parts of three to five letters; the ends of a word are parts of it."""
    found: list[str] = []
    for word in content_words(text, language):
        marked = f"<{word}>"
        found.append(f"={word}")
        found += (marked[at : at + size] for size in _SIZES for at in range(len(marked) - size + 1))
    return found


def _unit(rows: Any) -> Any:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _NOTHING)
