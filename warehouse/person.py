"""Recognises what a person is called in any text, and takes it out.

Texts are compared word by word without case and accents, so ``DOE Jeanne`` is found by ``Jeanne Doe``. What has been
erased is remembered only as keyed hashes of its words: enough to recognise it when it comes again, and nothing else.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ERASED = "[erased]"
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\u0300-\u036f]+")
_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SHORTEST = 5
_SHORTEST_NUMBER = 8

Words = tuple[str, ...]


def plain(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()


def words(text: str) -> Words:
    """The words of a text in plain letters; those of an e-mail address are words like others."""
    return tuple(plain(match.group()) for match in _WORD.finditer(unicodedata.normalize("NFC", text)))


@dataclass(frozen=True)
class Finder:
    """Finds runs of words.

    Attributes:
        sizes: how many words a run has.
        is_hit: whether such a run is the person.
        outline: stands in the plain letters of any text with a hit; a text without it need not be read word by word.
            None where that is not known.
    """

    sizes: tuple[int, ...]
    is_hit: Callable[[Words], bool]
    outline: re.Pattern[str] | None = None

    def redact(self, text: str) -> str:
        """The text with ``[erased]`` where the person was; the same object where there was nothing."""
        if self.outline and not self.outline.search(plain(text)):
            return text
        composed = unicodedata.normalize("NFC", text)
        found = [(match.start(), match.end(), plain(match.group())) for match in _WORD.finditer(composed)]
        result, position, index = [], 0, 0
        while index < len(found):
            size = next((n for n in self.sizes if self._hit(found, index, n)), 0)
            if size:
                result += [composed[position : found[index][0]], ERASED]
                position = found[index + size - 1][1]
            index += size or 1
        return "".join([*result, composed[position:]]) if result else text

    def _hit(self, found: list[tuple[int, int, str]], index: int, size: int) -> bool:
        run = tuple(word for _, _, word in found[index : index + size])
        return len(run) == size and self.is_hit(run)

    def in_text(self, text: str) -> bool:
        """Whether the person is in the text."""
        return self.redact(text) is not text

    def in_bytes(self, body: bytes) -> bool:
        """Whether the person is in a file's bytes, in the usual encodings and escapes of text formats."""
        return any(
            self.in_text(variant)
            for text in _readings(body)
            for variant in {
                text,
                _JSON_ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text),
                html.unescape(text),
            }
        )

    def redact_value(self, value: Any) -> Any:
        """A JSON value with the person taken out of every text in it; the same object where there was nothing."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            items = [self.redact_value(item) for item in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, dict):
            pairs = {key: self.redact_value(item) for key, item in value.items()}
            return pairs if any(pairs[key] is not value[key] for key in value) else value
        return value


def _readings(body: bytes) -> Iterator[str]:
    """The texts that bytes may mean. What is UTF-8 is nothing else; UTF-16 is full of zeros or says so."""
    try:
        yield body.decode("utf-8")
    except UnicodeError:
        yield body.decode("cp1252", errors="replace")
    if b"\0" in body or body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield body.decode("utf-16", errors="replace")


@dataclass(frozen=True)
class Person:
    """What one person is called: names, e-mail addresses, numbers."""

    runs: frozenset[Words]

    @classmethod
    def called(cls, texts: Iterable[str]) -> Person:
        """The person behind these texts.

        Raises:
            ValueError: a text could hit other people: too short, or a single word that is no number of eight places.
        """
        runs = set[Words]()
        for text in texts:
            run = words(text)
            length = sum(len(word) for word in run)
            single = len(run) == 1 and (length < _SHORTEST_NUMBER or not re.search(r"\d", run[0]))
            if length < _SHORTEST or single:
                raise ValueError("give a full name, an e-mail address or a number: less would hit other people")
            runs |= {run, run[::-1]} if len(run) == 2 else {run}  # noqa: PLR2004 - name and surname, either first
        if not runs:
            raise ValueError("say what the person is called")
        return cls(frozenset(runs))

    def finder(self) -> Finder:
        """Finds exactly these names."""
        outline = "|".join(r"[\W_]+".join(map(re.escape, run)) for run in sorted(self.runs))
        return Finder(_sizes(len(run) for run in self.runs), self.runs.__contains__, re.compile(outline))

    def longest_words(self) -> list[str]:
        """One word of each run that must be in a text for it to hold the run."""
        return sorted({max(run, key=len) for run in self.runs})

    def marks(self, key: str) -> set[tuple[int, bytes]]:
        """Number of words and keyed hash of each run."""
        return {(len(run), digest(key, run)) for run in self.runs}


def marked(key: str, marks: Iterable[tuple[int, bytes]]) -> Finder:
    """Finds what was erased before, known by its marks only."""
    known = {(size, bytes(value)) for size, value in marks}
    return Finder(_sizes(size for size, _ in known), lambda run: (len(run), digest(key, run)) in known)


def digest(key: str, run: Words) -> bytes:
    """Keyed hash of a run of words."""
    return hmac.digest(key.encode(), " ".join(run).encode(), hashlib.sha256)


def _sizes(sizes: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sizes), reverse=True))
