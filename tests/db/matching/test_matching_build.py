"""The matching step inside whole builds: what belongs together, and what may not change the answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import Connection, Engine, text

from warehouse.cluster import Cluster
from warehouse.matching import decisions, identity, material_decisions
from warehouse.matching.run import Matched, run

pytestmark = pytest.mark.db
Build = Callable[[Sequence[Any]], None]
# Which run brought a record, and when; everything else must be the same.
VOLATILE = "'run_id' - 'fetched_at' - 'is_stale'"
TABLES = (
    "organisation", "organisation_identifier", "site", "flow", "third_place", "third_place_service", "source_record",
)  # fmt: skip
CIDER = {"actif:F1", "actif:F2", "actif:F3", "actif:F8", "elenco_sottoprodotti:4", "synergie:1", "tiers_lieux:other:1"}


@pytest.fixture
def engine(cluster: Cluster) -> Iterator[Engine]:
    found = cluster.engine("transformer")
    yield found
    found.dispose()


@pytest.fixture
def no_decisions(cluster: Cluster, engine: Engine) -> None:
    """What the tests before decided is forgotten."""
    owner = cluster.engine("owner")
    with owner.begin() as connection:
        connection.execute(text("truncate ops.identity_decision, ops.material_decision"))
    owner.dispose()
    with engine.begin() as connection:
        run(connection)


def _answers(connection: Connection) -> list[Any]:
    tables = ("organisation_match", "third_place_match", "match_review")
    return [
        sorted(connection.execute(text(f"select t::text from intermediate.{table} t")).scalars()) for table in tables
    ]


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def tables(engine: Engine) -> dict[str, list[str]]:
    """Every published row of the harmonised tables as text, in an order of its own."""
    return {
        table: sorted(
            row[0] for row in rows(engine, f"select (to_jsonb(t) - {VOLATILE})::text from build_matching.{table} t")
        )
        for table in TABLES
    }


def groups(engine: Engine, entity: str) -> set[frozenset[str]]:
    """Records by the entity they describe, each as ``source:key`` in short."""
    found: dict[str, set[str]] = {}
    for entity_id, source, key in rows(
        engine,
        "select entity_id, source_id, source_record_key from build_matching.source_record"
        f" where entity_table_name = '{entity}'",
    ):
        found.setdefault(entity_id, set()).add(f"{source}:{_short(source, key)}")
    return {frozenset(members) for members in found.values()}


def _short(source: str, key: str) -> str:
    return (
        key.split("|")[2]
        if source == "synergie"
        else key.split(":", maxsplit=1)[0]
        if source.startswith("elenco")
        else key
    )


def without(found: set[frozenset[str]], source: str) -> set[frozenset[str]]:
    kept = (frozenset(r for r in members if not r.startswith(f"{source}:")) for members in found)
    return {members for members in kept if members}


def test_distances_lead_from_offers_to_demands_across_the_border(built: None, engine: Engine) -> None:
    found = rows(
        engine,
        "select territory_code, other_territory_code, distance_method_code, crossing_code,"
        " distance_km between 190 and 320 from build_matching.territory_distance order by 2",
    )
    whey_to_chambery = [
        ("FR_73065", "IT_001272", "PASS", "FREJUS_ROAD", True), ("FR_73065", "IT_004078", "PASS", "MONTGENEVRE", True),
    ]  # fmt: skip
    assert found == whey_to_chambery


def test_texts_are_worked_out_once(built: None, engine: Engine) -> None:
    with engine.begin() as connection:
        again = run(connection)
        assert again == Matched(texts=0, routes=0, mentions=again.mentions, listings=5, review=again.review)
        connection.execute(text("update intermediate.material_text_match set rules_digest = 'older rules'"))
        assert run(connection).texts == 12


def test_a_person_decides_and_the_next_run_follows(built: None, engine: Engine, cluster: Cluster) -> None:
    publisher = cluster.engine("publisher")
    [(scierie,)] = rows(
        engine, "select organisation_id from build_matching.organisation where organisation_name like 'Scierie%'"
    )
    with publisher.begin() as connection:
        kept = decisions.keep(connection, scierie, "actif|F6|operator", "merge", "A. Persona", "one family")
        assert kept == ("organisation", "actif|F4|operator", "actif|F6|operator")
        decisions.keep(connection, "tiers_lieux|demo:2", "tiers_lieux|other:1", "distinct", "A. Persona", "two floors")
    assert _basis(engine, "organisation", "actif", "F6") == _basis(engine, "organisation", "actif", "F5")
    assert _basis(engine, "organisation", "actif", "F4") == _basis(engine, "organisation", "actif", "F5")
    assert _basis(engine, "third_place", "", "demo:2") != _basis(engine, "third_place", "", "other:1")
    with publisher.begin() as connection:
        decisions.keep(connection, "actif|F4|operator", "actif|F6|operator", "distinct", "B. Persona", "no, two")
    assert _basis(engine, "organisation", "actif", "F6") != _basis(engine, "organisation", "actif", "F5")
    publisher.dispose()


def _meant(engine: Engine, publisher: Engine, given: str, material: str) -> list[Any]:
    """What flow F7, which says "marc", means after a person's decision."""
    with publisher.begin() as connection:
        assert material_decisions.keep(connection, given, "fr", material, "A. Persona", "asked the company") == 1
    with engine.begin() as connection:
        assert run(connection).texts == 1
        assert run(connection).texts == 0
    return rows(
        engine,
        "select material_code, match_method_code, match_score::float from intermediate.material_text_match"
        " join intermediate.int_flow_value using (text_hash) where record_key = 'F7'",
    )


def test_a_person_says_what_a_text_means(built: None, engine: Engine, cluster: Cluster) -> None:
    publisher = cluster.engine("publisher")
    with publisher.connect() as connection:
        [waiting] = [row for row in material_decisions.open_texts(connection, "fr") if row["material_text"] == "marc"]
    assert (waiting["flows"], waiting["flow_types"]) == (1, ["WASTE"])
    candidates = {candidate["material_code"]: candidate for candidate in waiting["proposed"]}
    assert {candidate["method"] for candidate in candidates.values()} == {"FUZZY", "EMBEDDING"}
    assert candidates["GRAPE_MARC"]["fr"] == "marc de raisin"
    assert _meant(engine, publisher, " MARC!", "grape_marc") == [("GRAPE_MARC", "MANUAL", 1.0)]
    with publisher.connect() as connection:
        assert "marc" not in {row["material_text"] for row in material_decisions.open_texts(connection)}
    assert _meant(engine, publisher, "marc", "none") == [(None, "MANUAL", None)]
    assert _meant(engine, publisher, "marc", "open") == [(None, "NONE", None)]
    publisher.dispose()


@pytest.mark.parametrize(
    ("given", "language", "material", "why", "message"),
    [
        ("marc", "fr", "NO_SUCH_THING", "x", "no concept 'NO_SUCH_THING'"),
        ("marc", "it", "GRAPE_MARC", "x", "no flow of the last build says 'marc' in 'it'"),
        ("", "fr", "GRAPE_MARC", "x", "no flow of the last build"),
        ("marc", "fr", "GRAPE_MARC", " ", "needs a name"),
    ],
)
def test_what_cannot_be_said_of_a_text(
    built: None, cluster: Cluster, given: str, language: str, material: str, why: str, message: str
) -> None:
    publisher = cluster.engine("publisher")
    with publisher.connect() as connection, pytest.raises((LookupError, ValueError), match=message):
        material_decisions.keep(connection, given, language, material, "A. Persona", why)
    publisher.dispose()


@pytest.mark.usefixtures("no_decisions")
@pytest.mark.parametrize("is_split", [False, True])
def test_records_that_get_other_keys_keep_their_clusters(
    built: None, engine: Engine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, *, is_split: bool
) -> None:
    if is_split:
        publisher = cluster.engine("publisher")
        with publisher.begin() as connection:
            decisions.keep(connection, "actif|F4|operator", "actif|F5|operator", "distinct", "C. Persona", "two firms")
        publisher.dispose()
    resolve = Mock(wraps=identity.resolve)
    monkeypatch.setattr(identity, "resolve", resolve)
    with engine.connect() as connection:
        run(connection)
        before = _answers(connection)
        assert before[2], "pairs are left to a person"
        resolve.reset_mock()
        # Other keys in another order: what a cluster is named after, and which part keeps the number, move.
        connection.execute(
            text("update intermediate.int_organisation_mention set member_key = source_id || '|' || md5(member_key)")
        )
        run(connection)
        kept = _answers(connection)
        resolve.assert_not_called()
        connection.execute(text("delete from intermediate.matching_state"))
        run(connection)
        resolve.assert_called_once()
        assert _answers(connection) == kept != before
        connection.rollback()


def _basis(engine: Engine, entity: str, source: str, key: str) -> str:
    with engine.begin() as connection:
        run(connection)
    if entity == "third_place":
        found = rows(engine, f"select third_place_basis from intermediate.third_place_match where record_key = '{key}'")
    else:
        found = rows(
            engine,
            "select organisation_basis from intermediate.organisation_match"
            " join intermediate.int_organisation_mention_record using (mention_id)"
            f" where source_id = '{source}' and record_key = '{key}'",
        )
    return str(found[0][0])


@pytest.mark.parametrize(
    ("one", "other", "decision", "why", "message"),
    [
        ("actif|F1|operator", "actif|F6|operator", "perhaps", "x", "is no decision"),
        ("actif|F1|operator", "actif|F1|operator", "merge", "x", "the same record"),
        ("actif|F1|operator", "tiers_lieux|demo:2", "merge", "x", "is an organisation"),
        ("actif|F1|operator", "actif|F6|operator", "merge", " ", "needs a name"),
        ("actif|F1|operator", "org_nobody", "merge", "x", "no organisation 'org_nobody'"),
        ("actif|F1|operator", "F6", "merge", "x", "no record 'F6'"),
    ],
)
def test_what_cannot_be_decided(cluster: Cluster, one: str, other: str, decision: str, why: str, message: str) -> None:
    publisher = cluster.engine("publisher")
    with publisher.connect() as connection, pytest.raises((LookupError, ValueError), match=message):
        decisions.keep(connection, one, other, decision, "A. Persona", why)
    publisher.dispose()


@pytest.mark.usefixtures("no_decisions")
def test_same_records_give_same_tables_whatever_happens_around_them(
    built: None, build: Build, records: list[Any], engine: Engine
) -> None:
    organisations, places = groups(engine, "organisation"), groups(engine, "third_place")
    assert frozenset(CIDER) in organisations
    assert frozenset({"actif:F4", "actif:F5"}) in organisations
    assert {"elenco_sottoprodotti:1", "elenco_sottoprodotti:2", "elenco_sottoprodotti:3", "synergie:2"} in organisations
    assert {frozenset({"actif:F6"}), frozenset({"actif:F7"})} <= organisations
    assert frozenset({"tiers_lieux:demo:2", "tiers_lieux:other:1"}) in places
    assert len(places) == 4
    materials = dict(rows(engine, "select source_record_key, material_code from build_matching.flow"))
    assert (materials["F2"], materials["F3"], materials["F7"]) == ("APPLE_POMACE", "BREWERS_GRAINS", None)
    first = tables(engine)

    with engine.begin() as connection:
        before = _answers(connection)
        run(connection)
        assert _answers(connection) == before, "a second run"

    mixed = list(records)
    random.Random(4).shuffle(mixed)
    build(mixed)
    assert tables(engine) == first, "another order of arrival"

    build([record for record in records if not record[0].startswith("actif")])
    assert groups(engine, "organisation") == without(organisations, "actif")
    assert groups(engine, "third_place") == places
    remaining = {row for row in first["flow"] if '"elenco_sottoprodotti"' in row}
    assert set(tables(engine)["flow"]) == remaining, "only what ACTIF said is gone"
