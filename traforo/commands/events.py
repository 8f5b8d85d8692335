"""``traforo events``: what arrives, who is told, what waits; and ``traforo consume``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import text

from connectors.core.registry import get_source
from publish.feed import export_feed
from traforo import consume as consuming
from traforo import deliver as delivering
from traforo import pipeline, webhook
from traforo.commands.context import clear_errors, settings
from traforo.report import console, table
from traforo.signing import shown
from warehouse import delivery, inbound, subscription
from warehouse.outbox import RELEASE_PUBLISHED
from warehouse.secrets import retire, rotate

app = typer.Typer(no_args_is_help=True, help="Messages that arrive, subscribers that are told, the change feed.")
_KINDS = {"source": webhook.sender_secret, "subscription": delivering.secret_name}


@app.command("inbound")
def inbound_list(limit: Annotated[int, typer.Option(help="Rows shown.")] = 30) -> None:
    """What arrived from outside: dropped files and messages, and the run that dealt with them."""
    with clear_errors(), pipeline.engine_of(settings(), "loader") as engine, engine.connect() as connection:
        rows = connection.execute(
            text(
                "select id, source, kind, uri, to_char(received_at, 'YYYY-MM-DD HH24:MI:SS'), status, attempts, run_id,"
                " coalesce(error, '') from ops.inbound order by id desc limit :limit"
            ),
            {"limit": limit},
        ).all()
        columns = ["id", "source", "kind", "what", "received (UTC)", "status", "attempts", "run", "error"]
        console.print(table("Inbound", columns, [list(row) for row in rows]))


@app.command()
def retry(inbound_id: int) -> None:
    """Let a run take up again what had failed for good."""
    with clear_errors(), pipeline.engine_of(settings(), "loader") as engine, engine.begin() as connection:
        inbound.retry(connection, inbound_id)
        console.print(f"inbound {inbound_id} waits for the next run of its source")


@app.command()
def subscribe(
    name: Annotated[str, typer.Argument(help="Short name: lower-case letters, digits, _ and -.")],
    url: Annotated[str, typer.Argument(help="Address that is called, https.")],
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Event type, exact or ending in *; may be repeated.")
    ] = None,
    loopback: Annotated[bool, typer.Option(help="Allow http to this machine, for trials.")] = False,
) -> None:
    """Tell a receiver of events by signed webhooks; prints its signing secret, once."""
    with clear_errors():
        current = settings()
        with pipeline.engine_of(current, "publisher") as engine:
            made = subscription.subscribe(engine, name, url, types or [RELEASE_PUBLISHED], loopback=loopback)
        console.print(f"{made.name}: {', '.join(made.types)} → {made.url}", highlight=False, soft_wrap=True)
        typer.echo(shown(rotate(current.home, delivering.secret_name(name))))


@app.command()
def unsubscribe(name: str) -> None:
    """Stop telling a receiver, and forget what it was told and its secrets."""
    with clear_errors():
        current = settings()
        with pipeline.engine_of(current, "publisher") as engine:
            subscription.unsubscribe(engine, name)
        retire(current.home, delivering.secret_name(name), keep=0)
        console.print(f"{name}: removed")


@app.command()
def enable(name: str) -> None:
    """Tell a disabled receiver again, from where it was left."""
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.begin() as connection:
        found = subscription.get_subscription(connection, name)
        subscription.set_status(connection, found.subscription_id, "active", None)
        console.print(f"{name}: active")


@app.command()
def subscriptions() -> None:
    """Who is told of what, and what waits for them."""
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.connect() as connection:
        counts: dict[int, dict[str, int]] = {}
        for row in connection.execute(
            text("select subscription_id, status, count(*) from ops.delivery group by 1, 2 order by 1")
        ):
            counts.setdefault(int(row[0]), {})[str(row[1])] = int(row[2])
        rows: list[list[Any]] = []
        for found in subscription.subscriptions(connection):
            told = counts.get(found.subscription_id, {})
            rows.append(
                [found.name, found.url, ", ".join(found.types), found.status, found.reason or ""]
                + [told.get(status, 0) for status in ("delivered", "waiting", "dead")]
            )
        columns = ["name", "url", "types", "status", "reason", "delivered", "waiting", "dead"]
        console.print(table("Subscriptions", columns, rows))


@app.command()
def deliver() -> None:
    """One round of deliveries, as the DAG 'deliver' does it every five minutes."""
    with clear_errors():
        report = delivering.deliver(settings())
        console.print(", ".join(f"{name} {count}" for name, count in report.as_dict().items()))


@app.command()
def dead() -> None:
    """Dead letters: what could not be delivered."""
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.connect() as connection:
        rows = delivery.dead(connection)
        columns = ["id", "subscription", "type", "subject", "attempts", "status", "error", "last attempt"]
        console.print(table(f"Dead letters: {len(rows)}", columns, [list(row.values()) for row in rows]))


@app.command()
def again(
    name: Annotated[str, typer.Argument(help="Subscription.")],
    delivery_ids: Annotated[list[int] | None, typer.Argument(help="Dead letters; all by default.")] = None,
) -> None:
    """Send dead letters of a subscription again."""
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.begin() as connection:
        console.print(f"{delivery.send_again(connection, name, delivery_ids or None)} deliveries wait again")


@app.command()
def secret(
    kind: Annotated[str, typer.Argument(help="'source': messages from it are signed; 'subscription'; 'reader'.")],
    name: Annotated[str | None, typer.Argument(help="Source or subscription.")] = None,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Only the newest stays valid, no new one.")] = False,
) -> None:
    """Make a further secret and print it; the ones before stay valid until --drop-old.

    A source's secret signs messages to /traforo/inbound/SOURCE, a reader's token opens /traforo/changes.
    """
    with clear_errors():
        current, kept_as = settings(), _secret_name(kind, name)
        if drop_old:
            console.print(f"{retire(current.home, kept_as)} older secrets removed")
            return
        made = rotate(current.home, kept_as)
        typer.echo(made if kind == "reader" else shown(made))


def _secret_name(kind: str, name: str | None) -> str:
    if kind == "reader":
        return webhook.READERS
    if kind not in _KINDS or not name:
        raise ValueError("say 'source NAME', 'subscription NAME' or 'reader'")
    if kind == "source":
        get_source(name)
    else:
        with pipeline.engine_of(settings(), "publisher") as engine, engine.connect() as connection:
            subscription.get_subscription(connection, name)
    return _KINDS[kind](name)


@app.command()
def export(folder: Annotated[Path, typer.Argument(help="Folder of the feed's files.")]) -> None:
    """Write the change feed as files: immutable pages, a snapshot, an index. 'publish' does it too."""
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine:
        done = export_feed(engine, folder)
        console.print(f"{done.pages} pages, {done.written} written now, snapshot {'new' if done.snapshot else 'kept'}")


def consume(
    folder: Annotated[Path, typer.Option("--dir", help="Folder of the copy.")],
    feed: Annotated[
        str | None, typer.Option("--from", help="Folder or http(s) address of a feed; the warehouse by default.")
    ] = None,
    token: Annotated[str, typer.Option(envvar="TRAFORO_FEED_TOKEN", help="Reader's token for http.")] = "",
) -> None:
    """Keep a copy of the published entities in step with the change feed: a reference consumer.

    The copy is an SQLite file with one view a table. Run it again at any time; it goes on where it was.
    """
    with clear_errors():
        if feed is None:
            with pipeline.engine_of(settings(), "publisher") as engine:
                done = consuming.consume(folder, consuming.DatabaseFeed(engine))
        elif feed.startswith(("http://", "https://")):
            done = consuming.consume(folder, consuming.HttpFeed(feed, token))
        else:
            done = consuming.consume(folder, consuming.FolderFeed(Path(feed)))
        console.print(
            f"{done.events} events, {done.snapshots} snapshots; the copy is at release {done.release_id or 'none yet'}"
        )
