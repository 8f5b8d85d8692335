"""What a piece of a sheet's XML holds, found by looking at all its bytes at once.

Only for XML in the usual writing (``r="B12"``), which every office program gives; of anything else nothing is said, and
the patterns of ``formats_xlsx_guard`` have to be asked, which take ten times as long.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LETTERS, _DIGITS = 4, 10
_BEFORE, _BEHIND = b"__", b"_" * (_LETTERS + _DIGITS + 4)
_EQUALS, _QUOTE, _SPACE, _LESS, _COLON = b'=" <:'
_R, _T, _E, _N, _C, _F = b"rtencf"
_IS_BLANK, _ENDS_NAME = np.zeros(256, "?"), np.zeros(256, "?")
_IS_BLANK[list(b" \t\r\n")] = True
_ENDS_NAME[list(b" \t\r\n/>")] = True
_LETTER = np.zeros(256, "i8")
for _number in range(26):
    _LETTER[[ord("A") + _number, ord("a") + _number]] = _number + 1
_DIGIT = np.full(256, -1, "i8")
_DIGIT[list(b"0123456789")] = range(10)


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
    name, quote = signs[equals - 1], signs[equals + 1]
    if _IS_BLANK[name].any() or (quote != _QUOTE).any():
        return None
    is_alone = _IS_BLANK[signs[equals - 2]]
    found = _references(signs, equals[is_alone & (name == _R)] + 2)
    if found is None:
        return None
    colons = signs[np.flatnonzero(signs == _COLON) + 1]
    if ((colons == _C) | (colons == _F)).any():  # names with a prefix
        return None
    tags = np.flatnonzero(signs == _LESS)
    name_of, is_short = signs[tags + 1], _ENDS_NAME[signs[tags + 2]]
    types = equals[is_alone & (name == _T)]
    has_errors = ((signs[types + 2] == _E) & (signs[types + 3] == _QUOTE)).any()
    return Survey(
        *found,
        int(np.count_nonzero((name_of == _C) & is_short)),
        bool(has_errors or ((name_of == _F) & is_short).any()),
        bool((name == _N).any()),
    )


def _references(signs: NDArray[Any], at: NDArray[Any]) -> tuple[int, int] | None:
    """Highest row and column of references that begin at these places; None where one is odd."""
    columns = np.zeros(len(at), "i8")
    for _ in range(_LETTERS):
        letter = _LETTER[signs[at]]
        if not letter.any():
            break
        is_letter = letter > 0
        columns = np.where(is_letter, columns * 26 + letter, columns)
        at = at + is_letter
    rows = np.zeros(len(at), "i8")
    start = at
    for _ in range(_DIGITS):
        digit = _DIGIT[signs[at]]
        is_digit = digit >= 0
        if not is_digit.any():
            break
        rows = np.where(is_digit, rows * 10 + digit, rows)
        at = at + is_digit
    if (at == start).any() or (signs[at] != _QUOTE).any():
        return None
    return int(rows.max(initial=0)), int(columns.max(initial=0))
