"""The reviewed word lists of ``words.yml``: what words around materials tell, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.matching.texts import content_words, stem

_FILE = Path(__file__).with_name("words.yml")


@dataclass(frozen=True)
class Words:
    """Words of one language as stems.

    Attributes:
        vague: left over, or in some state: says nothing about what it is.
        shape: a form that many materials take.
        origin: stem → concepts that a trade or process usually leaves.
        activity: first words of something that is done or shared.
        spelled: all these words as they are written, accents aside.
    """

    vague: frozenset[str]
    shape: frozenset[str]
    origin: Mapping[str, frozenset[str]]
    activity: frozenset[str]
    spelled: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def load_words() -> Mapping[str, Words]:
    """Word lists of every language that has some."""
    lists: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {language: _words(lists, language) for language in lists["vague"]}


def _words(lists: Mapping[str, Any], language: str) -> Words:
    origin: dict[str, set[str]] = {}
    for words, concepts in lists["origin"].get(language, {}).items():
        for part in _stems(words, language):
            origin.setdefault(part, set()).update(concepts.split())
    return Words(
        _stems(lists["vague"][language], language),
        _stems(lists["shape"].get(language, ""), language),
        {part: frozenset(concepts) for part, concepts in origin.items()},
        _stems(lists["activity"].get(language, ""), language),
        frozenset(
            word
            for words in (
                lists["vague"][language],
                lists["shape"].get(language, ""),
                *lists["origin"].get(language, {}),
            )
            for word in content_words(words, language)
        ),
    )


def _stems(words: str, language: str) -> frozenset[str]:
    return frozenset(stem(word, language) for word in content_words(words, language))
