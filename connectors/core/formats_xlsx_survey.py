"""What a piece of a sheet's XML holds, found by looking at all its bytes at once.

Only for XML in the usual writing (``r="B12"``), which every office program gives; of anything else nothing is said, and
the patterns of ``formats_xlsx_guard`` have to be asked, which take ten times as long.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LETTERS, _DIGITS = 4, 9
_BEFORE, _BEHIND = b"__", b"_" * (_LETTERS + _DIGITS + 4)
_EQUALS, _QUOTE, _SPACE, _LESS, _COLON, _SLASH, _MORE = b'=" <:/>'
_R, _T, _E, _N, _C, _F = b"rtencf"
_A, _ZERO, _ALPHABET = ord("a"), ord("0"), 26
_LOWER = 0x20
"""The bit in which small letters differ from capitals."""


class Survey(NamedTuple):
    """The last row and column that a cell or a row names, the number of cells, and what else has to be looked at."""

    rows: int
    columns: int
    cells: int
    has_formulas_or_errors: bool
    may_hide: bool


def survey(text: bytes) -> Survey | None:
    """What stands in a piece of XML that ends with a tag; None where it is not in the usual writing."""
    signs = np.frombuffer(_BEFORE + text + _BEHIND, "u1")
    equals = np.flatnonzero(signs == _EQUALS)
    name = signs[equals - 1]
    # XML has no other signs up to the space than blanks.
    if (name <= _SPACE).any() or (signs[equals + 1] != _QUOTE).any():
        return None
    is_alone = signs[equals - 2] <= _SPACE
    found = _references(signs, equals[is_alone & (name == _R)] + 2)
    if found is None:
        return None
    # Frequent signs are not looked up one by one: whole rows of bytes are compared.
    first, second, third = signs[:-2], signs[1:-1], signs[2:]
    is_c, is_f = second == _C, second == _F
    if ((first == _COLON) & (is_c | is_f)).any():  # names with a prefix
        return None
    is_tag = (first == _LESS) & ((third <= _SPACE) | (third == _SLASH) | (third == _MORE))
    types = equals[is_alone & (name == _T)]
    has_errors = ((signs[types + 2] == _E) & (signs[types + 3] == _QUOTE)).any()
    return Survey(
        *found,
        int(np.count_nonzero(is_tag & is_c)),
        bool(has_errors or (is_tag & is_f).any()),
        bool((name == _N).any()),
    )


def _references(signs: NDArray[Any], at: NDArray[Any]) -> tuple[int, int] | None:
    """Highest row and column of references that begin at these places; None where one is odd."""
    columns = np.zeros(len(at), "i4")
    for _ in range(_LETTERS):
        letter = (signs[at] | _LOWER) - _A
        is_letter = letter < _ALPHABET
        if not is_letter.any():
            break
        columns = np.where(is_letter, columns * _ALPHABET + letter + 1, columns)
        at = at + is_letter
    rows, goes_on = np.zeros(len(at), "i4"), np.ones(len(at), "?")
    for place in range(_DIGITS + 1):
        sign = signs[at + place]
        digit = sign - _ZERO
        is_digit = goes_on & (digit < 10)  # noqa: PLR2004 - digits
        if ((sign != _QUOTE) & (goes_on & ~is_digit)).any() or (place == 0 and not is_digit.all()):
            return None
        if not is_digit.any():
            break
        rows = np.where(is_digit, rows * 10 + digit, rows)
        goes_on = is_digit
    else:
        return None
    return int(rows.max(initial=0)), int(columns.max(initial=0))
