"""Mounts the receiver of messages and the change feed in Airflow's API server, under ``/traforo``.

Airflow's login does not guard what a plugin mounts: a message is let in by its signature, a reader by a token.
"""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from traforo.webhook import create_app


class TraforoWeb(AirflowPlugin):
    """The routes of ``traforo.webhook``; nothing is opened before the first request."""

    name = "traforo_web"
    # A class attribute is how Airflow wants it.
    fastapi_apps = [{"app": create_app(), "url_prefix": "/traforo", "name": "Traforo"}]  # noqa: RUF012 - see above
