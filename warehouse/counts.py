"""Figures of a stream in one run, and the name of its tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """Records of one stream in one run.

    ``read`` = ``valid`` + ``rejected`` + ``duplicate``; ``valid`` = ``inserted`` + ``updated`` + ``unchanged``.
    """

    read: int = 0
    valid: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        """Rows of ``raw`` that this run touched."""
        return self.inserted + self.updated + self.deleted


def table_name(source_id: str, stream: str) -> str:
    """Name of the stream's table in ``raw`` and ``stage``."""
    return f"{source_id}__{stream}"
