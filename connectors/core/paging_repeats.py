"""Items that a listing shows twice: its own duplicates, or a sign that it hid others behind them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Repeats:
    """The ids of a walk, page by page.

    Attributes:
        repeated: ids that came on two pages.
        overlap: most items that stand, in the same order, at the end of one page and at the start of the next.
    """

    repeated: set[str] = field(default_factory=set)
    overlap: int = 0
    _seen: set[str] = field(default_factory=set)
    _pages: set[bytes] = field(default_factory=set)
    _last: tuple[str, ...] = ()

    def add(self, keys: tuple[str, ...]) -> bool:
        """Note a page's ids; returns whether they are, in any order, those of an earlier page.

        Only pages of several ids are compared: one id alone may be a duplicate of the source's own.
        """
        came = set(keys)
        digest = hashlib.sha256("\n".join(sorted(came)).encode("utf-8", "surrogatepass")).digest()
        is_known = len(came) > 1 and digest in self._pages
        self._pages.add(digest)
        self.repeated |= self._seen & came
        self._seen |= came
        self.overlap = max(self.overlap, _overlap(self._last, keys))
        self._last = keys
        return is_known

    def doubt(self, before: frozenset[str]) -> str | None:
        """Why a second reading of the listing cannot be trusted, None where it can.

        Rows that come twice hide rows that do not come. Only if a second walk shows the very same repeats can they
        be the source's own duplicates, and not if its pages overlap.

        Args:
            before: the repeated ids of the first walk.
        """
        if self.repeated and self.repeated != before:
            return self._told()
        if self.overlap > 1:
            return f"pages overlap: one begins with the last {self.overlap} items of the page before"
        return None

    def notes(self) -> dict[str, Any]:
        """What a run must know of repeats that were let in: they are counted, nothing counts as deleted."""
        if not self.repeated:
            return {}
        line = f"{self._told()}; this may stand where others should, so nothing counts as deleted"
        return {"repeated_items": len(self.repeated), "keep_absent": [""], "notices": [line]}

    def _told(self) -> str:
        many = len(self.repeated)
        return f"{many} item{'s' if many > 1 else ''} came on two pages, e.g. {min(self.repeated)}"


def _overlap(before: tuple[str, ...], after: tuple[str, ...]) -> int:
    if not after or after[0] not in before:
        return 0
    tail = before[before.index(after[0]) :]
    return len(tail) if after[: len(tail)] == tail else 0
