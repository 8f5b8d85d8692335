"""The steps of the pipeline as plain functions: the command line and the DAGs call the same ones.

A run of a source goes ``new_run`` → ``fetch`` → ``load`` → ``check`` → ``commit``; a release goes ``build_release``
→ ``audit_release`` → ``switch_release`` → ``publish``. Each step opens what it needs, leaves its outcome in
``ops`` and returns a small result that can travel as JSON.
"""

from traforo.pipeline.database import cluster_of, engine_of, upgrade_database
from traforo.pipeline.ingest import (
    StepResult,
    approve,
    check,
    commit,
    fail_run,
    fetch,
    load,
    new_run,
    replay,
    sync,
)
from traforo.pipeline.release import (
    AuditResult,
    Pending,
    PublishResult,
    ReleaseResult,
    audit_release,
    build_release,
    housekeeping,
    pending,
    publish,
    rollback,
    switch_release,
)

__all__ = [
    "AuditResult",
    "Pending",
    "PublishResult",
    "ReleaseResult",
    "StepResult",
    "approve",
    "audit_release",
    "build_release",
    "check",
    "cluster_of",
    "commit",
    "engine_of",
    "fail_run",
    "fetch",
    "housekeeping",
    "load",
    "new_run",
    "pending",
    "publish",
    "replay",
    "rollback",
    "switch_release",
    "sync",
    "upgrade_database",
]
