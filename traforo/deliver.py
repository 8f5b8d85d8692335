"""Tells subscribers of events by signed webhooks, until they have answered well or there is no hope left.

One event is one POST, a CloudEvent signed after Standard Webhooks with every valid secret of the subscription. The
address is checked like that of any source (``connectors.core.http_transport``): public, over TLS, no redirect.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import Connection, Engine, text

from connectors.core.errors import ConnectorError, Where
from connectors.core.http import USER_AGENT
from connectors.core.http_transport import CheckedAdapter, Exchange
from connectors.core.http_urls import bare_url, root_cause, wait_asked
from traforo.pipeline.database import engine_of
from traforo.settings import Settings
from traforo.signing import sign, signing_secrets
from warehouse import delivery as deliveries
from warehouse.delivery import Delivery
from warehouse.failpoints import failpoint
from warehouse.feed import encode
from warehouse.subscription import fan_out, set_status

SCHEDULE_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Waits between the attempts of one delivery: ten attempts over a little more than three days."""
LONGEST_WAIT_S = 86400
MOST_BYTES = 20_000
"""Larger events are sent without their data, which stands in the feed."""
_TOTAL_S = 20.0
_LOCK = 724005
_GONE = 410
_GOOD = range(200, 300)


@dataclass
class Report:
    """What one round did.

    Attributes:
        queued: events that became deliveries.
        delivered, failed, dead: attempts that went well, that will be repeated, that were the last.
        disabled: subscriptions whose receiver said that it is gone.
    """

    queued: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    disabled: int = 0

    def as_dict(self) -> dict[str, int]:
        """The report as JSON-serialisable values."""
        return asdict(self)


@dataclass(frozen=True)
class _Answer:
    status: int | None
    error: str | None
    retry_after: float | None = None


def secret_name(subscription: str) -> str:
    """Name under which the signing secrets of a subscription are kept."""
    return f"webhook_{subscription}"


def deliver(
    settings: Settings, budget_s: float = 240.0, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Report:
    """One round: queue what is new, try what is due. A second round at the same time does nothing.

    Args:
        budget_s: time after which no further attempt is begun.
        now: clock.
    """
    report, deadline = Report(), time.monotonic() + budget_s
    with engine_of(settings, "publisher") as engine, _alone(engine) as alone:
        if not alone:
            return report
        report.queued = fan_out(engine)
        resting: set[int] = set()  # subscriptions that failed in this round are not knocked at again
        session = _session()
        while time.monotonic() < deadline:
            with engine.connect() as connection:
                due = deliveries.due(connection, now(), resting)
            if not due:
                break
            for delivery in due:
                if _id(delivery) in resting or time.monotonic() > deadline:
                    continue
                if not _try(engine, settings, session, delivery, now(), report):
                    resting.add(_id(delivery))
    return report


def _id(delivery: Delivery) -> int:
    return delivery.subscription.subscription_id


@contextmanager
def _alone(engine: Engine) -> Iterator[bool]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        got = bool(connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one())
        try:
            yield got
        finally:
            if got:
                connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _LOCK})


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = USER_AGENT
    for scheme in ("https://", "http://"):
        session.mount(scheme, CheckedAdapter(pool_maxsize=4, max_retries=0))
    return session


def _try(
    engine: Engine, settings: Settings, session: requests.Session, delivery: Delivery, moment: datetime, report: Report
) -> bool:
    """One attempt and its note; returns whether the receiver may be asked again in this round."""
    if delivery.event is None:
        with engine.begin() as connection:
            deliveries.failed(connection, delivery.delivery_id, None, "the event is past its keep time", moment, None)
        report.dead += 1
        return True
    secrets = signing_secrets(settings.home, secret_name(delivery.subscription.name))
    answer = _post(session, delivery, delivery.event, secrets, moment)
    failpoint("deliver.sent")
    with engine.begin() as connection:
        return _note(connection, delivery, answer, moment, report)


def _note(connection: Connection, delivery: Delivery, answer: _Answer, moment: datetime, report: Report) -> bool:
    if answer.status in _GOOD and answer.error is None:
        deliveries.delivered(connection, delivery.delivery_id, answer.status or 0, moment)
        report.delivered += 1
        return True
    if answer.status == _GONE:
        deliveries.failed(connection, delivery.delivery_id, _GONE, "the receiver is gone", moment, None)
        closed = deliveries.give_up(connection, _id(delivery), "the receiver is gone")
        set_status(connection, _id(delivery), "disabled", "the receiver answered 410 Gone")
        report.dead += 1 + closed
        report.disabled += 1
        return False
    wait = _wait(delivery.attempts, answer.retry_after)
    deliveries.failed(connection, delivery.delivery_id, answer.status, answer.error or "", moment, wait)
    if wait is None:
        report.dead += 1
    else:
        report.failed += 1
    return False


def _wait(attempts: int, retry_after: float | None) -> timedelta | None:
    """Time to the next attempt after ``attempts`` earlier ones and this one; None when it was the last."""
    if attempts >= len(SCHEDULE_S):
        return None
    asked = min(retry_after or 0.0, LONGEST_WAIT_S)
    return timedelta(seconds=max(SCHEDULE_S[attempts] * random.uniform(1.0, 1.2), asked))  # noqa: S311 - jitter


def _post(
    session: requests.Session, delivery: Delivery, event: Mapping[str, Any], secrets: list[str], moment: datetime
) -> _Answer:
    url, loopback = delivery.subscription.url, delivery.subscription.loopback
    if not secrets:
        return _Answer(None, "there is no signing secret; make one with 'traforo events secret'")
    body = encode(event)
    if len(body) > MOST_BYTES:
        body = encode({**{k: v for k, v in event.items() if k != "data"}, "dataref": "changes"})
    headers = sign(secrets, str(event["id"]), int(moment.timestamp()), body)
    headers["Content-Type"] = "application/cloudevents+json"
    where = Where(source=delivery.subscription.name, where=bare_url(url))
    try:
        with Exchange(where, loopback, time.monotonic() + _TOTAL_S) as exchange:
            if not url.startswith("https://") and not (loopback and url.startswith("http://")):
                return _Answer(None, "only https is called")
            with session.post(
                url, data=body, headers=headers, stream=True, allow_redirects=False, timeout=(5, 15)
            ) as answer:
                if exchange.expired:
                    return _Answer(None, f"no answer within {_TOTAL_S:g} s")
                asked = wait_asked(answer.headers.get("retry-after"), moment.timestamp())
                error = None if answer.status_code in _GOOD else f"answered {answer.status_code}"
                return _Answer(answer.status_code, error, asked)
    except ConnectorError as error:
        return _Answer(None, error.message)
    except (requests.RequestException, OSError, ValueError) as error:
        return _Answer(None, f"no answer: {root_cause(error)}")
