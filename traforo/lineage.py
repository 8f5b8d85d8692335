"""OpenLineage: every run says what it reads and writes, for a catalogue such as Marquez, DataHub or OpenMetadata.

Off by default. On where the environment of the OpenLineage client says so, e.g.
``OPENLINEAGE_URL=https://lineage.example.org`` or, into a file, ``OPENLINEAGE__TRANSPORT__TYPE=file`` with
``OPENLINEAGE__TRANSPORT__LOG_FILE_PATH`` and ``OPENLINEAGE__TRANSPORT__APPEND=true``. Names of tables and columns and
numbers of rows leave the house, never a row, and of an error only that there was one.
"""

from __future__ import annotations

import logging
import os

from traforo.pipeline.database import cluster_of
from traforo.settings import Settings

logger = logging.getLogger(__name__)
_SWITCHES = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT__TYPE")


def is_on() -> bool:
    """Whether anybody listens."""
    return any(os.environ.get(name) for name in _SWITCHES) and os.environ.get("OPENLINEAGE_DISABLED") != "true"


def tell(settings: Settings, run_id: str) -> None:
    """Send the state of a run: START while it lasts, then COMPLETE, ABORT (held) or FAIL.

    A catalogue that does not answer is no failure of the run: it is logged, and the run goes on.
    """
    if not is_on():
        return
    try:
        from traforo.lineage_events import send  # noqa: PLC0415 - the client is imported only where it is on

        with cluster_of(settings) as cluster:
            send(settings, cluster, run_id)
    except Exception:
        logger.warning("the lineage of run %s could not be told", run_id, exc_info=True)
