"""Named places where a test may end, stop or break the process: ``TRAFORO_FAILPOINT=<name>[:<action>]``.

Without the variable a failpoint is one look into the environment. Actions: ``kill`` (SIGKILL, the default), ``raise``,
and ``wait``, which puts its process id into the file ``TRAFORO_FAILPOINT_FILE`` and goes on when that is gone.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

NAMES = (
    "load.chunk", "load.before_commit", "load.after_commit",
    "merge.rows", "merge.before_commit", "merge.after_commit",
    "switch.adopted", "switch.attached", "switch.events", "switch.before_commit", "switch.after_commit",
    "publish.written", "publish.placed", "publish.recorded",
    "feed.pages", "feed.snapshot",
    "receive.noted", "deliver.sent",
)  # fmt: skip
"""Every failpoint there is, in the order of a run."""
_VARIABLE = "TRAFORO_FAILPOINT"


class Broken(RuntimeError):
    """Raised by a failpoint whose action is ``raise``."""


def failpoint(name: str) -> None:
    """Do what the environment asks for at this place; nothing by default."""
    wanted, _, action = os.environ.get(_VARIABLE, "").partition(":")
    if wanted != name:
        return
    if action == "raise":
        raise Broken(name)
    if action == "wait":
        marker = Path(os.environ[f"{_VARIABLE}_FILE"])
        being_written = marker.with_name(f"{marker.name}.{os.getpid()}")
        being_written.write_text(str(os.getpid()))
        being_written.replace(marker)
        while marker.exists():
            time.sleep(0.01)
        return
    os.kill(os.getpid(), signal.SIGKILL)
