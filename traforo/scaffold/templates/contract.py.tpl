"""Contract of a record of $title."""

from __future__ import annotations

from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord


class $record(SourceRecord):
    """One record, with the names the source uses.

    Attributes:
        quantity: in ``unit``.
        contact: may name a natural person.
    """

    id: str
    name: OptionalText = None
    quantity: DecimalText = None
    unit: OptionalText = None
    updated: DateText = None
    contact: OptionalText = None

    def record_key(self) -> str:
        """The source's own id."""
        return self.id
