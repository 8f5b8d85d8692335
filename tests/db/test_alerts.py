"""What is told, when, and when it is told again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from traforo import alerts
from traforo.alerts import Failure
from traforo.pipeline.database import declared_streams
from traforo.settings import Settings
from warehouse import operations, release
from warehouse.cluster import Cluster

pytestmark = pytest.mark.db
RUN = (
    "insert into ops.run (run_id, source, kind, outcome, started_at, finished_at, error) values"
    " ('{id}', '{source}', 'ingest', '{outcome}', now() - interval '{ago}', now() - interval '{ago}', '{error}')"
)
STATE = (
    "insert into ops.source_state (source, stream, last_good_at, error) values"
    " ('{source}', '{stream}', now() - interval '{ago}', {error}) on conflict (source, stream) do update"
    " set error = excluded.error, last_good_at = excluded.last_good_at"
)


@pytest.fixture
def owner(warehouse: Cluster) -> Iterator[Engine]:
    engine = warehouse.engine("owner")
    with engine.begin() as connection:
        operations.declare(connection, declared_streams())
    yield engine
    engine.dispose()


@pytest.fixture
def settings(warehouse: Cluster) -> Settings:
    return Settings(warehouse.home)


def do(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def down(source: str, stream: str, ago: str = "1 hour", error: str = "'answered 503'") -> str:
    return STATE.format(source=source, stream=stream, ago=ago, error=error)


def test_nothing_to_tell(owner: Engine, settings: Settings) -> None:
    do(owner, down("actif", "flux", error="null"))
    assert alerts.compose(settings) is None


def test_all_that_waits_is_one_message_that_says_what_to_do(
    owner: Engine, settings: Settings, warehouse: Cluster
) -> None:
    publisher = warehouse.engine("publisher")
    opened = release.open_release(publisher, {})
    release.set_status(publisher, opened.release_id, "held", error="flow lost 61 % of its rows")
    publisher.dispose()
    do(
        owner,
        down("tiers_lieux", "lieux", ago="3000 hours"),
        down("tiers_lieux", "actualites"),
        RUN.format(id="r1", source="actif", outcome="held", ago="2 hours", error="60 % fewer records"),
        "insert into ops.inbound (source, kind, uri, sha256, status) values ('synergie', 'file', 'x', '1', 'failed')",
        "insert into ops.subscription (name, url, types) values ('partner', 'https://x.invalid', '{*}')",
        "insert into ops.delivery (subscription_id, event_id, status) values (1, gen_random_uuid(), 'dead')",
    )
    message = alerts.compose(settings)
    assert message is not None
    keys = ["batch:actif", f"release:{opened.release_id}", "stale:tiers_lieux", "delivery:partner", "inbound:synergie"]
    assert [problem.key for problem in message.problems] == keys
    assert message.new == set(keys)
    assert message.subject.startswith("Traforo: actif: run r1 is held since 2.0 h: 60 % fewer records")
    assert message.subject.endswith("(+4)")
    for told in (
        "traforo approve r1", f"traforo release diff {opened.release_id}", "traforo sync tiers_lieux",
        "tiers_lieux (actualites, lieux) failed: answered 503 Its rows are 3000", "traforo events again partner",
        "traforo events retry ID",
    ):  # fmt: skip
        assert told in message.text


def test_a_problem_is_told_once_a_day_and_at_once_when_it_comes_back(owner: Engine, settings: Settings) -> None:
    do(owner, down("actif", "flux"))
    first = alerts.compose(settings)
    assert first is not None
    assert alerts.compose(settings) == first  # nobody has taken it yet
    alerts.told(settings, first)
    assert alerts.compose(settings) is None
    assert alerts.compose(settings, Failure("ingest_actif", "r", "task_failure")) is None

    do(owner, down("synergie", "depenses"))  # another one: told with what is known
    second = alerts.compose(settings)
    assert second is not None
    assert [problem.key for problem in second.problems] == ["failed:synergie", "failed:actif"]
    assert second.new == {"failed:synergie"}
    assert "(known) actif" in second.text
    alerts.told(settings, second)

    do(owner, "update ops.alert set told_at = now() - interval '25 hours' where problem = 'failed:actif'")
    again = alerts.compose(settings)
    assert again is not None
    assert again.new == {"failed:actif"}
    alerts.told(settings, again)

    do(owner, "update ops.source_state set error = null")
    assert alerts.compose(settings) is None
    do(owner, down("actif", "flux"))
    back = alerts.compose(settings)
    assert back is not None
    assert back.new == {"failed:actif"}


def test_a_failure_that_the_warehouse_does_not_explain_is_told_every_time(owner: Engine, settings: Settings) -> None:
    do(owner, down("synergie", "depenses"))
    failure = Failure("harmonise", "scheduled__1", "task_failure of build")
    message = alerts.compose(settings, failure)
    assert message is not None
    assert message.new == {"dag:harmonise", "failed:synergie"}
    assert "Run scheduled__1 of harmonise: task_failure of build" in message.text
    alerts.told(settings, message)
    repeated = alerts.compose(settings, failure)
    assert repeated is not None
    assert repeated.new == {"dag:harmonise"}


def test_a_failure_that_the_warehouse_explains_is_told_with_its_reason(owner: Engine, settings: Settings) -> None:
    do(owner, RUN.format(id="r1", source="actif", outcome="held", ago="1 hour", error="too few"))
    message = alerts.compose(settings, Failure("ingest_actif", "scheduled__1", "task_failure of commit"))
    assert message is not None
    assert [problem.key for problem in message.problems] == ["batch:actif"]


def test_a_warehouse_that_cannot_be_asked_is_told_too(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = replace(settings, database_url="postgresql://nobody:x@127.0.0.1:1/none?connect_timeout=1")
    message = alerts.compose(nowhere, Failure("ingest_actif", "r", "task_failure of start"))
    assert message is not None
    assert message.new == {"warehouse"}
    assert "traforo db start" in message.text
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        alerts.compose(nowhere)
