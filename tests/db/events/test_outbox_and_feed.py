"""What a release changes is in the outbox, and the feed hands it out without loss, also when commits overtake."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from schemas.canonical.model import load_model
from traforo.consume import Copy, DatabaseFeed, follow
from warehouse import feed, outbox, release
from warehouse.cluster import Cluster
from warehouse.difference import Change, compare, differing_entities

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]
Rows = Callable[[str], list[dict[str, Any]]]
FOLLOWED = ("flow", "site", "organisation_identifier")


def told(page: feed.Page) -> list[tuple[str, str]]:
    return [(event["type"].removeprefix("eu.traforo."), event["subject"]) for event in page.events]


def test_a_release_tells_what_changed_and_nothing_else(publisher: Engine, build: Build, flow: Row, site: Row) -> None:
    first = build(flow=[flow("F1"), flow("F2"), flow("F3")], site=[site("S1")], material=[{"material_code": "M"}])
    release.switch(publisher, first)
    page = feed.read_changes(publisher)
    assert told(page) == [
        ("flow.upserted", "flow/F1"), ("flow.upserted", "flow/F2"), ("flow.upserted", "flow/F3"),
        ("site.upserted", "site/S1"), ("release.published", f"release/{first}"),
    ]  # fmt: skip
    second = build(flow=[flow("F1", stale=True), flow("F2", "9.000"), flow("F4")], site=[site("S1")])
    release.switch(publisher, second)
    news = feed.read_changes(publisher, page.next)
    assert told(news) == [
        ("flow.upserted", "flow/F2"), ("flow.upserted", "flow/F4"), ("flow.deleted", "flow/F3"),
        ("release.published", f"release/{second}"),
    ]  # fmt: skip
    assert news.events[-1]["data"]["changes"] == {"flow": {"added": 1, "changed": 1, "removed": 1}}
    assert news.events[-1]["data"]["replaces"] == first
    assert feed.read_changes(publisher, news.next) == feed.Page([], news.next, full=False)


def test_an_event_is_a_cloudevent_with_exact_numbers(publisher: Engine, build: Build, flow: Row) -> None:
    release.switch(publisher, build(flow=[flow("F/1", "123456789012345.125")]))
    event = feed.read_changes(publisher).events[0]
    model = load_model()
    assert event["specversion"] == "1.0"
    assert event["source"] == "urn:traforo:warehouse"
    assert event["subject"] == "flow/F%2F1"
    assert event["traforokey"] == {"flow_id": "F/1"}
    assert event["dataschema"] == f"urn:traforo:traforo_v1:flow:{model.version}"
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert set(event["data"]) == {"flow_id", "quantity_t_per_year", "months"}
    assert event["data"]["quantity_t_per_year"] == Decimal("123456789012345.125")
    assert b'"quantity_t_per_year":123456789012345.125' in feed.encode(event)
    extensions = set(event) - {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}
    assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in extensions - {"dataschema"})


def test_the_same_tables_again_give_a_release_event_only(publisher: Engine, build: Build, flow: Row) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    before = feed.read_changes(publisher).next
    release.switch(publisher, build(flow=[flow("F1", stale=True)]))
    assert [kind for kind, _ in told(feed.read_changes(publisher, before))] == ["release.published"]


def test_a_new_column_sends_every_row_again(
    warehouse: Cluster, publisher: Engine, build: Build, flow: Row, site: Row
) -> None:
    release.switch(publisher, build(flow=[flow("F1")], site=[site("S1")]))
    before = feed.read_changes(publisher).next
    wider = build(flow=[flow("F1")], site=[site("S1")])
    transformer = warehouse.engine("transformer")
    with transformer.begin() as connection:
        connection.execute(text(f"alter table \"build_{wider}\".flow add column colour text default 'red'"))
    transformer.dispose()
    release.switch(publisher, wider)
    events = feed.read_changes(publisher, before).events
    assert [event["subject"] for event in events] == ["flow/F1", f"release/{wider}"]
    assert events[0]["data"]["colour"] == "red"


def test_a_commit_that_is_overtaken_is_not_lost(warehouse: Cluster, publisher: Engine, build: Build) -> None:
    release.switch(publisher, build())
    start = feed.read_changes(publisher).next
    second = warehouse.engine("publisher")
    with publisher.connect() as slow, second.connect() as quick:
        outbox.write_event(slow, "test", "slow", "eu.traforo.test.slow", {}, None)
        outbox.write_event(quick, "test", "quick", "eu.traforo.test.quick", {}, None)
        quick.commit()
        waiting = feed.read_changes(publisher, start)
        assert waiting.events == []  # the quick one could otherwise move the cursor past the slow one
        slow.commit()
    done = feed.read_changes(publisher, waiting.next)
    assert [event["subject"] for event in done.events] == ["test/slow", "test/quick"]
    second.dispose()


def test_pages_join_without_gap_or_overlap(publisher: Engine, build: Build, flow: Row) -> None:
    release.switch(publisher, build(flow=[flow(f"F{n:03}") for n in range(57)]))
    whole = feed.read_changes(publisher, limit=1000)
    assert len(whole.events) == 58
    assert whole.full is False
    seen, cursor = [], None
    while True:
        page = feed.read_changes(publisher, cursor, limit=10)
        seen += page.events
        cursor = page.next
        assert page.full is (len(page.events) == 10)
        if not page.full:
            break
    assert seen == whole.events
    assert [event["sequence"] for event in seen] == sorted(event["sequence"] for event in seen)


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "é", base64.urlsafe_b64encode(b"1:1:1").decode(), "MTo5OTk5OTk5OTk5OjE6MQ", "A" * 5000]
)
def test_what_is_not_a_cursor_is_refused(publisher: Engine, cursor: str) -> None:
    with pytest.raises(feed.BadCursor):
        feed.read_changes(publisher, cursor)


def test_past_the_keep_time_a_consumer_is_sent_to_the_snapshot(
    warehouse: Cluster, publisher: Engine, build: Build, flow: Row
) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    old = feed.read_changes(publisher, limit=1).next
    release.switch(publisher, build(flow=[flow("F1"), flow("F2")]))
    last = feed.read_changes(publisher).next
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        assert feed.trim(connection, datetime.now(UTC) - timedelta(days=1)) == 0
        assert feed.trim(connection, datetime.now(UTC) + timedelta(seconds=1)) == 4
    owner.dispose()
    for gone in (None, old):
        with pytest.raises(feed.CursorExpired, match="keep time"):
            feed.read_changes(publisher, gone)
    assert feed.read_changes(publisher, last).events == []
    with feed.snapshot(publisher) as taken:
        assert taken.position.cursor == last
        assert [subject for subject, _ in taken.rows("flow")] == ["flow/F1", "flow/F2"]
    release.switch(publisher, build(flow=[flow("F2")]))
    assert told(feed.read_changes(publisher, last))[0] == ("flow.deleted", "flow/F1")


def test_trimming_keeps_what_a_subscriber_waits_for(
    warehouse: Cluster, publisher: Engine, build: Build, flow: Row
) -> None:
    release.switch(publisher, build(flow=[flow("F1"), flow("F2")]))
    events = feed.read_changes(publisher).events
    with publisher.begin() as connection:
        connection.execute(
            text(
                "with s as (insert into ops.subscription (name, url, types) values ('a', 'https://a.example/', '{x}')"
                " returning subscription_id) insert into ops.delivery (subscription_id, event_id)"
                " select subscription_id, cast(:event as uuid) from s"
            ),
            {"event": events[1]["id"]},
        )
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        assert feed.trim(connection, datetime.now(UTC) + timedelta(seconds=1)) == 1
    owner.dispose()
    kept = feed.read_changes(publisher, events[0]["traforocursor"])
    assert [event["id"] for event in kept.events] == [event["id"] for event in events[1:]]


def test_a_history_that_a_restored_database_does_not_know(
    warehouse: Cluster, publisher: Engine, build: Build, flow: Row
) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    kept = feed.read_changes(publisher).next
    release.switch(publisher, build(flow=[flow("F2")]))
    lost = feed.read_changes(publisher).next
    owner = warehouse.engine("owner")
    with owner.begin() as connection:  # as after a restore on another server: the second release never happened there
        known = feed.decode(kept)
        connection.execute(text("delete from ops.outbox where id > :id"), {"id": known.id})
        connection.execute(text("update ops.feed_epoch set cluster_id = 1"))
        connection.execute(text("update ops.outbox set txid = cast(txid::text::bigint + 1000000 as text)::xid8"))
    owner.dispose()
    moved = feed.Position(known.epoch, known.txid + 1000000, known.id).cursor
    assert feed.read_changes(publisher, moved).events == []
    with publisher.begin() as connection:
        outbox.write_event(connection, "test", "new", "eu.traforo.test.new", {}, None)
    after = feed.read_changes(publisher, moved)
    assert [event["subject"] for event in after.events] == ["test/new"]
    assert feed.decode(after.next).epoch == known.epoch + 1
    beyond = feed.Position(known.epoch, feed.decode(lost).txid + 1000000, feed.decode(lost).id).cursor
    with pytest.raises(feed.CursorExpired, match="history that was lost"):
        feed.read_changes(publisher, beyond)


def test_two_releases_are_compared_by_entity(publisher: Engine, build: Build, flow: Row, site: Row) -> None:
    first = build(flow=[flow("F1"), flow("F2")], site=[site("S1")])
    second = build(flow=[flow("F2", "2"), flow("F3")], site=[site("S1")])
    with publisher.connect() as connection:
        sides = (f"build_{second}", f"build_{first}")
        assert compare(connection, *sides) == {"flow": Change(added=1, changed=1, removed=1)}
        assert differing_entities(connection, *sides, "flow") == [("added", "F3"), ("changed", "F2"), ("removed", "F1")]
        with pytest.raises(LookupError, match="not one that is followed"):
            differing_entities(connection, *sides, "material")


def test_a_copy_stays_in_step_through_random_releases_and_rollbacks(
    publisher: Engine, build: Build, flow: Row, site: Row, live_rows: Rows, same: Any, tmp_path: Path
) -> None:
    rng, published = random.Random(7), list[str]()
    with closing(Copy(tmp_path / "early.sqlite")) as early, closing(Copy(tmp_path / "late.sqlite")) as late:
        follow(early, DatabaseFeed(publisher))
        assert early.cursor is None
        for step in range(14):
            if step % 4 == 3:
                release.switch(publisher, rng.choice(published[-4:-1]))
            else:
                flows = [flow(f"F{n}", str(rng.randrange(3))) for n in rng.sample(range(12), rng.randrange(12))]
                sites = [site(f"S{n}", f"Halle {rng.randrange(3)}") for n in rng.sample(range(6), rng.randrange(6))]
                codes = [
                    {"organisation_id": "O/1", "identifier_scheme_code": "SIRET", "identifier": f"{n}%"}
                    for n in rng.sample(range(5), 3)
                ]
                published.append(build(flow=flows, site=sites, organisation_identifier=codes))
                release.switch(publisher, published[-1])
            if rng.random() < 0.6:
                follow(early, DatabaseFeed(publisher, limit=rng.choice([1, 3, 1000])), pages=rng.choice([2, None]))
        follow(early, DatabaseFeed(publisher, limit=5))
        follow(late, DatabaseFeed(publisher))
        again = follow(early, DatabaseFeed(publisher))
        assert (again.events, again.snapshots) == (0, 0)
        with publisher.connect() as connection:
            live = release.live_release(connection)
        assert live is not None
        assert early.release_id == late.release_id == live.release_id
        for table in FOLLOWED:
            assert same(early.rows(table)) == same(late.rows(table)) == live_rows(table)


def test_an_event_that_comes_twice_and_a_cut_snapshot_change_nothing(
    publisher: Engine, build: Build, flow: Row, tmp_path: Path
) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    with closing(Copy(tmp_path / "copy.sqlite")) as copy:
        source = DatabaseFeed(publisher)
        follow(copy, source)
        release.switch(publisher, build(flow=[flow("F1", "2"), flow("F2")]))
        page = source.changes(copy.cursor)
        assert copy.apply(page) == 3
        assert copy.apply(page) == 0
        before = copy.rows("flow")
        lines = list(source.snapshot())
        with pytest.raises(ValueError, match="cut"):
            copy.load_snapshot(lines[:-1])
        with pytest.raises(ValueError, match="were announced"):
            copy.load_snapshot([*lines[:1], *lines[2:]])
        assert copy.rows("flow") == before
        assert json.loads(lines[-1]) == {"rows": 2}
