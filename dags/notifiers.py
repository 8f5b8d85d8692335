"""Alerts, off by default: what waits for a person is told by e-mail and webhook when a run fails, and once an hour.

| variable | means |
|---|---|
| ``TRAFORO_ALERT_EMAIL`` | receivers, separated by commas; sent over the connection ``traforo_alert_smtp`` |
| ``AIRFLOW_CONN_TRAFORO_ALERT_SMTP`` | ``smtp://user:…@host:587/?from_email=…`` |
| ``AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK`` | ``https://:token@host/path``: one POST of JSON, the token as bearer |

The connections may as well stand in Airflow's database or in a secrets backend; the webhook is then switched on by
``TRAFORO_ALERT_WEBHOOK=1``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from airflow.sdk import Context

    from traforo.alerts import Message

WEBHOOK_CONNECTION = "traforo_alert_webhook"
SMTP_CONNECTION = "traforo_alert_smtp"
_TIMEOUT_S = (5, 15)


class WebhookNotifier(BaseNotifier):
    """Posts a message as JSON; its ``text`` is what Mattermost, Slack and the like show.

    Args:
        message: what to say.
        connection_id: Airflow connection with the address; its password goes along as bearer token.
    """

    def __init__(self, message: Message, connection_id: str = WEBHOOK_CONNECTION) -> None:
        super().__init__()
        self.message, self.connection_id = message, connection_id

    def notify(self, context: Context) -> None:
        """Send it, without following redirects and without proxies from the environment.

        Raises:
            RuntimeError: the address is not https (http only on this machine), or the answer is not 2xx.
        """
        import requests
        from airflow.sdk import Connection

        found = Connection.get(self.connection_id)
        url, token = _address(found), found.password
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = session.post(
                url, json=self.message.as_dict(), headers=headers, timeout=_TIMEOUT_S, allow_redirects=False
            )
        if not answer.ok or answer.is_redirect:
            raise RuntimeError(f"{self.connection_id} answered {answer.status_code}")


def _address(connection: Any) -> str:
    """URL of a connection given as ``https://:token@host:port/path``, without the token."""
    scheme = connection.conn_type
    if scheme != "https" and not (scheme == "http" and connection.host in ("127.0.0.1", "localhost")):
        raise RuntimeError(f"{connection.conn_id} must be https")
    port = f":{connection.port}" if connection.port else ""
    return f"{scheme}://{connection.host}{port}/{connection.schema or ''}"


def ways(message: Message) -> list[BaseNotifier]:
    """One notifier for each way that is switched on."""
    found: list[BaseNotifier] = []
    receivers = [name.strip() for name in os.environ.get("TRAFORO_ALERT_EMAIL", "").split(",") if name.strip()]
    if receivers:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        found.append(
            SmtpNotifier(to=receivers, subject=message.subject, html_content=message.html, smtp_conn_id=SMTP_CONNECTION)
        )
    if _has_webhook():
        found.append(WebhookNotifier(message))
    return found


def _has_webhook() -> bool:
    return any(os.environ.get(name) for name in (f"AIRFLOW_CONN_{WEBHOOK_CONNECTION.upper()}", "TRAFORO_ALERT_WEBHOOK"))


def is_on() -> bool:
    """Whether anybody is to be told."""
    return bool(os.environ.get("TRAFORO_ALERT_EMAIL")) or _has_webhook()


def send(message: Message, context: Context) -> int:
    """Send a message by every way; returns how many took it.

    Raises:
        RuntimeError: none did.
    """
    from traforo import alerts
    from traforo.settings import load_settings

    took, errors = 0, []
    for way in ways(message):
        try:
            # Not by calling the notifier: that would render the texts as Jinja, and they quote what sources say.
            way.notify(context)
            took += 1
        except Exception as error:  # one way that fails must not keep the other from being tried
            errors.append(f"{type(way).__name__}: {type(error).__name__}")
            way.log.exception("the alert could not be sent")
    if not took:
        raise RuntimeError(f"nobody could be told: {', '.join(errors)}")
    alerts.told(load_settings(), message)
    return took


class RunNotifier(BaseNotifier):
    """One message for a run that failed: why, everything else that waits for a person, and what to do."""

    def notify(self, context: Context) -> None:
        """Compose and send it; nothing is sent where people know already."""
        from traforo import alerts
        from traforo.settings import load_settings

        run, task = context["dag_run"], getattr(context.get("ti"), "task_id", None)
        reason = " of ".join(filter(None, (context.get("reason"), task))) or "see the log"
        failure = alerts.Failure(run.dag_id, run.run_id, reason)
        message = alerts.compose(load_settings(), failure)
        if message is not None:
            send(message, context)


def when_failed() -> list[Callable[[Context], None]]:
    """``on_failure_callback`` of every DAG: nothing where alerts are off."""
    return [RunNotifier()] if is_on() else []
