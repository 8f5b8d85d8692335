"""Cleaning of short texts: damaged encodings, markup, words and their stems."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache


def word_set(words: str) -> frozenset[str]:
    """Words written in one text, as a set."""
    return frozenset(words.split())


# UTF-8 read as Windows-1252: the lead byte of a letter of two or three bytes, then bytes of the upper half.
_UPPER = (
    "\\u0080-\\u00bf\\u0152\\u0153\\u0160\\u0161\\u0178\\u017d\\u017e\\u0192\\u02c6\\u02dc\\u2013-\\u203a\\u20ac\\u2122"
)
_MOJIBAKE = re.compile(f"[\\u00c2-\\u00df][{_UPPER}]|[\\u00e2\\u00e3][{_UPPER}]{{2}}")
# "à" loses its second byte where a later tool turns no-break spaces into blanks.
_LOST_A_GRAVE = re.compile(r"Ã(?=\s)")
# Latin letters with accents; dashes, quotation marks and the euro sign.
_LATIN_END, _SIGNS = 0x17F, (0x2010, 0x20AC)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l"})
# Letters that a tool could not write and replaced by a sign ("Brian_on", "Ch?teau").
_GAP = re.compile(r"(?<=[^\W\d_])[_?](?=[^\W\d_])")
_NEGATION = re.compile(r"\b(non)[ -](?=[a-z]{3})")
_WORD = re.compile(r"[a-z0-9]+")

# Words of this length are their own stems, and no stem is shorter.
_SHORT = 3
STOP_WORDS = {
    "fr": word_set(
        "a ai au aux avec c ce ces d dans de des du en est et ex hors issu issue issus issues l la le les leur ou par"
        " pas pour provenant que qui s sa sans ses sur un une vers y"
    ),
    "it": word_set(
        "a ad agli ai al alla alle allo anche c che con d da dai dal dalla dalle dallo degli dei del dell della delle"
        " dello di e ed ex gli i il in l la le lo nei nel nella o per presso senza su sul sulla tra un una uno"
        " proveniente provenienti"
    ),
    "en": word_set("a an and by for from in of on or the to with"),
}
# Measures that stand beside figures: "IBC 1000 L", "6 bar", "180 °C".
_MEASURES = word_set(
    "t to kg g q l hl ml m m2 m3 mc mm cm km bar c kw kwh mw mwh gwh ans an anno annui mois mese jour giorno tonnes"
    " tonnellate litres litri quintali ca env circa lt nm3"
)


def repair_encoding(text: str) -> str:
    """Undo UTF-8 that was read as Windows-1252 ("DrÃªches" → "Drêches"), letter by letter; other text is unchanged."""
    for _ in range(2):
        repaired = _MOJIBAKE.sub(_decoded, text)
        if repaired == text:
            break
        text = repaired
    return _LOST_A_GRAVE.sub("à", text)


def _decoded(found: re.Match[str]) -> str:
    try:
        letter = b"".join(_byte(character) for character in found[0]).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return found[0]
    # "Éœ" would decode to a phonetic sign: only what French, Italian and German texts hold is a repair.
    return letter if ord(letter) <= _LATIN_END or _SIGNS[0] <= ord(letter) <= _SIGNS[1] else found[0]


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def clean(text: str) -> str:
    """Readable text: entities resolved (also those escaped twice), tags dropped, encoding repaired, blanks single."""
    for _ in range(2):
        if "&" not in text:
            break
        text = html.unescape(text)
    text = repair_encoding(_TAG.sub(" ", text)).replace("\u00ad", "").replace("\ufffd", " ")
    return " ".join(text.split())


def close_gaps(text: str) -> str:
    """A text without the signs that stand inside words for letters lost on the way ("Brian_on" → "Brianon")."""
    return _GAP.sub("", text)


def fold(text: str) -> str:
    """Lower case without accents, ligatures opened."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def normalise(text: str) -> str:
    """Unaccented words of letters and digits with one blank between, as the dbt macro ``normalise_text`` makes them."""
    return " ".join(_WORD.findall(fold(text)))


def content_words(text: str, language: str) -> list[str]:
    """Unaccented words of a text that carry meaning: no small words, no figures, no units beside figures."""
    # "Non ferrosi" is a word of its own, the opposite of the second.
    words = _WORD.findall(_NEGATION.sub(r"\1", fold(text)))
    stop = STOP_WORDS.get(language, frozenset())
    kept = []
    for position, word in enumerate(words):
        if word in stop or word.isdigit() or (len(word) == 1 and not word.isdigit()):
            continue
        if word in _MEASURES and position and words[position - 1][0].isdigit():
            continue
        if word[0].isdigit() and not any(c.isalpha() for c in word[2:]):
            continue
        kept.append(word)
    return kept


@lru_cache(maxsize=65536)
def stem(word: str, language: str) -> str:
    """A word without the endings that number and gender change; a key for comparing, nothing to show."""
    if len(word) <= _SHORT:
        return word
    if language == "fr":
        return _stem_fr(word)
    if language == "it":
        return _stem_it(word)
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _stem_fr(word: str) -> str:
    if word.endswith("eaux"):
        return word[:-1]
    if word.endswith("aux"):
        return word[:-3] + "al"
    short = re.sub(r"(?:ees|ee|es|e|s|x)$", "", word)
    return short if len(short) >= _SHORT else word


def _stem_it(word: str) -> str:
    short = re.sub(r"(?:h?[ei]|i?[aoie])$", "", word)
    return short if len(short) >= _SHORT else word
