"""Releases on the real database: readers never wait and never see a mix."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from warehouse import release
from warehouse.cluster import Cluster
from warehouse.interface import wait_for_planners


@pytest.fixture
def publisher(warehouse: Cluster) -> Iterator[Engine]:
    admin = create_engine(warehouse.admin_url(warehouse.database), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        schemas = connection.execute(
            text("select nspname from pg_namespace where nspname ~ '^(build|release|traforo_v1|bi|store)'")
        ).scalars()
        for schema in list(schemas):
            connection.execute(text(f'drop schema "{schema}" cascade'))
    admin.dispose()
    engine = warehouse.engine("publisher")
    yield engine
    engine.dispose()


def audited(warehouse: Cluster, publisher: Engine, rows: int) -> str:
    """A release built by the transformer: two tables whose row counts belong together."""
    opened = release.open_release(publisher, {"test": True})
    transformer = warehouse.engine("transformer")
    with transformer.begin() as connection:
        for schema, table in (
            (opened.build_schema, "flow"),
            (opened.build_schema, "site"),
            (opened.build_schema + "_bi", "fct_flow"),
        ):
            connection.execute(text(f'create schema if not exists "{schema}"'))
            connection.execute(
                text(
                    f'create table "{schema}".{table} as select n as id, {rows} as size'
                    f" from generate_series(1, {rows}) n"
                )
            )
        connection.execute(
            text(f"comment on table \"{opened.build_schema}\".flow is 'EN flows | FR flux : d''ici | IT flussi 100%'")
        )
        connection.execute(text(f"comment on column \"{opened.build_schema}\".flow.size is 'a:size'"))
    transformer.dispose()
    release.set_status(publisher, opened.release_id, "audited")
    return opened.release_id


def test_readers_see_the_tables_and_their_comments_and_nothing_else(warehouse: Cluster, publisher: Engine) -> None:
    release_id = audited(warehouse, publisher, 3)
    published = release.switch(publisher, release_id)
    assert published.row_counts == {"flow": 3, "site": 3}
    reader = warehouse.engine("reader")
    with reader.connect() as connection:
        assert connection.execute(text("select count(*) from flow")).scalar_one() == 3
        assert connection.execute(text("select count(*) from bi.fct_flow")).scalar_one() == 3
        assert connection.execute(text(f'select count(*) from "release_{release_id}".flow')).scalar_one() == 3
        comments = connection.execute(
            text("select obj_description('traforo_v1.flow'::regclass), col_description('traforo_v1.flow'::regclass, 2)")
        ).one()
    reader.dispose()
    assert tuple(comments) == ("EN flows | FR flux : d'ici | IT flussi 100%", "a:size")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from raw.actif__flux",
        "select * from ops.run",
        "select * from ops.reject",
        "create table traforo_v1.mine (a int)",
        "insert into traforo_v1.flow values (9, 9)",
        "create temporary table mine (a int)",
    ],
)
def test_a_reader_can_do_nothing_else(warehouse: Cluster, publisher: Engine, statement: str) -> None:
    release.switch(publisher, audited(warehouse, publisher, 1))
    reader = warehouse.engine("reader")
    with reader.connect() as connection:
        connection.execute(text("set default_transaction_read_only = off"))  # a reader may, so grants must hold
        connection.commit()
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement))
    reader.dispose()


def test_the_builder_cannot_touch_a_published_release(warehouse: Cluster, publisher: Engine) -> None:
    release_id = audited(warehouse, publisher, 1)
    release.switch(publisher, release_id)
    transformer = warehouse.engine("transformer")
    with transformer.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(f'delete from "release_{release_id}".flow'))
    transformer.dispose()


def test_only_an_audited_release_is_published(warehouse: Cluster, publisher: Engine) -> None:
    live = audited(warehouse, publisher, 1)
    release.switch(publisher, live)
    failed = audited(warehouse, publisher, 5)
    release.set_status(publisher, failed, "failed")
    with pytest.raises(RuntimeError, match="only an audited release"):
        release.switch(publisher, failed)
    with publisher.connect() as connection:
        current = release.live_release(connection)
    assert current is not None
    assert current.release_id == live


def test_switch_neither_waits_for_a_reader_nor_blocks_one(warehouse: Cluster, publisher: Engine) -> None:
    release.switch(publisher, audited(warehouse, publisher, 2))
    reader = warehouse.engine("reader")
    with reader.connect() as slow:
        assert slow.execute(text("select count(*) from flow")).scalar_one() == 2  # its lock stays till the end
        pinned = slow.execute(
            text(
                "select table_schema from information_schema.view_table_usage where view_schema = 'traforo_v1' limit 1"
            )
        ).scalar()
        assert pinned is None  # a reader need not see what lies beneath
        release.switch(publisher, audited(warehouse, publisher, 7))
        with reader.connect() as other:
            assert other.execute(text("select count(*) from flow")).scalar_one() == 7
    reader.dispose()


def test_a_pinned_release_stays_the_same_through_many_switches(warehouse: Cluster, publisher: Engine) -> None:
    first = audited(warehouse, publisher, 1)
    release.switch(publisher, first)
    reader = warehouse.engine("reader")
    with reader.connect() as pinned:
        pinned.execute(text(f'set local search_path = "release_{first}"'))
        for size in range(2, 12):
            release.switch(publisher, audited(warehouse, publisher, size))
            counts = {pinned.execute(text(f"select count(*) from {table}")).scalar_one() for table in ("flow", "site")}
            assert counts == {1}
    reader.dispose()


def test_one_query_never_mixes_releases_while_they_change_a_hundred_times(
    warehouse: Cluster, publisher: Engine
) -> None:
    release.switch(publisher, audited(warehouse, publisher, 1))
    stop = threading.Event()

    def read() -> set[tuple[int, int, int]]:
        seen = set()
        reader = warehouse.engine("reader")
        with reader.connect() as connection:
            while not stop.is_set():
                row = connection.execute(
                    text(
                        "select (select count(*) from flow), (select count(*) from site), (select max(size) from flow)"
                    )
                ).one()
                connection.rollback()
                seen.add((row[0], row[1], row[2]))
        reader.dispose()
        return seen

    with ThreadPoolExecutor(3) as aside:
        readers = [aside.submit(read) for _ in range(3)]
        for size in range(2, 102):
            release.switch(publisher, audited(warehouse, publisher, size))
        stop.set()
        seen = set.union(*(found.result() for found in readers))
    assert len(seen) > 10
    assert [row for row in seen if len(set(row)) > 1] == []


def test_the_switch_waits_for_queries_that_were_planned_before(warehouse: Cluster, publisher: Engine) -> None:
    release.switch(publisher, audited(warehouse, publisher, 1))
    reader = warehouse.engine("reader")
    with reader.connect() as connection, ThreadPoolExecutor(1) as aside:
        connection.execute(text("select count(*) from flow"))
        waiting = aside.submit(wait_for_planners, publisher, 60)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        connection.rollback()
        waiting.result(10)
        connection.execute(text("select count(*) from flow"))
        wait_for_planners(publisher, 0.05)  # a transaction that stays open does not hold a release up
    reader.dispose()


def test_a_repeatable_read_transaction_stays_on_one_release(warehouse: Cluster, publisher: Engine) -> None:
    release.switch(publisher, audited(warehouse, publisher, 4))
    reader = warehouse.engine("reader")
    with reader.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        assert connection.execute(text("select count(*) from flow")).scalar_one() == 4
        for size in (5, 6, 7):
            release.switch(publisher, audited(warehouse, publisher, size))
            assert connection.execute(text("select count(*) from flow")).scalar_one() == 4
            assert connection.execute(text("select count(*) from site")).scalar_one() == 4
            assert connection.execute(text("select count(*) from bi.fct_flow")).scalar_one() == 4
    reader.dispose()


def test_a_table_may_gain_a_column_between_releases(warehouse: Cluster, publisher: Engine) -> None:
    release.switch(publisher, audited(warehouse, publisher, 1))
    second = audited(warehouse, publisher, 2)
    transformer = warehouse.engine("transformer")
    with transformer.begin() as connection:
        connection.execute(text(f"alter table \"build_{second}\".flow add column colour text default 'red'"))
    transformer.dispose()
    release.switch(publisher, second)
    reader = warehouse.engine("reader")
    with reader.connect() as connection:
        assert connection.execute(text("select distinct colour from flow")).scalars().all() == ["red"]
    reader.dispose()


def test_rollback_and_what_is_dropped(warehouse: Cluster, publisher: Engine) -> None:
    ids = []
    for size in range(1, 9):
        ids.append(audited(warehouse, publisher, size))
        release.switch(publisher, ids[-1])
    release.switch(publisher, ids[-2])
    with publisher.connect() as connection:
        live = release.live_release(connection)
    assert live is not None
    assert live.release_id == ids[-2]
    dropped = release.drop_old(publisher, keep=3)
    assert f"release_{ids[0]}" in dropped
    assert f"release_{ids[-2]}" not in dropped
    reader = warehouse.engine("reader")
    with reader.connect() as connection:
        assert connection.execute(text("select count(*) from flow")).scalar_one() == 7
    reader.dispose()
    with publisher.connect() as connection:
        events = connection.execute(text("select count(*) from ops.outbox")).scalar_one()
    assert events == 9


def test_a_crashed_build_is_closed_by_the_next(warehouse: Cluster, publisher: Engine) -> None:
    crashed = release.open_release(publisher, {})
    release.open_release(publisher, {})
    with publisher.connect() as connection:
        assert release.get_release(connection, crashed.release_id).status == "failed"
