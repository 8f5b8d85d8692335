"""Neighbouring records handed over together, so that a loader need not make an object of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from connectors.core.source import RawRecord, UnreadRecord


class Columns(NamedTuple):
    """Records of one layout, turned into columns.

    Attributes:
        names: fields as published, in their order.
        cells: the cells of each field; all of the same length.
        is_plain: every cell is a text, either empty or one that no cleaning and no escaping changes
            (``schemas.sources.column_fields.are_plain``).
        is_filled: no cell is an empty text.
    """

    names: tuple[str, ...]
    cells: Sequence[Sequence[Any]]
    is_plain: bool = False
    is_filled: bool = False


def joined(cells: Sequence[Sequence[Any]]) -> bytes | None:
    """The cells of columns in UTF-8, a line end behind each; None where one is not a text or holds a line end."""
    try:
        body = ("\n".join(map("\n".join, cells)) + "\n").encode()
    except (TypeError, UnicodeEncodeError):
        return None
    return body if count_sign(body, b"\n") == sum(map(len, cells)) else None


def count_sign(body: bytes, sign: bytes) -> int:
    """How often a byte is there; where it is frequent, much quicker than ``bytes.count``."""
    return int(np.count_nonzero(np.frombuffer(body, "u1") == sign[0]))


def no_columns(_places: Sequence[int]) -> Columns | None:
    """For records that are read one by one."""
    return None


class UnreadBlock:
    """Neighbouring records, each of which can be told by its text, as ``UnreadRecord`` says it of one.

    Attributes:
        label: what stands before a record's number in its position: ``row``.
        numbers: the number of each record in its part.
        context: what the texts mean beside themselves.
        texts: each record as it stands in its part.
        record: reads the record at a place of the block, from 0.
        columns: reads the records at some places at once, in exactly the values that ``record`` gives without
            defects; None where one of them needs to be read by itself.
    """

    __slots__ = ("columns", "context", "label", "numbers", "record", "texts")

    def __init__(
        self,
        label: str,
        numbers: Sequence[int],
        context: bytes,
        texts: Sequence[bytes],
        record: Callable[[int], RawRecord],
        columns: Callable[[Sequence[int]], Columns | None] = no_columns,
    ) -> None:
        self.label, self.numbers, self.context, self.texts = label, numbers, context, texts
        self.record, self.columns = record, columns

    def position(self, place: int) -> str:
        """Where a record stands in its part."""
        return f"{self.label} {self.numbers[place]}"


def singly(records: Iterable[RawRecord | UnreadRecord | UnreadBlock]) -> Iterator[RawRecord]:
    """The records that a connector reads, for whoever wants one after the other."""
    for one in records:
        if isinstance(one, UnreadBlock):
            yield from map(one.record, range(len(one.texts)))
        else:
            yield one.record() if isinstance(one, UnreadRecord) else one
