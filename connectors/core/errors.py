"""Errors, grouped by what the caller must do about them.

``Retriable``: try again later. ``Fatal``: a person must look at the source. ``BadConfig``: a person must
look at our configuration. A defect of one record is never an exception: it is a ``Defect`` in a reject.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TypedDict


class ConnectorError(Exception):
    """Base of the errors a connector raises; ``source`` and ``where`` say what was being read.

    Args:
        message: what is wrong and what its owner can do, in one sentence.
        source: id of the source, e.g. ``actif``.
        where: file, URL (without credentials) or page that was being read.
        rule: short stable name of the rule that was broken, e.g. ``total_mismatch``.
    """

    def __init__(self, message: str, *, source: str = "", where: str = "", rule: str = "") -> None:
        super().__init__(message)
        self.message, self.source, self.where, self.rule = message, source, where, rule

    def __str__(self) -> str:
        place = " · ".join(part for part in (self.source, self.where) if part)
        rule = f" [{self.rule}]" if self.rule else ""
        return f"{place}: {self.message}{rule}" if place else f"{self.message}{rule}"


class Where(TypedDict):
    """Arguments that every error raised at one place shares."""

    source: str
    where: str


class Retriable(ConnectorError):
    """The source did not answer properly this time; the same request may succeed later."""

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        where: str = "",
        rule: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, source=source, where=where, rule=rule)
        self.retry_after = retry_after


class Fatal(ConnectorError):
    """What the source sent cannot be used as a whole; trying again gives the same."""


class BadConfig(ConnectorError):
    """Our own configuration is wrong or incomplete."""


class NotConfigured(BadConfig):
    """This deployment does not use the stream; the others of the source go on."""


@dataclass(frozen=True)
class Defect:
    """One thing wrong with one record, in words the source's owner can act on.

    Attributes:
        field: column or path as the source calls it.
        value: the offending value as text, shortened to 200 characters.
        rule: short stable name of the rule, e.g. ``decimal_parsing`` or ``missing``.
        message: what was expected, in English.
    """

    field: str
    value: str | None
    rule: str
    message: str

    def as_dict(self) -> dict[str, str | None]:
        """The defect as a plain dict, for ``ops.reject.errors``."""
        return asdict(self)
