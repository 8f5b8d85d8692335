"""SIGKILL at every failpoint, then the same again: as if nothing had happened."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from fault_chain import BAD, KILLED, Chain, Item, State, thing
from sqlalchemy import text

from traforo.consume import Copy, DatabaseFeed, FolderFeed, follow
from warehouse.failpoints import NAMES

FIRST = [thing(n) for n in range(30)] + [thing(90, size=BAD)]
# One changed, one gone, one new, one bad record mended, one that became bad: its last good row stays.
SECOND = [thing(n) for n in range(2, 29)] + [thing(1, "changed"), thing(40), thing(90), thing(29, size=BAD)]
IN_THE_CHAIN = [name for name in NAMES if not name.startswith(("receive.", "deliver."))]


@pytest.fixture(scope="module")
def unbroken(fault_home: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    """The state after both listings without any fault."""
    chain = Chain(fault_home, tmp_path_factory.mktemp("unbroken"))
    chain.reset()
    chain.run(FIRST)
    chain.run(SECOND)
    found = chain.state()
    assert len(found.live) == 31
    assert sorted(row[0] for row in found.rejects) == ["T029", "T090"]
    assert (found.published_releases, found.release_events, len(found.entity_events)) == (1, 2, 30 + 4)
    return found


def broken_then_rerun(chain: Chain, failpoint: str, items: list[Item], *, files: bool = False) -> None:
    assert chain.in_child(lambda: chain.run(items, files=files), failpoint) == KILLED, failpoint
    assert chain.in_child(lambda: chain.run(items, files=files)) == 0, (chain.work / "child.log").read_text()


@pytest.mark.parametrize("failpoint", IN_THE_CHAIN)
def test_killed_there_and_run_again_is_as_if_nothing_had_happened(
    chain: Chain, unbroken: State, failpoint: str
) -> None:
    files = failpoint.startswith("publish.")
    chain.run(FIRST, files=files)
    broken_then_rerun(chain, failpoint, SECOND, files=files)
    assert chain.state() == unbroken
    published = chain.work / "published"
    with chain.engine("publisher") as engine, closing(Copy(chain.work / "copy.sqlite")) as copy:
        follow(copy, FolderFeed(published / "feed"))
        rows = [(row["news_item_id"], row["news_title"]) for row in copy.rows("news_item")]
        assert rows == unbroken.live
        assert follow(copy, DatabaseFeed(engine)).events == 0
        with engine.connect() as connection:
            live, files_known = connection.execute(
                text(
                    "select r.release_id, (select count(*) from ops.publication p where p.release_id = r.release_id)"
                    " from ops.release r where status = 'published'"
                )
            ).one()
    assert not list((published / "feed").rglob("*.part"))
    if files:
        assert (published / "latest").resolve() == (published / live).resolve()
        assert len((published / "latest" / "news_item.csv").read_text().splitlines()) == len(unbroken.live) + 1
        assert files_known == len([p for p in (published / live).rglob("*") if p.is_file()])


def test_killed_at_several_places_one_after_the_other(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    for failpoint in ("load.before_commit", "merge.before_commit", "merge.after_commit", "switch.attached"):
        code = chain.in_child(lambda: chain.run(SECOND), failpoint)
        assert code == KILLED, failpoint
    assert chain.in_child(lambda: chain.run(SECOND)) == 0
    assert chain.state() == unbroken


def test_an_exception_instead_of_a_kill_rolls_back_as_well(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    for failpoint in ("load.chunk:raise", "merge.rows:raise", "switch.events:raise"):
        assert chain.in_child(lambda: chain.run(SECOND), failpoint) == 1, failpoint
    assert chain.in_child(lambda: chain.run(SECOND)) == 0
    assert chain.state() == unbroken
