"""Cases 24 to 29: what a source says changes its shape, its size or its mind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.core.errors import BadConfig, Retriable
from traforo import pipeline


def things(count: int, **fields: str) -> list[dict[str, Any]]:
    return [{"id": f"{n:03}", "name": f"thing {n} (synthetic)", "weight": str(n), **fields} for n in range(count)]


def renamed(items: list[dict[str, Any]], old: str, new: str) -> list[dict[str, Any]]:
    return [{(new if name == old else name): value for name, value in item.items()} for item in items]


def figures(result: pipeline.StepResult) -> tuple[int, ...]:
    counts = result.streams["things"]
    return tuple(counts[name] for name in ("valid", "rejected", "inserted", "updated", "deleted"))


def test_case_24_a_renamed_column_holds_the_batch_and_says_the_nearest_name(trial: Any) -> None:
    trial.items(things(40))
    trial.sync()
    trial.items(renamed(things(40), "weight", "weight_t"))
    result = trial.sync(gate=True)
    assert result.outcome == "held"
    said = "; ".join(result.failures)
    assert "unknown column 'weight_t'; nearest known: 'weight' in 40 of 40 records: its records are rejected" in said
    assert "column 'weight' came with the last good load and is gone; renamed to 'weight_t'?" in said
    assert len(trial.keys()) == 40
    assert trial.rows("select count(*) from raw.trial__things where run_id <> first_run_id") == [(0,)]
    assert len(trial.rejects()) == 40
    assert trial.rejects()[0][1:] == (
        "weight_t",
        "extra_forbidden",
        "unknown column 'weight_t'; nearest known: 'weight'",
    )


def test_case_24_a_new_column_is_left_out_with_one_notice_where_the_stream_says_so(trial: Any) -> None:
    trial.stream = {"drift": {"unknown_column": "warn"}}
    trial.items(things(40, colour="red"))
    result = trial.sync()
    assert figures(result) == (40, 0, 40, 0, 0)
    assert result.streams["things"]["notices"] == ["unknown column 'colour' in 40 of 40 records: left out"]
    assert trial.rows("select count(*) from raw.trial__things where payload ? 'colour'") == [(0,)]
    [part] = trial.settings.landing.glob(f"trial/things/*/*{result.run_id}/page-1.json")
    assert part.read_text().count('"colour": "red"') == 40
    trial.items([*things(40, colour="red"), {"id": "new", "colour": "blue"}])
    assert figures(trial.sync()) == (41, 0, 1, 0, 0)


def test_case_24_an_odd_column_of_one_record_is_still_a_reject(trial: Any) -> None:
    trial.stream = {"drift": {"unknown_column": "warn"}}
    trial.items([*things(40), {"id": "odd", "wieght": "1"}])
    result = trial.sync()
    assert figures(result) == (40, 1, 40, 0, 0)
    assert [reject[1] for reject in trial.rejects()] == ["wieght"]
    assert not trial.rows("select 1 from raw.trial__things where record_key = 'odd'")
    trial.items([*things(40), {"id": "odd", "weight": "1"}])
    assert figures(trial.sync()) == (41, 0, 1, 0, 0)
    assert trial.rows("select status from ops.reject") == [("replayed",)]


def test_case_24_a_removed_column_holds_the_batch_and_a_person_may_let_it_in(trial: Any) -> None:
    trial.items(things(40))
    trial.sync()
    trial.items([{"id": item["id"], "name": item["name"]} for item in things(40)])
    result = trial.sync(gate=True)
    assert result.outcome == "held"
    assert "column 'weight' came with the last good load and is gone" in "; ".join(result.failures)
    assert trial.rows("select count(*) from raw.trial__things where payload ->> 'weight' is null") == [(0,)]
    assert pipeline.approve(trial.settings, result.run_id).outcome == "loaded"
    assert trial.rows("select count(*) from raw.trial__things where payload ->> 'weight' is null") == [(40,)]


def test_case_24_a_column_that_is_empty_is_not_gone(trial: Any) -> None:
    trial.items(things(40))
    trial.sync()
    trial.items(things(40, weight=""))
    assert trial.sync(gate=True).outcome == "loaded"


def test_case_24_a_retyped_column_is_rejected_record_by_record(trial: Any) -> None:
    trial.items(things(40))
    trial.sync()
    trial.items(things(40, weight="about a tonne"))
    result = trial.sync(gate=True)
    assert result.outcome == "held"
    assert "reject_ratio" in result.failures[0]
    assert {reject[1:3] for reject in trial.rejects()} == {("weight", "decimal_text")}
    assert trial.rows("select payload ->> 'weight' from raw.trial__things where record_key = '007'") == [("7",)]


@pytest.mark.parametrize(("policy", "expected"), [("reject", 1), ("quarantine", 1), ("warn", 0)])
def test_case_24_a_new_code(trial: Any, policy: str, expected: int) -> None:
    trial.stream = {"drift": {"new_code": policy}}
    trial.items([{"id": "a", "kind": "solid"}, {"id": "b", "kind": "plasma"}])
    result = trial.sync()
    assert result.streams["things"]["notices"][0].startswith("unknown value 'plasma' of 'kind' in 1 records")
    assert [(field, rule) for _, field, rule, _ in trial.rejects()] == [("kind", "literal_error")] * expected
    assert trial.keys() == (["a"] if policy == "reject" else ["a", "b"])
    if policy == "quarantine":
        query = "select payload ->> 'kind' from raw.trial__things where record_key = 'b'"
        assert trial.rows(query) == [(None,)]
        trial.items([{"id": "a", "kind": "liquid"}, {"id": "b", "kind": "plasma"}])
        trial.sync()
        assert len(trial.rejects()) == 1, "the value still waits although its record is known"
        trial.items([{"id": "a", "kind": "liquid"}, {"id": "b", "kind": "liquid"}])
        trial.sync()
        assert trial.rows("select status, kind from ops.reject") == [("replayed", "value")]
        assert trial.rows(query) == [("liquid",)]


@pytest.mark.parametrize("left", [0, 16])
def test_case_25_a_large_drop_is_held_until_a_person_approves(trial: Any, left: int) -> None:
    trial.items(things(40))
    trial.sync()
    trial.items(things(left))
    result = trial.sync(gate=True)
    assert result.outcome == "held"
    assert "a large drop waits for a person" in "; ".join(result.failures)
    assert len(trial.keys()) == 40
    assert pipeline.approve(trial.settings, result.run_id).outcome == "loaded"
    assert len(trial.keys()) == left
    assert trial.rows("select count(*) from raw.trial__things where deleted_at is not null") == [(40 - left,)]
    with pytest.raises(BadConfig, match="not held"):
        pipeline.approve(trial.settings, result.run_id)


@pytest.mark.parametrize(("after", "outcome"), [(41, "loaded"), (40, "unchanged")])
def test_case_25_a_held_batch_that_has_been_overtaken_cannot_be_approved(trial: Any, after: int, outcome: str) -> None:
    """Also not where the source has come back to what it listed before."""
    trial.items(things(40))
    trial.sync()
    trial.items(things(5))
    held = trial.sync(gate=True)
    trial.items(things(after))
    assert trial.sync(gate=True).outcome == outcome
    with pytest.raises(BadConfig, match="newer and good"):
        pipeline.approve(trial.settings, held.run_id)
    assert len(trial.keys()) == after


def test_case_25_of_two_held_batches_the_later_one_counts(trial: Any) -> None:
    trial.items(things(40))
    trial.sync()
    held = []
    for left in (5, 6):
        trial.items(things(left))
        held.append(trial.sync(gate=True).run_id)
    assert pipeline.approve(trial.settings, held[1]).outcome == "loaded"
    with pytest.raises(BadConfig, match="newer and good"):
        pipeline.approve(trial.settings, held[0])
    assert len(trial.keys()) == 6


def test_of_two_runs_at_once_each_loads_its_own_batch_or_none(trial: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.items(things(10))
    trial.sync()
    runs = []
    for count in (9, 12):
        trial.items(things(count))
        runs.append(pipeline.new_run(trial.settings, "trial"))
        pipeline.fetch(trial.settings, runs[-1])
        pipeline.load(trial.settings, runs[-1])
    with pytest.raises(Retriable, match="overtaken"):
        pipeline.commit(trial.settings, runs[0])
    assert len(trial.keys()) == 10
    assert pipeline.commit(trial.settings, runs[1]).outcome == "loaded"
    assert len(trial.keys()) == 12


def test_case_26_deleted_and_back_is_one_record_with_a_history(trial: Any) -> None:
    history = "select version, deleted_at is null from raw.trial__things where record_key = '009'"
    for count, expected in ((10, (1, True)), (9, (2, False)), (10, (3, True))):
        trial.items(things(count))
        trial.sync()
        assert trial.rows(history) == [expected]
    trial.items(things(10))
    assert trial.sync().outcome == "unchanged"
    assert trial.rows(history) == [(3, True)]


def test_case_27_a_cursor_in_the_future_is_clamped_when_it_is_stored(trial: Any) -> None:
    trial.options = {"route": "pages", "cursor": {"since": "2999-12-31", "at": "2999-12-31T00:00:00Z", "page": "7"}}
    trial.items(things(3, day="2999-12-31"))
    assert trial.sync().outcome == "loaded"
    [(fine, page)] = trial.rows(
        "select (cursor ->> 'since')::date <= current_date and (cursor ->> 'at')::timestamptz <= now(),"
        " cursor ->> 'page' from ops.source_state"
    )
    assert (fine, page) == (True, "7")
    assert trial.rows("select distinct payload ->> 'day' from raw.trial__things") == [("2999-12-31",)]


@pytest.mark.parametrize("day", ["29/03/2026", "2026-10-25", "2028-02-29", "1900-01-01", "9999-12-31"])
def test_case_27_days_on_the_edge_are_days(trial: Any, day: str) -> None:
    trial.items([{"id": "a", "day": day}])
    assert figures(trial.sync()) == (1, 0, 1, 0, 0)


def test_case_27_any_order_of_arrival_gives_the_same_rows(trial: Any) -> None:
    query = "select record_key, payload, payload_hash, raw_hash from raw.trial__things order by 1"
    items = things(30)
    seen = []
    for order in (items, items[::-1], items[15:] + items[:15]):
        trial.items(order)
        trial.sync()
        seen.append(json.dumps(trial.rows(query), default=bytes.hex))
    assert len(set(seen)) == 1
    assert trial.rows("select max(version) from raw.trial__things") == [(1,)]


def test_case_29_a_gate_that_cannot_judge_does_not_let_in(trial: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check raises, or has nothing to check: the batch is not loaded, the last good rows stay."""
    trial.items(things(40))
    trial.sync()
    trial.items(things(41))

    def broken(*_args: Any) -> Any:
        raise RuntimeError("synthetic failure of a check")

    monkeypatch.setattr("quality.suites.batch_suites", broken)
    result = trial.sync(gate=True)
    assert result.outcome == "failed"
    assert "synthetic failure" in result.failures[0]
    monkeypatch.setattr("quality.suites.batch_suites", lambda *_: [])
    assert trial.sync(gate=True).outcome in ("held", "failed")
    assert len(trial.keys()) == 40


def test_case_28_two_streams_that_disagree_keep_their_own_rows_whatever_the_order(
    trial: Any, monkeypatch: pytest.MonkeyPatch, engines: Any
) -> None:
    """Nothing is merged on the way into ``raw``: each source's words stay with their origin, run after run."""
    from sqlalchemy import text

    with engines["owner"].begin() as connection:
        connection.execute(text("select ops.create_stream('trial', 'others')"))
    query = "select 'things', record_key, payload, version from raw.trial__things union all"
    query += " select 'others', record_key, payload, version from raw.trial__others order by 1, 2"
    says = {"things": [{"id": "same", "weight": "1"}], "others": [{"id": "same", "weight": "9"}]}
    for order in (("things", "others"), ("others", "things"), ("things", "others")):
        for name in order:
            trial.stream = {"name": name}
            trial.items(says[name])
            trial.sync()
    rows = [(table, key, payload["weight"], version) for table, key, payload, version in trial.rows(query)]
    assert rows == [("others", "same", "9", 1), ("things", "same", "1", 1)]
