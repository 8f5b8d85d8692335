"""Prepares the login for several persons (FAB): ``python -m dags.login``, a user as JSON on standard input.

Run by ``traforo stack`` where ``TRAFORO_AIRFLOW_LOGIN=fab``. Makes the administrator, or gives it the password of this
installation again, and the role ``Event sender``, which may announce events of assets and nothing else.
"""

from __future__ import annotations

import json
import sys
from typing import Any

SENDER = "Event sender"
# Reading assets is how the number of an asset is found that the event is posted to; Airflow wants both for it.
SENDER_MAY = (("can_read", "Assets"), ("can_read", "Asset Aliases"), ("can_create", "Assets"))


def prepare(security: Any, name: str, password: str) -> None:
    """Make role and administrator; safe to repeat.

    Args:
        security: FAB's security manager.

    Raises:
        RuntimeError: FAB refused the user.
    """
    role = security.find_role(SENDER) or security.add_role(SENDER)
    for action, resource in SENDER_MAY:
        security.add_permission_to_role(role, security.create_permission(action, resource))
    user = security.find_user(username=name)
    if user is not None:
        security.reset_password(user.id, password)
        return
    made = security.add_user(name, "Traforo", "Admin", f"{name}@localhost", security.find_role("Admin"), password)
    if not made:
        raise RuntimeError(f"user '{name}' could not be made")


def main() -> None:
    """Entry point; the password comes by standard input, so that no list of processes shows it."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    wanted = json.load(sys.stdin)
    with get_application_builder() as builder:
        prepare(builder.sm, wanted["name"], wanted["password"])


if __name__ == "__main__":
    main()
