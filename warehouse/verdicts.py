"""What persons decided about releases, with who and why: ``ops.decision``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

Subject = Literal["release", "publication", "delivery"]
Verdict = Literal["hold", "approve", "lift", "replay"]
PUBLICATION = "all"
"""``subject_id`` of decisions about publication as such."""


@dataclass(frozen=True)
class Decision:
    """One decision."""

    decision: str
    decided_by: str
    reason: str
    decided_at: datetime

    def __str__(self) -> str:
        return f"{self.decision} by {self.decided_by} on {self.decided_at:%Y-%m-%d %H:%M} UTC: {self.reason}"


def decide(
    connection: Connection, subject: Subject, subject_id: str, verdict: Verdict, decided_by: str, reason: str
) -> None:
    """Note a decision; part of the caller's transaction.

    Raises:
        ValueError: nobody is named, or no reason is given.
    """
    if not decided_by.strip() or not reason.strip():
        raise ValueError("a decision names who decided and why")
    connection.execute(
        text(
            "insert into ops.decision (subject, subject_id, decision, decided_by, reason)"
            " values (:subject, :id, :verdict, :by, :reason)"
        ),
        {"subject": subject, "id": subject_id, "verdict": verdict, "by": decided_by.strip(), "reason": reason.strip()},
    )


def decisions(connection: Connection, subject: Subject, subject_id: str) -> list[Decision]:
    """Decisions about one subject, newest first."""
    rows = connection.execute(
        text(
            "select decision, decided_by, reason, decided_at from ops.decision"
            " where subject = :subject and subject_id = :id order by id desc"
        ),
        {"subject": subject, "id": subject_id},
    )
    return [Decision(*row) for row in rows]


def publication_hold(connection: Connection) -> Decision | None:
    """The decision that keeps new releases from being published, None if there is none in force."""
    latest = decisions(connection, "publication", PUBLICATION)[:1]
    return latest[0] if latest and latest[0].decision == "hold" else None
