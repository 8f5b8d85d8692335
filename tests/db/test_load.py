"""Landing → batch table → raw, on the real database, with a source invented for the test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

import warehouse.stager
from connectors.core.errors import Defect, Fatal
from connectors.core.landing import Landed, land
from connectors.core.source import LandedPart, Part, RawRecord, Source, Stream, UnreadRecord
from schemas.sources.base import DateText, DecimalText, SourceRecord
from warehouse import ops
from warehouse.cluster import Cluster
from warehouse.load import Counts, stage
from warehouse.merge import merge


class Thing(SourceRecord):
    """One synthetic record."""

    id: str
    weight: DecimalText = None
    day: DateText = None

    def record_key(self) -> str:
        return self.id


class Connector:
    """Reads a JSON list; an item ``"boom"`` makes the whole part unreadable."""

    def fetch(self, stream: Stream, context: Any) -> Iterator[Part]:
        raise NotImplementedError

    def read(self, source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
        for number, item in enumerate(json.loads(part.path.read_bytes()), 1):
            if item == "boom":
                raise Fatal("cannot be read", source=source.id, where=part.name, rule="test")
            defects = tuple(Defect("cell", None, "formula", "no value") for _ in range(item.pop("_bad", 0)))
            yield RawRecord(f"item {number}", item, defects)


TEXT = {"fr": "essai", "it": "prova", "en": "test"}
STREAM = Stream.model_validate({"name": "things", "title": TEXT, "contract": "schemas.sources.base:SourceRecord"})
SOURCE = Source.model_validate(
    {
        "id": "trial", "title": TEXT, "description": TEXT, "publisher": "nobody (synthetic)", "country": "EU",
        "language": "en", "licence": {"name": "none", "attribution": "none", "redistributable": False},
        "cadence": "0 3 * * *", "stale_after_hours": 48, "streams": [STREAM],
    }
)  # fmt: skip


@pytest.fixture
def engine(warehouse: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        connection.execute(text("select ops.create_stream('trial', 'things')"))
    owner.dispose()
    monkeypatch.setattr("warehouse.load.get_connector", lambda _source: Connector())
    monkeypatch.setattr("warehouse.load.get_contract", lambda _stream: Thing)
    loader = warehouse.engine("loader")
    yield loader
    loader.dispose()


def run(
    engine: Engine, tmp_path: Path, items: list[Any], stream: Stream = STREAM, notes: Mapping[str, Any] | None = None
) -> tuple[str, Counts]:
    run_id, landed = staged(engine, tmp_path, items, stream, notes)
    source = SOURCE.model_copy(update={"streams": (stream,)})
    counts = merge(engine, source, run_id, {"things": landed})["things"]
    existing = rows(engine, "select count(*)::int from raw.trial__things where deleted_at is null")
    assert rows(engine, "select rows from ops.source_state where source = 'trial'") == existing
    return run_id, counts


def staged(
    engine: Engine, tmp_path: Path, items: list[Any], stream: Stream = STREAM, notes: Mapping[str, Any] | None = None
) -> tuple[str, Landed]:
    run_id = ops.start_run(engine, "ingest", "trial", {})
    part = Part("a.json", json.dumps(items).encode(), "application/json", "test://a")
    landed = land(tmp_path, "trial", "things", run_id, [part], notes or {})
    with engine.begin() as connection:
        ops.record_landed(connection, run_id, landed, "landed")
    stage(engine, SOURCE, stream, run_id, landed)
    return run_id, landed


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_first_load_then_only_what_changed(engine: Engine, tmp_path: Path) -> None:
    items = [{"id": str(n), "weight": f"{n},5"} for n in range(100)]
    _, first = run(engine, tmp_path, items)
    assert (first.read, first.inserted, first.unchanged) == (100, 100, 0)
    assert rows(engine, "select payload ->> 'weight' from raw.trial__things where record_key = '7'") == [("7.5",)]
    before = rows(
        engine, "select record_key, run_id, version from raw.trial__things where record_key <> '7' order by 1"
    )
    items[7]["weight"] = "8"
    second_run, second = run(engine, tmp_path, items)
    assert (second.inserted, second.updated, second.unchanged, second.deleted) == (0, 1, 99, 0)
    assert rows(engine, "select run_id, version from raw.trial__things where record_key = '7'") == [(second_run, 2)]
    assert before == rows(
        engine, "select record_key, run_id, version from raw.trial__things where record_key <> '7' order by 1"
    )


def test_known_records_are_not_validated_again(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [{"id": str(n)} for n in range(50)]
    run(engine, tmp_path, items)
    calls: list[str] = []
    original = warehouse.stager.check_record

    def counting(contract: type[Any], record: RawRecord, *more: Any) -> Any:
        calls.append(record.position)
        return original(contract, record, *more)

    monkeypatch.setattr("warehouse.stager.check_record", counting)
    run(engine, tmp_path, [*items, {"id": "new"}])
    assert calls == ["item 51"]


def test_records_known_by_their_text_are_not_even_read(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f'{{"id": "{n}", "weight": "{n},5"}}' for n in range(30)]
    read_lines: list[str] = []

    def read(_self: Connector, _source: Source, _stream: Stream, part: LandedPart) -> Iterator[UnreadRecord]:
        for number, line in enumerate(json.loads(part.path.read_bytes()), 1):

            def parse(number: int = number, line: str = line) -> RawRecord:
                read_lines.append(line)
                return RawRecord(f"item {number}", json.loads(line))

            yield UnreadRecord(f"item {number}", b"", line.encode(), parse)

    monkeypatch.setattr(Connector, "read", read)
    _, first = run(engine, tmp_path, lines)
    assert (first.inserted, len(read_lines)) == (30, 30)
    read_lines.clear()
    changed = '{"id": "7", "weight": "8"}'
    run_id, second = run(engine, tmp_path, [*lines[:7], changed, *lines[9:], lines[3]])
    assert (second.read, second.updated, second.unchanged, second.deleted, second.duplicate) == (30, 1, 28, 1, 1)
    assert read_lines == [changed]
    [(notes,)] = rows(engine, f"select notes from ops.load where run_id = '{run_id}'")
    assert (notes["missing_columns"], notes["columns"]) == ([], {"id": 30, "weight": 30})


def test_a_first_batch_becomes_the_table_and_what_was_granted_still_is(
    engine: Engine, warehouse: Cluster, tmp_path: Path
) -> None:
    shape = (
        "select array_agg(column_name || ' ' || data_type || ' ' || is_nullable || coalesce(column_default, '')"
        " order by column_name), (select relacl::text from pg_class where oid = 'raw.trial__things'::regclass),"
        " (select relowner::regrole::text from pg_class where oid = 'raw.trial__things'::regclass),"
        " (select string_agg(pg_get_constraintdef(oid), ';' order by contype, conname) from pg_constraint"
        "   where conrelid = 'raw.trial__things'::regclass)"
        " from information_schema.columns where table_schema = 'raw' and table_name = 'trial__things'"
    )
    table = "select 'raw.trial__things'::regclass::oid, 'stage.trial__things'::regclass::oid"
    owner = warehouse.engine("owner")
    before = rows(owner, shape)
    run_id, landed = staged(engine, tmp_path, [{"id": "a"}, {"id": "b"}])
    assert rows(engine, "select count(*) from raw.trial__things") == [(0,)]
    [(_, batch)] = rows(owner, table)
    merge(engine, SOURCE, run_id, {"things": landed})
    assert rows(owner, "select 'raw.trial__things'::regclass::oid, to_regclass('stage.trial__things')") == [
        (batch, None)
    ]
    assert rows(owner, shape) == before
    assert rows(engine, "select distinct run_id, first_run_id, version from raw.trial__things") == [(run_id, run_id, 1)]
    _, counts = run(engine, tmp_path, [{"id": "b"}, {"id": "c"}])
    assert (counts.inserted, counts.unchanged, counts.deleted) == (1, 1, 1)
    owner.dispose()


def test_a_first_batch_is_copied_where_views_stand_on_the_table(
    engine: Engine, warehouse: Cluster, tmp_path: Path
) -> None:
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        connection.execute(text("create view ops.trial as select record_key from raw.trial__things"))
    _, counts = run(engine, tmp_path, [{"id": "a"}, {"id": "a"}])
    assert (counts.inserted, counts.duplicate) == (1, 1)
    assert rows(owner, "select * from ops.trial") == [("a",)]
    with owner.begin() as connection:
        connection.execute(text("drop view ops.trial"))
    owner.dispose()


def test_same_meaning_in_another_writing_is_no_change(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, [{"id": "a", "weight": "1,50", "day": "2026-11-21"}])
    _, counts = run(engine, tmp_path, [{"id": "a", "weight": "1,50", "day": "21/11/2026"}])
    assert (counts.updated, counts.unchanged) == (0, 1)


def test_every_error_of_a_record_is_kept_and_the_rest_goes_on(engine: Engine, tmp_path: Path) -> None:
    bad = {"id": "b", "weight": "a lot", "day": "31/02/2026", "colour": "red", "_bad": 1}
    _, counts = run(engine, tmp_path, [{"id": "a"}, bad])
    assert (counts.read, counts.valid, counts.rejected) == (2, 1, 1)
    [(part, position, key, errors, payload)] = rows(
        engine, "select part, position, record_key, errors, payload from ops.reject"
    )
    assert (part, position, key) == ("a.json", "item 2", "b")
    assert {(e["field"], e["value"], e["rule"]) for e in errors} == {
        ("cell", None, "formula"),
        ("weight", "a lot", "decimal_text"),
        ("day", "31/02/2026", "date_text"),
        ("colour", "red", "extra_forbidden"),
    }
    assert payload["weight"] == "a lot"


def test_a_bad_record_that_stays_is_one_reject_and_a_mended_one_is_replayed(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, [{"id": "a"}, {"id": "b", "weight": "x"}])
    run(engine, tmp_path, [{"id": "a"}, {"id": "b", "weight": "x"}])
    assert rows(engine, "select status, count(*) from ops.reject group by 1") == [("open", 1)]
    mended, _ = run(engine, tmp_path, [{"id": "a"}, {"id": "b", "weight": "1"}])
    assert rows(engine, "select status, resolved_run_id from ops.reject") == [("replayed", mended)]


def test_absence_from_a_complete_listing_is_a_tombstone_and_return_a_new_version(
    engine: Engine, tmp_path: Path
) -> None:
    run(engine, tmp_path, [{"id": "a"}, {"id": "b"}])
    _, gone = run(engine, tmp_path, [{"id": "a"}])
    assert gone.deleted == 1
    assert rows(engine, "select deleted_at is not null, version from raw.trial__things where record_key = 'b'") == [
        (True, 2)
    ]
    _, back = run(engine, tmp_path, [{"id": "a"}, {"id": "b"}])
    assert (back.deleted, back.updated) == (0, 1)
    assert rows(engine, "select deleted_at, version from raw.trial__things where record_key = 'b'") == [(None, 3)]


def test_absence_from_a_partial_listing_deletes_nothing(engine: Engine, tmp_path: Path) -> None:
    partial = STREAM.model_copy(update={"complete": False})
    run(engine, tmp_path, [{"id": "a"}, {"id": "b"}], partial)
    _, counts = run(engine, tmp_path, [{"id": "a"}], partial)
    assert counts.deleted == 0


def test_absence_in_a_part_that_is_not_complete_deletes_nothing(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, [{"id": "blog:1"}, {"id": "blog:2"}, {"id": "map:1"}, {"id": "map:2"}])
    _, counts = run(engine, tmp_path, [{"id": "blog:2"}, {"id": "map:2"}], notes={"keep_absent": ["blog:"]})
    assert counts.deleted == 1
    assert rows(engine, "select record_key from raw.trial__things where deleted_at is not null") == [("map:1",)]


def test_a_record_that_went_bad_keeps_its_last_good_version(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, [{"id": "a", "weight": "1"}, {"id": "b"}])
    _, counts = run(engine, tmp_path, [{"id": "a", "weight": "heavy"}, {"id": "b"}])
    assert (counts.rejected, counts.deleted) == (1, 0)
    assert rows(engine, "select payload ->> 'weight', deleted_at from raw.trial__things where record_key = 'a'") == [
        ("1", None)
    ]


def test_a_repeated_record_is_dropped_and_a_conflicting_one_rejected(engine: Engine, tmp_path: Path) -> None:
    items = [{"id": "a", "weight": "1"}, {"id": "a", "weight": "1"}, {"id": "a", "weight": "2"}]
    _, counts = run(engine, tmp_path, items)
    assert (counts.read, counts.valid, counts.duplicate, counts.rejected) == (3, 1, 1, 1)
    [(rule, message)] = rows(engine, "select errors -> 0 ->> 'rule', errors -> 0 ->> 'message' from ops.reject")
    assert rule == "duplicate_key"
    assert "item 1" in message


@pytest.mark.parametrize(("is_first", "weight"), [(True, "2"), (False, "1")])
def test_of_a_known_record_and_another_of_its_key_the_first_counts(
    engine: Engine, tmp_path: Path, is_first: bool, weight: str
) -> None:
    known, other, more = {"id": "a", "weight": "1"}, {"id": "a", "weight": "2"}, {"id": "b"}
    run(engine, tmp_path, [known, more])
    _, counts = run(engine, tmp_path, [other, more, known] if is_first else [known, other, more])
    assert (counts.valid, counts.rejected, counts.deleted) == (2, 1, 0)
    assert rows(engine, "select payload ->> 'weight' from raw.trial__things where record_key = 'a'") == [(weight,)]


def test_a_part_that_cannot_be_read_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(Fatal):
        staged(engine, tmp_path, [{"id": "a"}, {"id": "b", "weight": "x"}, "boom"])
    assert rows(engine, "select count(*) from raw.trial__things") == [(0,)]
    assert rows(engine, "select count(*) from ops.reject") == [(0,)]


@pytest.mark.parametrize(
    "nasty",
    [
        {"id": "nul\x00byte"},
        {"id": "lone \ud800 surrogate"},
        {"id": "tab\tnew\nline\\back\rslash"},
        {"id": "emoji 😀 é ' \" ; \\N"},
        {"id": "ok", "extra": 2**80},
        {"id": "ok", "extra": {"deep": ["\x00", {"x": "\udfff"}]}},
    ],
)
def test_nasty_values_end_in_raw_or_in_rejects(engine: Engine, tmp_path: Path, nasty: Mapping[str, Any]) -> None:
    _, counts = run(engine, tmp_path, [{"id": "good"}, dict(nasty)])
    assert counts.valid + counts.rejected == 2
    kept = rows(engine, "select count(*) from raw.trial__things")[0][0]
    rejected = rows(engine, "select count(*) from ops.reject")[0][0]
    assert kept + rejected == 2
    assert rows(engine, "select 1 from raw.trial__things where record_key = 'good'") == [(1,)]


def test_any_split_of_the_input_gives_the_same_rows(
    engine: Engine, warehouse: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"id": str(n), "weight": str(n)} for n in range(37)]
    query = "select record_key, payload, payload_hash from raw.trial__things order by 1"
    run(engine, tmp_path, items)
    whole = rows(engine, query)
    owner = warehouse.engine("owner")  # the loader may not delete from raw
    for size in (1, 5, 36):
        monkeypatch.setattr("warehouse.load.BATCH", size)
        with owner.begin() as connection:
            connection.execute(text("delete from raw.trial__things"))
        run(engine, tmp_path, items[::-1])
        assert rows(engine, query) == whole
    owner.dispose()
