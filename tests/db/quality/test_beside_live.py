"""What a build has lost of the live release is seen in keys, columns and sources, and holds the release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from quality import gate
from quality.live import Beside, beside_live
from quality.suites import release_suites
from schemas.canonical.model import load_model
from warehouse.cluster import Cluster

ROWS = 40


@pytest.fixture
def schemas(warehouse: Cluster) -> Iterator[tuple[Connection, str, str]]:
    """A connection that may do everything, and schemas of a build and of a live release with the same 40 rows."""
    engine = create_engine(warehouse.admin_url(warehouse.database), isolation_level="AUTOCOMMIT")
    build, live = "build_beside", "release_beside"
    with engine.connect() as connection:
        for schema in (build, live):
            connection.execute(text(f"drop schema if exists {schema} cascade"))
            connection.execute(text(f"create schema {schema}"))
            for name in ("news_item", "source_record"):
                table = load_model().tables[name]
                columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
                connection.execute(text(f"create table {schema}.{name} ({columns})"))
            connection.execute(
                text(
                    f"insert into {schema}.news_item (news_item_id, news_title, summary_text)"
                    f" select 'N' || n, 'title', case when n > 10 then 'words' end from generate_series(1, {ROWS}) n"
                )
            )
            connection.execute(
                text(
                    f"insert into {schema}.source_record (entity_table_name, entity_id, source_id, stream_name,"
                    " source_record_key) select 'news_item', 'N' || n, case when n > 10 then 'tiers_lieux' else 'few'"
                    f" end, 'actualites', n::text from generate_series(1, {ROWS}) n"
                )
            )
            connection.execute(text(f"grant usage on schema {schema} to traforo_transformer"))
            connection.execute(text(f"grant select on all tables in schema {schema} to traforo_transformer"))
        yield connection, build, live
        for schema in (build, live):
            connection.execute(text(f"drop schema {schema} cascade"))
    engine.dispose()


def judged(warehouse: Cluster, beside: Beside, folder: Path) -> set[tuple[str, str | None]]:
    """Suite and column of every check that fails; the other tables of the model are not in this trial."""
    suites = [
        suite
        for suite in release_suites("build_beside", dict(beside.rows), beside, {"tiers_lieux.actualites"})
        if suite.name.removeprefix("release.") in {"news_item", "source_record", "keys_gone", "source_drop"}
    ]
    results = gate.evaluate(suites, warehouse.url("transformer", "psycopg2"), folder)
    return {(result.suite, result.column) for result in results if not result.success}


def test_the_same_rows_pass(schemas: tuple[Connection, str, str], warehouse: Cluster, tmp_path: Path) -> None:
    beside = beside_live(*schemas, {"news_item": ROWS, "source_record": ROWS, "flow": 3})
    assert beside.keys_gone == {"news_item": 0.0, "source_record": 0.0}
    assert beside.source_drop == {"tiers_lieux": 0.0}  # ten records are too few to judge a source by
    assert beside.filled["news_item"]["summary_text"] == 0.75
    assert judged(warehouse, beside, tmp_path) == set()


def test_what_is_lost_is_named(schemas: tuple[Connection, str, str], warehouse: Cluster, tmp_path: Path) -> None:
    connection, build, _ = schemas
    # As many rows as before, but ten keys are others, a column is emptier and a source has half its records.
    connection.execute(
        text(f"update {build}.news_item set news_item_id = 'X' || news_item_id where summary_text is null")
    )
    connection.execute(text(f"update {build}.news_item set summary_text = null where news_item_id > 'N25'"))
    connection.execute(text(f"update {build}.source_record set source_id = 'few' where source_record_key > '25'"))
    beside = beside_live(*schemas, {"news_item": ROWS, "source_record": ROWS})
    assert beside.keys_gone["news_item"] == 0.25
    assert judged(warehouse, beside, tmp_path) == {
        ("release.keys_gone", "news_item"), ("release.keys_gone", "source_record"),
        ("release.news_item", "summary_text"), ("release.source_drop", "tiers_lieux"),
    }  # fmt: skip
