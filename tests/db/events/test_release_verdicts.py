"""Releases that wait for a person: held, approved with a reason, compared before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from traforo import pipeline, verdicts
from traforo.settings import Settings
from warehouse import feed, release
from warehouse.cluster import Cluster
from warehouse.difference import Change
from warehouse.verdicts import decisions

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]


@pytest.fixture
def settings(server_home: Path, warehouse: Cluster) -> Settings:
    return Settings(server_home)


def status(engine: Engine, release_id: str) -> tuple[str, str | None]:
    with engine.connect() as connection:
        found = release.get_release(connection, release_id)
        return found.status, found.error


def test_a_release_that_the_gate_held_is_published_by_a_person_with_a_reason(
    publisher: Engine, build: Build, flow: Row, settings: Settings
) -> None:
    pipeline.switch_release(settings, build(flow=[flow("F1"), flow("F2"), flow("F3")]))
    held = build(flow=[flow("F1")])
    release.set_status(publisher, held, "held", error="two thirds of the flows are gone")
    compared = verdicts.diff(settings, None, held)
    assert compared.rows["flow"] == (3, 1)
    assert compared.changes == {"flow": Change(removed=2)}
    assert verdicts.diff_entities(settings, compared.old, held, "flow") == [("removed", "F2"), ("removed", "F3")]
    with pytest.raises(ValueError, match="who decided and why"):
        verdicts.approve(settings, held, "Anna (fittizio)", "  ")
    assert status(publisher, held)[0] == "held"
    assert verdicts.approve(settings, held, "Anna (fittizio)", "the chamber confirmed").status == "published"
    with publisher.connect() as connection:
        [decision] = decisions(connection, "release", held)
    assert (decision.decision, decision.decided_by, decision.reason) == (
        "approve", "Anna (fittizio)", "the chamber confirmed",
    )  # fmt: skip
    kinds = [event["type"] for event in feed.read_changes(publisher, limit=5000).events]
    assert kinds.count("eu.traforo.release.published") == 2
    assert kinds.count("eu.traforo.flow.deleted") == 2


def test_while_publication_is_on_hold_releases_are_built_and_wait(
    publisher: Engine, build: Build, flow: Row, settings: Settings
) -> None:
    first = build(flow=[flow("F1")])
    pipeline.switch_release(settings, first)
    verdicts.hold(settings, None, "Anna (fittizio)", "certification of the claim")
    waiting = build(flow=[flow("F2")])
    result = pipeline.switch_release(settings, waiting)
    assert result.status == "held"
    assert "certification of the claim" in result.failures[0]
    assert status(publisher, first)[0] == "published"
    verdicts.lift(settings, "Anna (fittizio)", "certified")
    later = build(flow=[flow("F3")])
    assert pipeline.switch_release(settings, later).status == "published"
    with pytest.raises(RuntimeError, match="is live and newer"):
        verdicts.approve(settings, waiting, "Anna (fittizio)", "by mistake")
    assert verdicts.approve(settings, waiting, "Anna (fittizio)", "wanted", older=True).status == "published"


def test_a_single_release_is_held_before_it_is_published(
    publisher: Engine, build: Build, flow: Row, settings: Settings
) -> None:
    waiting = build(flow=[flow("F1")])
    verdicts.hold(settings, waiting, "Anna (fittizio)", "look at F1")
    assert status(publisher, waiting) == ("held", "held by Anna (fittizio): look at F1")
    with pytest.raises(RuntimeError, match="only an audited release"):
        pipeline.switch_release(settings, waiting)
    verdicts.approve(settings, waiting, "Anna (fittizio)", "F1 is right")
    with pytest.raises(RuntimeError, match="only one that waits"):
        verdicts.hold(settings, waiting, "Anna (fittizio)", "too late")


def test_what_cannot_be_approved(publisher: Engine, build: Build, flow: Row, settings: Settings) -> None:
    failed = build(flow=[flow("F1")])
    release.set_status(publisher, failed, "failed")
    with pytest.raises(RuntimeError, match="is failed, not held"):
        verdicts.approve(settings, failed, "Anna (fittizio)", "why not")
    emptied = release.open_release(publisher, {}).release_id
    release.set_status(publisher, emptied, "held")
    with pytest.raises(RuntimeError, match="are gone"):
        verdicts.approve(settings, emptied, "Anna (fittizio)", "why not")
    with pytest.raises(LookupError):
        verdicts.approve(settings, "20260101t000000aaaa", "Anna (fittizio)", "why not")
    with publisher.connect() as connection:
        assert connection.execute(text("select count(*) from ops.decision")).scalar_one() == 0
