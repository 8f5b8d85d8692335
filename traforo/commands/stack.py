"""``traforo stack``: the whole thing through Airflow."""

from __future__ import annotations

import signal
from dataclasses import replace
from types import FrameType
from typing import Annotated, NoReturn

import typer

from connectors.core.registry import source_ids
from traforo import pipeline, stack, stack_run
from traforo.commands.context import clear_errors, settings
from traforo.report import console, print_release, print_sources
from traforo.sandbox_process import command, deployment_file, running_sandbox
from traforo.settings import Settings
from warehouse import embedded
from warehouse.cluster import connect_cluster, embedded_cluster, external

app = typer.Typer(no_args_is_help=True, help="Airflow and everything around it: run once, stay up, stop.")
Seed = Annotated[int, typer.Option(help="Seed of the synthetic data.", envvar="TRAFORO_SEED")]
Scale = Annotated[float, typer.Option(help="Size of the synthetic data.", envvar="TRAFORO_SCALE")]


@app.command()
def run(seed: Seed = 1, scale: Scale = 1.0) -> None:
    """Let the DAGs do one pass over all sources, show it, stop everything; exit code 0 only if all succeeded."""
    with clear_errors():
        current = settings()
        with connect_cluster(current.home, current.database_url):
            if current.config:
                good = _run(current)
            else:
                console.print(f"sources: sandbox, synthetic, seed {seed}, scale {scale:g}")
                with running_sandbox(current, seed, scale) as config:
                    good = _run(replace(current, config=config))
    if not good:
        raise typer.Exit(1)


def _run(current: Settings) -> bool:
    pipeline.upgrade_database(current)
    with pipeline.cluster_of(current) as cluster:
        report = stack_run.run(current, cluster.dsn("airflow"), console=console)
    with pipeline.engine_of(current, "publisher") as engine:
        print_sources(engine)
        print_release(engine, current)
    ran = [run_id for runs in report.runs.values() for run_id in runs]
    console.print(
        f"{len(ran)} ingest runs of {len(source_ids())} sources, release "
        f"{report.release_id or 'unchanged'}, files {'written' if report.published else 'unchanged'}, "
        f"{report.seconds:.0f} s (Airflow ready after {report.ready_seconds:.0f} s)"
    )
    for failure in report.failures:
        console.print(f"[red]failed[/] {failure}", highlight=False)
    return report.ok


@app.command()
def up(seed: Seed = 1, scale: Scale = 1.0) -> None:
    """Start PostgreSQL, the sandbox (without a deployment file) and Airflow, do one pass, and stay up."""
    with clear_errors():
        current = settings()
        companions = {}
        if current.config is None:
            companions["sandbox"] = command(current, seed, scale)
            current = replace(current, config=deployment_file(current))
        if current.database_url:
            cluster = external(current.home, current.database_url)
        else:
            port, _ = embedded.start(current.home)
            cluster = embedded_cluster(current.home, port)
        pipeline.upgrade_database(current)
        running = stack.up(current, cluster.dsn("airflow"), companions=companions, say=console.print)
        good = _run(current)
        console.print(f"Airflow:  {running.url}  (user {running.user}, password {running.password})", soft_wrap=True)
        console.print("Warehouse: traforo db url --role reader\nStop with: make down", highlight=False)
    if not good:
        raise typer.Exit(1)


@app.command()
def serve() -> None:
    """Start Airflow and stay with it until SIGTERM, or until it ends: for a container or a service manager.

    The DAGs run on their schedules. Exit code 1 where Airflow has ended by itself.
    """
    with clear_errors():
        current = settings()
        if current.config is None:
            raise typer.BadParameter("a deployment file is needed: --config, or TRAFORO_CONFIG")
        with connect_cluster(current.home, current.database_url) as cluster:
            pipeline.upgrade_database(current)
            running = stack.up(current, cluster.dsn("airflow"), attached=True, say=console.print)
            if running.process is None:
                raise typer.BadParameter(f"Airflow runs already at {running.url}: traforo stack down")
            console.print(f"Airflow: {running.url}  (user {running.user}, password {running.password})", soft_wrap=True)
            signal.signal(signal.SIGTERM, _leave)
            try:
                running.process.wait()
            finally:
                stack.down(current, running)
        raise RuntimeError(f"Airflow has ended; its logs are in {running.logs}")


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM is how a service manager asks for an orderly end."""
    raise SystemExit(0)


@app.command()
def down() -> None:
    """Stop everything that 'up' started."""
    with clear_errors():
        current = settings()
        airflow = stack.down(current)
        server = embedded.stop(current.home) if current.database_url is None else False
        console.print("stopped" if airflow or server else "nothing was running")
