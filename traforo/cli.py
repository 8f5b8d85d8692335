"""The command line: ``traforo --help``."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from connectors.core.registry import source_ids
from traforo import pipeline
from traforo.commands import backup, claim, db, decide, erase, events, material, new_source, rejects, release, stack
from traforo.commands.context import State, clear_errors, settings
from traforo.pipeline import StepResult
from traforo.report import coloured, console, plain, print_release, print_sources, print_status
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help=(
        "Carries data under the Alps: four French and Italian sources, one harmonised warehouse.\n\n"
        "First steps: 'traforo run' does everything once on synthetic data; 'traforo status' shows how things "
        "stand; 'traforo db psql' opens the warehouse as a reader."
    ),
)
app.add_typer(claim.app, name="claim")
app.add_typer(db.app, name="db")
app.add_typer(events.app, name="events")
app.command()(events.consume)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(erase.erase)
app.command()(decide.decide)
app.command()(new_source.new_source)
app.add_typer(material.app, name="material")
app.add_typer(rejects.app, name="rejects")
app.add_typer(release.app, name="release")
app.add_typer(stack.app, name="stack")

Seed = Annotated[int, typer.Option(help="Seed of the synthetic data.", envvar="TRAFORO_SEED")]
Scale = Annotated[
    float, typer.Option(help="Size of the synthetic data; 1 is about 2,500 records.", envvar="TRAFORO_SCALE")
]


@app.callback()
def options(
    home: Annotated[Path | None, typer.Option(help="State folder (TRAFORO_HOME).")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Deployment file with the sources' settings (TRAFORO_CONFIG).")
    ] = None,
    debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False,
) -> None:
    """Options of every command."""
    State.home, State.config, State.debug = home, config, debug


@app.command()
def sync(sources: Annotated[list[str] | None, typer.Argument(help="Sources; all by default.")] = None) -> None:
    """Fetch, land, check and load sources.

    A source that sends the same as last time is 'unchanged' and costs almost nothing. A batch that does not look
    healthy is 'held': readers keep the last good rows until 'traforo approve RUN'.
    """
    with clear_errors():
        current = settings()
        pipeline.upgrade_database(current)
        with pipeline.cluster_of(current):
            results = [_sync_one(current, source_id) for source_id in sources or source_ids()]
            with pipeline.engine_of(current, "loader") as engine:
                print_sources(engine)
        _exit_unless(all(result.outcome in ("loaded", "unchanged") for result in results))


def _sync_one(current: Settings, source_id: str) -> StepResult:
    result = pipeline.sync(current, source_id, {"by": "command line"})
    console.print(f"{source_id}: {coloured(result.outcome)}")
    notices = (notice for stream in result.streams.values() for notice in stream.get("notices", ()))
    for line in dict.fromkeys((*result.failures, *notices)):  # streams may say the same
        console.print(f"  {plain(line)}", highlight=False)
    return result


@app.command()
def harmonise(force: Annotated[bool, typer.Option(help="Build although nothing changed.")] = False) -> None:
    """Build a new release with dbt, audit it and switch it in, if a source or the code changed."""
    with clear_errors():
        _exit_unless(_harmonise(settings(), force=force))


def _harmonise(current: Settings, *, force: bool = False) -> bool:
    with pipeline.cluster_of(current):
        due = pipeline.pending(current)
        if not due.changed and not force:
            console.print("harmonise: [cyan]nothing changed[/], the live release stays")
            return True
        console.print(f"harmonise: building, because of {', '.join(due.changed) or 'your wish'}")
        built = pipeline.build_release(current, {"changed": due.changed, "by": "command line"})
        if built.status != "built":
            _explain("dbt", built.failures)
            return False
        audit = pipeline.audit_release(current, built.release_id)
        for warning in audit.warnings:
            console.print(f"[yellow]warning[/] {warning}", highlight=False)
        if not audit.passed:
            _explain("the gate", audit.failures)
            return False
        switched = pipeline.switch_release(current, built.release_id)
        if switched.status != "published":
            _explain("a person's decision", switched.failures)
            return False
        console.print(f"release [bold]{built.release_id}[/] is live ({audit.checks_passed} checks passed)")
        return True


def _explain(who: str, failures: tuple[str, ...]) -> None:
    console.print(f"[red]{who} refused the release[/]; readers keep the live one:")
    for failure in failures:
        console.print(f"  {plain(failure)}", highlight=False)


@app.command()
def validate(release_id: Annotated[str, typer.Argument(help="A built release (see 'traforo release list').")]) -> None:
    """Judge a built release again with Great Expectations."""
    with clear_errors():
        audit = pipeline.audit_release(settings(), release_id)
        console.print(f"{audit.checks_passed} passed, {audit.checks_failed} failed; Data Docs: {settings().data_docs}")
        for failure in audit.failures:
            console.print(f"[red]critical[/] {plain(failure)}", highlight=False)
        _exit_unless(audit.passed)


@app.command()
def publish() -> None:
    """Write the live release as Parquet, CSV and GeoJSON with a catalogue and a page."""
    with clear_errors():
        _publish(settings())


def _publish(current: Settings) -> None:
    result = pipeline.publish(current)
    verb = "published" if result.published else "[cyan]already published[/]"
    console.print(f"{verb}: {result.files} files in {result.folder}", soft_wrap=True, highlight=False)


@app.command()
def run(seed: Seed = 1, scale: Scale = 1.0) -> None:
    """Everything once, in this process, without the scheduler: the developer's quick loop.

    Without a deployment file (--config) the sources are the sandbox's: synthetic data, made from the seed.
    """
    with clear_errors():
        current = settings()
        if current.config:
            good = _run_all(current)
        else:
            console.print(f"sources: sandbox, synthetic, seed {seed}, scale {scale:g}")
            with running_sandbox(current, seed, scale) as config:
                good = _run_all(replace(current, config=config))
        _exit_unless(good)


def _run_all(current: Settings) -> bool:
    with pipeline.cluster_of(current):
        pipeline.upgrade_database(current)
        results = [_sync_one(current, source_id) for source_id in source_ids()]
        good = _harmonise(current)
        if good:
            _publish(current)
        with pipeline.engine_of(current, "publisher") as engine:
            print_sources(engine)
            print_release(engine, current)
    return good and all(result.outcome in ("loaded", "unchanged") for result in results)


@app.command()
def approve(run_id: Annotated[str, typer.Argument(help="A held run (see 'traforo status').")]) -> None:
    """Take a held batch in after you have looked at it."""
    with clear_errors():
        result = pipeline.approve(settings(), run_id)
        console.print(f"{result.source}: {coloured(result.outcome)}")


@app.command()
def replay(
    source: Annotated[str, typer.Argument(help="Source to read again from the landing.")],
    run_id: Annotated[
        str | None, typer.Option("--run", help="Landed run; the newest of each stream by default.")
    ] = None,
) -> None:
    """Read a landed run again with today's code and mappings; what was rejected and is right now comes in."""
    with clear_errors():
        result = pipeline.replay(settings(), source, run_id)
        console.print(f"{source}: {coloured(result.outcome)}")
        for failure in result.failures:
            console.print(f"  {plain(failure)}", highlight=False)
        _exit_unless(result.outcome in ("loaded", "unchanged"))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="What is pending, as JSON.")] = False) -> None:
    """Freshness of the sources, open rejects, held batches, the live release."""
    with clear_errors():
        current = settings()
        if as_json:
            typer.echo(json.dumps(pipeline.pending(current).as_dict()))
            return
        with pipeline.engine_of(current, "publisher") as engine:
            print_status(engine)
            print_release(engine, current)


@app.command()
def sandbox(seed: Seed = 1, scale: Scale = 1.0) -> None:
    """Serve the four source systems, simulated with synthetic data, until Ctrl-C."""
    with clear_errors(), running_sandbox(settings(), seed, scale) as config:
        console.print(f"deployment file: {config}\nuse it in another terminal: traforo --config {config} sync")
        with suppress(KeyboardInterrupt):
            signal.pause()
        console.print("stopped")


def _exit_unless(good: bool) -> None:
    if not good:
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the console script."""
    app()
