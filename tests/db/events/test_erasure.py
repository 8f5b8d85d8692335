"""A person is erased everywhere, those who follow the feed are told, and what comes again stays out. All synthetic."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from connectors.core.landing import land
from connectors.core.source import Part
from publish.feed import export_feed
from traforo.consume import Copy, DatabaseFeed, follow
from traforo.erasure import erase_person
from traforo.keep_out import keep_out
from traforo.settings import Settings
from warehouse import embedded, feed, inbound, ops, release
from warehouse.cluster import Cluster
from warehouse.person import ERASED, Finder, Person

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]
NAME, MAIL, NUMBER = "Jeanne Canari", "jeanne.canari@exemple.invalid", "CNRJNN80A41L219X"
CALLED = [NAME, MAIL, NUMBER]
FINDER: Finder = Person.called(CALLED).finder()


@pytest.fixture
def settings(bare_home: Path, warehouse: Cluster, tmp_path: Path) -> Settings:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    config = tmp_path / "traforo.yml"
    config.write_text(yaml.safe_dump({"sources": {"synergie": {"options": {"inbox": str(inbox)}}}}))
    return Settings(bare_home, config)


@pytest.fixture
def loader(warehouse: Cluster) -> Iterator[Engine]:
    engine = warehouse.engine("loader")
    yield engine
    engine.dispose()


def raw(engine: Engine, key: str, payload: dict[str, Any]) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into raw.tiers_lieux__lieux (record_key, payload, raw_hash, payload_hash, run_id, first_run_id,"
                " part, position, fetched_at) values (:key, cast(:payload as jsonb), :hash, :hash, 'r', 'r', 'p', '1',"
                " now())"
            ),
            {"key": key, "payload": json.dumps(payload), "hash": key.encode()},
        )


def everything(cluster: Cluster) -> dict[str, str]:
    """All rows of all tables as text, by table."""
    from sqlalchemy import create_engine

    admin = create_engine(cluster.admin_url(cluster.database))
    with admin.connect() as connection:
        names = connection.execute(
            text(
                "select format('%I.%I', schemaname, tablename) from pg_tables"
                " where schemaname not in ('pg_catalog', 'information_schema')"
            )
        ).scalars()
        found = {
            name: "\n".join(connection.execute(text(f"select t::text from {name} t")).scalars()) for name in list(names)
        }
    admin.dispose()
    return found


def places(cluster: Cluster) -> set[str]:
    return {name for name, content in everything(cluster).items() if FINDER.in_text(content)}


def holding(root: Path) -> set[str]:
    """Files below ``root`` that hold the person, also inside archives."""
    found = set()
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            bodies = [path.read_bytes()]
            if path.suffix == ".gz":
                bodies = [gzip.decompress(bodies[0])]
            elif path.suffix == ".xlsx":
                with ZipFile(path) as archive:
                    bodies = [archive.read(name) for name in archive.namelist()]
            if any(FINDER.in_bytes(body) for body in bodies):
                found.add(path.relative_to(root).as_posix())
    return found


@pytest.fixture
def spread(
    settings: Settings, warehouse: Cluster, publisher: Engine, loader: Engine, build: Build, site: Row, tmp_path: Path
) -> Settings:
    """The person in every place that can hold one, and a consumer that has copied it."""
    raw(loader, "a:1", {"nom": f"Halle, contact {NAME}", "courriels": [MAIL], "surface": 12.50, "autre": None})
    raw(loader, "a:2", {"nom": "Halle (fictif)"})
    raw(loader, f"a:{MAIL}", {"nom": "keyed by the address"})
    run_id = ops.start_run(loader, "ingest", "tiers_lieux", {"by": "test"})
    landed = land(
        settings.landing, "tiers_lieux", "lieux", run_id,
        [Part("a.json", json.dumps({"contact": "Jeanne Canàri"}).encode(), "application/json", "test://a")], {},
    )  # fmt: skip
    clean = land(
        settings.landing, "tiers_lieux", "lieux", run_id + "x",
        [Part("a.json", b"{}", "application/json", "test://a")], {},
    )  # fmt: skip
    assert clean.folder.exists()
    with loader.begin() as connection:
        ops.record_landed(connection, run_id, landed, "landed")
        connection.execute(
            text(
                "insert into ops.reject (run_id, source, stream, part, position, record_key, errors, payload, raw_hash,"
                " last_seen_run_id) values (:run, 'tiers_lieux', 'lieux', 'a.json', 'item 1', null,"
                " cast(:errors as jsonb), cast(:payload as jsonb), '\\x01', :run)"
            ),
            {"run": run_id, "errors": json.dumps([{"field": "x", "value": MAIL}]), "payload": json.dumps({"x": NAME})},
        )
        inbound.receive(connection, "synergie", "file", f"{NAME}.xlsx", "1", {})
    ops_error = f"source said: unknown user {MAIL}"
    with loader.begin() as connection:
        ops.finish_run(connection, run_id, "failed", ops_error)
    older = build(site=[site("S1", f"Chez {NAME}"), site("S2")])
    release.switch(publisher, older)
    current = build(
        site=[site("S1", f"Chez {NAME.upper()}"), site("S2"), site("S3")],
        organisation_identifier=[
            {"organisation_id": "O1", "identifier_scheme_code": "IT_CF", "identifier": NUMBER},
            {"organisation_id": "O2", "identifier_scheme_code": "IT_PI", "identifier": "00000000000"},
        ],
    )
    release.switch(publisher, current)
    export_feed(publisher, settings.published / "feed")
    for release_id in (older, current):
        (settings.published / release_id).mkdir(parents=True)
        (settings.published / release_id / "site.csv").write_text(f"site_id,site_name\nS1,Chez {NAME}\n")
    (settings.published / "kept").mkdir()
    (settings.published / "kept" / "site.csv").write_text("site_id,site_name\nS2,Halle\n")
    (settings.published / "latest").symlink_to(current)
    for path in ("data_docs/actif/index.html", "dbt/dbt.log", "airflow/logs/components/scheduler.log"):
        (settings.home / path).parent.mkdir(parents=True, exist_ok=True)
        (settings.home / path).write_text(f"before {MAIL} after\n")
    with ZipFile(tmp_path / "inbox" / "list.xlsx", "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<si><t>{NAME}</t></si>")
    with closing(Copy(tmp_path / "copy.sqlite")) as copy:
        follow(copy, DatabaseFeed(publisher))
    return settings


def test_nothing_is_left_anywhere(
    spread: Settings, warehouse: Cluster, publisher: Engine, loader: Engine, tmp_path: Path
) -> None:
    before = places(warehouse)
    assert {"raw.tiers_lieux__lieux", "ops.reject", "ops.run", "ops.outbox", "ops.inbound"} <= before
    looked = erase_person(spread, CALLED, dry_run=True)
    assert places(warehouse) == before
    assert looked.counts()["landing"] == 1
    done = erase_person(spread, CALLED, "REQ-2026-7")

    left = places(warehouse)
    assert left <= {"ops.outbox"}  # the tombstone of an entity whose key was a number of the person
    with publisher.connect() as connection:
        kept = connection.execute(text("select type, aggregateid from ops.outbox where payload::text like :n"),
                                  {"n": f"%{NUMBER}%"}).all()  # fmt: skip
    assert [row.type for row in kept] == ["eu.traforo.organisation_identifier.deleted"]
    assert holding(spread.landing) == set()
    assert len(list(spread.landing.rglob("_manifest.json"))) == 1
    assert {name for name in holding(spread.published) if "canari" in name.lower()} == set()
    assert sorted(path.name for path in spread.published.iterdir()) == ["feed", "kept"]
    for name in ("data_docs", "dbt", "airflow"):
        assert holding(spread.home / name) == set()
    assert (spread.home / "dbt" / "dbt.log").read_text() == f"before {ERASED} after\n"
    assert [Path(path).name for path in done.inbox] == ["list.xlsx"]
    assert looked.tables.keys() == done.tables.keys()

    with loader.connect() as connection:
        rows = connection.execute(text("select record_key, payload from raw.tiers_lieux__lieux order by 1")).all()
    assert [tuple(row) for row in rows] == [
        ("a:1", {"nom": f"Halle, contact {ERASED}", "courriels": [ERASED], "surface": 12.50, "autre": None}),
        ("a:2", {"nom": "Halle (fictif)"}),
    ]


def test_the_record_says_how_much_and_not_who(spread: Settings, warehouse: Cluster) -> None:
    done = erase_person(spread, CALLED, "REQ-2026-7")
    owner = warehouse.engine("owner")
    with owner.connect() as connection:
        [row] = connection.execute(text("select * from ops.erasure")).mappings().all()
        marks = connection.execute(text("select count(*) from ops.erasure_mark")).scalar_one()
    owner.dispose()
    assert row["reference"] == "REQ-2026-7"
    assert row["finished_at"] is not None
    assert row["removed"] == done.counts()
    assert row["removed"]["tables"]["ops.reject"] == 1
    assert not FINDER.in_text(str(dict(row)))
    assert marks == 4  # name in both orders, address, number
    with pytest.raises(ValueError, match="must not name the person"):
        erase_person(spread, CALLED, f"request of {NAME}")


def test_those_who_follow_the_feed_forget_as_well(
    spread: Settings, publisher: Engine, tmp_path: Path, live_rows: Any, same: Any
) -> None:
    before = feed.read_changes(publisher, limit=5000).next
    erase_person(spread, CALLED)
    events = feed.read_changes(publisher, before, limit=5000).events
    kinds = [event["type"].removeprefix("eu.traforo.") for event in events]
    assert sorted(kinds) == ["erasure.done", "organisation_identifier.deleted", "site.upserted"]
    assert events[-1]["type"] == "eu.traforo.erasure.done"
    assert f"organisation_identifier/O1/IT_CF/{ERASED}" in events[-1]["data"]["entities"]
    with closing(Copy(tmp_path / "copy.sqlite")) as copy, closing(Copy(tmp_path / "new.sqlite")) as new:
        follow(copy, DatabaseFeed(publisher))
        follow(new, DatabaseFeed(publisher))
        for table in ("site", "organisation_identifier"):
            assert same(copy.rows(table)) == same(new.rows(table)) == live_rows(table)
    stored = (tmp_path / "copy.sqlite").read_bytes()
    assert b"Halle" in stored
    assert NAME.encode() not in stored
    assert NAME.upper().encode() not in stored


def test_a_second_time_finds_only_what_came_since(spread: Settings, warehouse: Cluster, loader: Engine) -> None:
    erase_person(spread, CALLED)
    again = erase_person(spread, CALLED)
    assert set(again.tables) <= {"ops.outbox"}
    assert (again.landing, again.releases, again.texts) == ([], [], [])
    raw(loader, "a:9", {"nom": NAME})
    assert erase_person(spread, CALLED).tables["raw.tiers_lieux__lieux"] == 1
    assert places(warehouse) == set()


def test_what_a_source_sends_again_is_taken_out_before_it_comes_in(spread: Settings, loader: Engine) -> None:
    def batch() -> None:
        with loader.begin() as connection:
            connection.execute(text("drop table if exists stage.tiers_lieux__lieux cascade"))
            connection.execute(
                text("create table stage.tiers_lieux__lieux (ordinal bigint, record_key text, payload jsonb)")
            )
            connection.execute(
                text("insert into stage.tiers_lieux__lieux values (1, 'b:1', :a), (2, 'b:2', :b), (3, 'b:3', null)"),
                {"a": json.dumps({"nom": "DUPONT (fictif)"}), "b": json.dumps({"nom": f"chez Canari Jeanne, {MAIL}"})},
            )

    run_id = ops.start_run(loader, "ingest", "tiers_lieux", {})
    batch()
    assert keep_out(spread, loader, "tiers_lieux", run_id, ["lieux"]) == 0  # nobody was erased yet
    erase_person(spread, CALLED)
    batch()
    with loader.begin() as connection:
        connection.execute(text("update ops.reject set last_seen_run_id = :run"), {"run": run_id})
        connection.execute(text("update ops.reject set payload = :p"), {"p": json.dumps({"x": [NAME]})})
    assert keep_out(spread, loader, "tiers_lieux", run_id, ["lieux"]) == 2
    with loader.begin() as connection:
        payloads = connection.execute(text("select payload from stage.tiers_lieux__lieux order by ordinal")).scalars()
        assert list(payloads) == [{"nom": "DUPONT (fictif)"}, {"nom": f"chez {ERASED}, {ERASED}"}, None]
        assert connection.execute(text("select payload from ops.reject")).scalar_one() == {"x": [ERASED]}
        connection.execute(text("drop table stage.tiers_lieux__lieux cascade"))


def test_a_row_that_others_refer_to_by_the_person_is_said_and_nothing_of_it_is_half_done(
    spread: Settings, warehouse: Cluster, publisher: Engine
) -> None:
    with publisher.begin() as connection:
        live = release.live_release(connection)
        assert live is not None
        connection.execute(text(f'create table "{live.schema}".person (name text primary key)'))
        connection.execute(text(f'create table "{live.schema}".child (name text references "{live.schema}".person)'))
        connection.execute(text(f'insert into "{live.schema}".person values (:name)'), {"name": NAME})
        connection.execute(text(f'insert into "{live.schema}".child values (:name)'), {"name": NAME})
    with pytest.raises(Exception, match="violates foreign key"):
        erase_person(spread, CALLED)
    with publisher.connect() as connection:
        rows = connection.execute(text(f"select site_name from \"{live.schema}\".site where site_id = 'S1'")).scalar()
    assert rows == f"Chez {NAME.upper()}"
    with publisher.begin() as connection:
        connection.execute(text(f'drop table "{live.schema}".child, "{live.schema}".person'))


def test_no_other_role_may_read_the_marks_or_erase(warehouse: Cluster) -> None:
    for role in ("reader", "gateway", "publisher", "transformer"):
        engine = warehouse.engine(role)
        with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("select * from ops.erasure_mark"))
        engine.dispose()


def test_the_log_of_the_server_is_searched_too(spread: Settings, publisher: Engine) -> None:
    with publisher.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text(f"select '{MAIL}' from nowhere"))
    log = embedded.paths(spread.home).log
    assert FINDER.in_bytes(log.read_bytes())
    erase_person(replace(spread), CALLED)
    assert not FINDER.in_bytes(log.read_bytes())
