"""Codes of the European List of Waste in Italian free text: ``CER 02 07 01``, ``EER 020701``, ``030104*``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = r"\d{2}(?P<sign>[ .\-]?)\d{2}(?P=sign)\d{2}|\d{5}"
_KEYWORD = re.compile(
    r"(?P<not>\bnon (?:è |sono )?(?:un )?)?"
    r"(?:\b[ce]\.?\s?e\.?\s?r(?:\b|(?=\d))\.?|\bewc(?:\b|(?=\d))|\bcodic[ei] (?:del )?rifiut[oi]\b|"
    r"(?P<any>\bcodice\b(?=[ :]+\d\d[ .]\d\d[ .]\d\d\b)))"
    r"(?:/(?:cer|eer|ewc)\b)?\s*(?:n[.°]*\s*|sono\s*|è\s*|[:=]\s*)*(?=\d)",
    re.IGNORECASE,
)
_ONE = re.compile(rf"(?P<code>{_DIGITS})(?!\d)\s?(?P<star>\*)?(?P<suffix>[- ]?[A-Z]{{2,}}\b|-[a-z]{{2,}}\b)?")
_BETWEEN = re.compile(r"\s*(?:,|;|/|\be\b|\bed\b|\bo\b|\boppure\b)\s*")
_BARE = re.compile(r"(?<![\d.,/+])(?<!\d )(?P<code>\d{2} \d{2} \d{2})(?![\d.,/]|\s\d)\s?(?P<star>\*)?")
# Sub-chapters of each chapter (Decision 2000/532/EC as amended by 2014/955/EU): 111 in all. ATECO codes, dates
# and phone numbers written the same way rarely fall on one.
_SUB_CHAPTERS = {
    "01": "01 03 04 05", "02": "01 02 03 04 05 06 07", "03": "01 02 03", "04": "01 02", "05": "01 06 07",
    "06": "01 02 03 04 05 06 07 08 09 10 11 13", "07": "01 02 03 04 05 06 07", "08": "01 02 03 04 05", "09": "01",
    "10": "01 02 03 04 05 06 07 08 09 10 11 12 13 14", "11": "01 02 03 05", "12": "01 03",
    "13": "01 02 03 04 05 07 08", "14": "06", "15": "01 02", "16": "01 02 03 04 05 06 07 08 09 10 11",
    "17": "01 02 03 04 05 06 08 09", "18": "01 02", "19": "01 02 03 04 05 06 07 08 09 10 11 12 13", "20": "01 02 03",
}  # fmt: skip


@dataclass(frozen=True)
class WasteCode:
    """A waste code found in a text.

    Attributes:
        code: six digits.
        hazardous: True where the asterisk is written; False says only that it is not.
        text: the words that were read.
        confidence: 0 to 1.
    """

    code: str
    hazardous: bool
    text: str
    confidence: float


def find_waste_codes(text: str) -> list[WasteCode]:
    """Every waste code in the text, in order, each once.

    Five digits after the keyword are a code that lost its leading zero (``CER 80318``). Six bare digits without
    keyword are no code: post codes, article numbers and dates look alike; with spaces they are a weak hint.
    """
    text = " ".join(text.split())
    found: dict[str, WasteCode] = {}
    for keyword in _KEYWORD.finditer(text):
        # "codice 02.07.02" may be another code; "non CER" names the code that the residue is said not to have.
        weight = 0.5 if keyword["not"] else 0.7 if keyword["any"] else 0.95
        shown_from, at = keyword.start(), keyword.end()
        while match := _ONE.match(text, at):
            code = _six_digits(match["code"])
            if code is None:
                break
            lost_zero = len(re.sub(r"\D", "", match["code"])) < len(code)
            doubt = (0.2 if match["suffix"] else 0) + (0.4 if lost_zero else 0)
            shown = text[shown_from : match.end()].strip()
            found.setdefault(code, WasteCode(code, bool(match["star"]), shown, round(weight - doubt, 2)))
            between = _BETWEEN.match(text, match.end("star") if match["star"] else match.end("code"))
            if not between:
                break
            at = shown_from = between.end()
    for match in _BARE.finditer(text):
        code = _six_digits(match["code"])
        if code is not None:
            weight = 0.7 if match["star"] else 0.4
            found.setdefault(code, WasteCode(code, bool(match["star"]), match[0].strip(), weight))
    return list(found.values())


def _six_digits(text: str) -> str | None:
    """Six digits in an existing sub-chapter, None where the number cannot be a waste code."""
    digits = re.sub(r"\D", "", text).zfill(6)
    known = digits[2:4] in _SUB_CHAPTERS.get(digits[:2], "").split()
    return digits if known and digits[4:] != "00" else None
