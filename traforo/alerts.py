"""Messages to people: one a run, everything that waits for somebody rolled up in it, with what to do.

A problem is told once a day as long as it lasts, and at once when it comes back. How a message travels (e-mail,
webhook) is a matter of ``dags.notifiers``; what has been told stands in ``ops.alert``.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from traforo.pipeline.database import engine_of
from traforo.problems import Problem, problems
from traforo.settings import Settings

logger = logging.getLogger(__name__)
REPEAT = "24 hours"
"""How long a problem that lasts is not told again."""


@dataclass(frozen=True)
class Failure:
    """A run of a DAG that ended badly."""

    dag_id: str
    dag_run_id: str
    reason: str


@dataclass(frozen=True)
class Message:
    """What one message says.

    Attributes:
        subject: one line.
        problems: all that waits for somebody, what is new first.
        new: keys of those that were not told of within a day.
        failure: the run that the message is about, if any.
    """

    subject: str
    problems: Sequence[Problem]
    new: frozenset[str]
    failure: Failure | None = None

    @property
    def text(self) -> str:
        """The message as plain text."""
        lines = [self.subject, ""]
        for problem in self.problems:
            lines += [f"- {'' if problem.key in self.new else '(known) '}{problem.what}", f"  {problem.todo}"]
        if self.failure:
            lines += ["", f"Run {self.failure.dag_run_id} of {self.failure.dag_id}: {self.failure.reason}"]
        return "\n".join(lines)

    @property
    def html(self) -> str:
        """The message as HTML, nothing of it active."""
        return f"<pre>{html.escape(self.text)}</pre>"

    def as_dict(self) -> dict[str, Any]:
        """The message as JSON-serialisable values; ``text`` is what chat webhooks show."""
        listed = [{**asdict(problem), "is_new": problem.key in self.new} for problem in self.problems]
        return {
            "text": self.text,
            "subject": self.subject,
            "problems": listed,
            "failure": asdict(self.failure) if self.failure else None,
        }


def compose(settings: Settings, failure: Failure | None = None) -> Message | None:
    """The message that is due now; None where people know everything already.

    Args:
        failure: run that has just failed. Where the warehouse knows why (a held batch, a source that is down), the
            message is about that, and not repeated; where it does not, the failure itself is told, every time.
    """
    try:
        with engine_of(settings, "publisher") as engine, engine.begin() as connection:
            found = problems(connection)
            new = _untold(connection, found)
    except (SQLAlchemyError, OSError, RuntimeError) as error:
        if failure is None:
            raise
        logger.warning("what waits cannot be read: %s", type(error).__name__)
        return _message([_unreachable(error)], frozenset({"warehouse"}), failure)
    if failure is not None and not _explained(found, failure):
        found = [_unexplained(failure), *found]
        new = new | {found[0].key}
    return _message(found, new, failure) if new else None


def told(settings: Settings, message: Message) -> None:
    """Note that people know; called when at least one way has taken the message."""
    keys = sorted({problem.key for problem in message.problems} & message.new)
    with engine_of(settings, "publisher") as engine, engine.begin() as connection:
        connection.execute(
            text(
                "insert into ops.alert (problem) select unnest(cast(:keys as text[]))"
                " on conflict (problem) do update set told_at = now()"
            ),
            {"keys": keys},
        )


def _untold(connection: Connection, found: Sequence[Problem]) -> frozenset[str]:
    """Keys that were not told within a day; what is no problem any more is forgotten."""
    keys = [problem.key for problem in found]
    connection.execute(text("delete from ops.alert where problem <> all(:keys)"), {"keys": keys})
    known = connection.execute(
        text("select problem from ops.alert where told_at > now() - cast(:repeat as interval)"), {"repeat": REPEAT}
    ).scalars()
    return frozenset(keys) - frozenset(known)


def _explained(found: Sequence[Problem], failure: Failure) -> bool:
    """Whether a problem of the warehouse is the reason of the failure."""
    source = failure.dag_id.removeprefix("ingest_")
    kinds = {"harmonise": ("release", "publication")}.get(failure.dag_id, ("batch", "failed", "stale"))
    return any(
        kind in kinds and (failure.dag_id == "harmonise" or name == source)
        for kind, _, name in (problem.key.partition(":") for problem in found)
    )


def _unexplained(failure: Failure) -> Problem:
    return Problem(
        f"dag:{failure.dag_id}",
        f"{failure.dag_id} failed: {failure.reason}",
        "its log stands in Airflow; what it did not do is taken up by its next run, at the latest by the clock",
    )


def _unreachable(error: BaseException) -> Problem:
    return Problem(
        "warehouse",
        f"the warehouse cannot be asked ({type(error).__name__})",
        "see 'traforo status'; the embedded server starts with 'traforo db start'; is the disk full?",
    )


def _message(found: Sequence[Problem], new: frozenset[str], failure: Failure | None) -> Message:
    ordered = sorted(found, key=lambda problem: problem.key not in new)
    more = f" (+{len(ordered) - 1})" if len(ordered) > 1 else ""
    first = ordered[0].what
    limit = 120
    return Message(f"Traforo: {first if len(first) <= limit else first[:limit] + '…'}{more}", ordered, new, failure)
