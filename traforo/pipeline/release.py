"""From ``raw`` to published tables and files: ``build_release``, ``audit_release``, ``switch_release``, ``publish``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from quality.live import Beside, beside_live
from traforo import lineage
from traforo.pipeline.database import cluster_of, engine_of
from traforo.settings import Settings
from warehouse import dbt
from warehouse import release as releases
from warehouse.cluster import Cluster
from warehouse.ops import end_run, start_publishing
from warehouse.verdicts import publication_hold


@dataclass(frozen=True)
class Pending:
    """Whether a release is due.

    Attributes:
        changed: what differs from the live release: ``source.stream``, ``code`` or ``first release``.
        active_ingests: sources whose run has not ended yet; a burst should give one release.
    """

    changed: list[str]
    active_ingests: list[str]

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return asdict(self)


@dataclass(frozen=True)
class ReleaseResult:
    """A release after a step: ``status`` as in ``ops.release``, rows by table, checks of dbt by status."""

    release_id: str
    status: str
    rows: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return asdict(self)


@dataclass(frozen=True)
class AuditResult:
    """Verdict of the gate on a built release."""

    release_id: str
    passed: bool
    checks_passed: int
    checks_failed: int
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return asdict(self)


@dataclass(frozen=True)
class PublishResult:
    """Files of a release; ``published`` is False when they had been written before."""

    release_id: str
    published: bool
    files: int
    rows: int
    folder: str

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return asdict(self)


def pending(settings: Settings) -> Pending:
    """What changed since the live release, and which ingests are still on their way."""
    with engine_of(settings, "publisher") as engine, engine.connect() as connection:
        active = connection.execute(
            text(
                "select distinct source from ops.run where kind in ('ingest', 'replay') and finished_at is null"
                " and started_at > now() - interval '1 hour' order by 1"
            )
        ).scalars()
        return Pending(releases.what_changed(connection), [str(source) for source in active])


def build_release(settings: Settings, reason: Mapping[str, Any] | None = None) -> ReleaseResult:
    """Build the marts of a new release beside the live one; ``status`` is ``built`` or ``failed``."""
    with cluster_of(settings) as cluster:
        engine = cluster.engine("publisher")
        release = releases.open_release(engine, reason or {})
        lineage.tell(settings, release.release_id)
        outcome = _dbt_build(settings, cluster, release)
        status = "built" if outcome.ok else "failed"
        error = "; ".join(outcome.failures)[:4000] or None
        releases.set_status(engine, release.release_id, status, error=error)
        rows: dict[str, int] = {}
        if outcome.ok:
            with engine.connect() as connection:
                rows = releases.count_rows(connection, release.build_schema)
        engine.dispose()
        if not outcome.ok:
            lineage.tell(settings, release.release_id)
        return ReleaseResult(release.release_id, status, rows, outcome.counts, tuple(outcome.failures))


def _dbt_build(settings: Settings, cluster: Cluster, release: releases.Release) -> dbt.DbtResult:
    """One ``dbt build``; the seeds are loaded only when they have changed."""
    transformer = cluster.engine("transformer")
    seeds = dbt.seeds_digest()
    with transformer.connect() as connection:
        known = dbt.loaded_seeds(connection) == seeds
    # Unit tests judge the code, not the data: `make test` runs them.
    left_out = ["unit_test", "seed"] if known else ["unit_test"]
    arguments = [word for kind in left_out for word in ("--exclude-resource-type", kind)]
    outcome = dbt.build(cluster, release.build_schema, settings.dbt_target, *arguments)
    if outcome.ok and not known:
        with transformer.begin() as connection:
            dbt.remember_seeds(connection, seeds)
    transformer.dispose()
    return outcome


def audit_release(settings: Settings, release_id: str) -> AuditResult:
    """Judge a built release as a whole, beside the live one; only an audited release can be published."""
    from quality import gate, suites  # noqa: PLC0415 - Great Expectations is slow to import

    with cluster_of(settings) as cluster:
        engine, transformer = cluster.engine("publisher"), cluster.engine("transformer")
        with engine.connect() as connection:
            release = releases.get_release(connection, release_id)
            if release.status not in ("built", "audited", "held"):
                raise RuntimeError(f"release '{release_id}' is {release.status}; only a built release can be audited")
            live = releases.live_release(connection)
            counts = releases.count_rows(connection, release.build_schema)
            beside = beside_live(connection, release.build_schema, live.schema, live.row_counts) if live else Beside()
            wanted = suites.release_suites(release.build_schema, counts, beside, _delivered(connection))
        docs = settings.data_docs / "release"
        results = gate.evaluate(wanted, cluster.url("transformer", "psycopg2"), docs)
        gate.store(transformer, results, scope="release", release_id=release_id)
        verdict = gate.decide(results, docs)
        releases.set_status(
            engine,
            release_id,
            "audited" if verdict.passed else "held",
            checks_passed=verdict.checks_passed,
            checks_failed=verdict.checks_failed,
            error="; ".join(verdict.failures) or None,
        )
        engine.dispose()
        transformer.dispose()
        if not verdict.passed:
            lineage.tell(settings, release_id)
        return AuditResult(
            release_id,
            verdict.passed,
            verdict.checks_passed,
            verdict.checks_failed,
            tuple(verdict.failures),
            tuple(verdict.warnings),
        )


def _delivered(connection: Connection) -> set[str]:
    rows = connection.execute(text("select source || '.' || stream from ops.source_state where rows > 0")).scalars()
    return {str(stream) for stream in rows}


def switch_release(settings: Settings, release_id: str) -> ReleaseResult:
    """Make an audited release the one that readers see; while publication is on hold it becomes ``held`` instead."""
    with engine_of(settings, "publisher") as engine:
        with engine.connect() as connection:
            hold = publication_hold(connection)
        if hold:
            releases.set_status(engine, release_id, "held", error=f"publication is on {hold}"[:4000])
            lineage.tell(settings, release_id)
            return ReleaseResult(release_id, "held", failures=(f"publication is on {hold}",))
        release = releases.switch(engine, release_id)
        lineage.tell(settings, release_id)
        return ReleaseResult(release.release_id, release.status, release.row_counts)


def rollback(settings: Settings, release_id: str | None = None) -> ReleaseResult:
    """Make an older release live again: ``release_id``, or the one before the live one.

    Raises:
        LookupError: there is no older release.
    """
    with engine_of(settings, "publisher") as engine:
        if release_id is None:
            with engine.connect() as connection:
                release_id = connection.execute(
                    text("select release_id from ops.release where status = 'superseded' order by published_at desc")
                ).scalar()
            if release_id is None:
                raise LookupError("there is no older release")
        release = releases.switch(engine, release_id)
        return ReleaseResult(release.release_id, release.status, release.row_counts)


def publish(
    settings: Settings, release_id: str | None = None, reason: Mapping[str, Any] | None = None
) -> PublishResult:
    """Write the files, the catalogue and the site of the live release, once.

    Only a release that is not written yet is a run; ``reason`` is kept with it.

    Raises:
        LookupError: nothing has been released yet, or ``release_id`` is not the live release.
    """
    from publish.feed import export_feed  # noqa: PLC0415 - as below
    from publish.files import point_latest, publish_release  # noqa: PLC0415 - Arrow and Frictionless are needed here only

    with cluster_of(settings) as cluster:
        engine = cluster.engine("publisher")
        with engine.connect() as connection:
            live = releases.live_release(connection)
            if live is None or (release_id and release_id != live.release_id):
                shown = f"release '{release_id}' is not live" if release_id else "no release is live yet"
                raise LookupError(f"{shown}; nothing to publish")
            known = connection.execute(
                text("select count(*), coalesce(sum(rows), 0) from ops.publication where release_id = :id"),
                {"id": live.release_id},
            ).one()
        export_feed(engine, settings.published / "feed")
        folder = settings.published / live.release_id
        if known[0] and (folder / "datapackage.json").exists():
            point_latest(settings.published, live.release_id)  # a rollback: its files are there, but not the latest
            return PublishResult(live.release_id, False, int(known[0]), int(known[1]), str(folder))
        run_id = start_publishing(engine, {**(reason or {}), "release_id": live.release_id})
        lineage.tell(settings, run_id)
        try:
            files = publish_release(engine, live.release_id, live.schema, settings.published)
        except Exception as error:
            end_run(engine, run_id, "failed", f"{type(error).__name__}: {error}"[:4000])
            lineage.tell(settings, run_id)
            raise
        end_run(engine, run_id, "published")
        lineage.tell(settings, run_id)
        engine.dispose()
        return PublishResult(live.release_id, True, len(files), sum(f.rows or 0 for f in files), str(folder))


def housekeeping(settings: Settings) -> dict[str, Any]:
    """Drop what is past its keep time: releases, events, rejects, landed bytes, files; returns how much of each."""
    from traforo.retention import clean  # noqa: PLC0415 - it stands on these steps

    return clean(settings)
