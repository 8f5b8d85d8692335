"""``traforo claim``: expenses checked before the controller does, and the report that goes with a claim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from publish.claim_data import SEVERITIES, ClaimData, read_claim_data, read_rejects
from publish.claim_words import LANGUAGES, Words
from traforo import pipeline
from traforo.commands.claim_check import FilesHeldError, print_findings, print_rejects, read_files
from traforo.commands.context import clear_errors, settings
from traforo.report import console
from traforo.settings import Settings
from warehouse import decisions
from warehouse.decisions import DecisionCode
from warehouse.release import live_release

app = typer.Typer(no_args_is_help=True, help="Expenses: check them, decide on findings, write the claim report.")
_VERDICTS: dict[str, DecisionCode] = {"accept": "ACCEPTED", "reject": "REJECTED", "reopen": "OPEN"}

Project = Annotated[str | None, typer.Option(help="Code or name of one project; all by default.")]
Lang = Annotated[str, typer.Option(help="Language of the texts: fr, it or en.")]
Who = Annotated[str, typer.Option(help="Your name, kept with what you enter.")]


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Exports to read first; else what is loaded.")] = None,
    project: Project = None,
    lang: Lang = "fr",
    info: Annotated[bool, typer.Option("--info", help="Show mere information as well.")] = False,
) -> None:
    """Show what is wrong, by severity, with file, sheet, row and value. Ends with 1 if there are errors.

    Given FILEs are read into the warehouse and a new release is built; only their findings are shown then. A
    finding that was dismissed with a reason is no error any more.
    """
    with clear_errors():
        words, current = _words(lang), settings()
        if files:
            try:
                read_files(current, files, words)
            except FilesHeldError as held:
                console.print(words("files_held"), highlight=False, soft_wrap=True)
                print_rejects(_rejects_of(current, held.run_id), words)
                raise typer.Exit(1) from held
        data = _data(current, project)
        findings, rejects = data.findings, data.rejects
        if files:
            names = {path.name for path in files}
            findings = [finding for finding in findings if finding.is_in(names)]
            rejects = [row for row in rejects if row["file"] in names]
        shown = SEVERITIES if info else SEVERITIES[:2]
        for severity in shown:
            print_findings(severity, [f for f in findings if f.severity == severity], data.rules, words)
        print_rejects(rejects, words)
        if rejects or any(finding.counts and finding.severity == "ERROR" for finding in findings):
            raise typer.Exit(1)


@app.command()
def report(
    out: Annotated[Path, typer.Option(help="Workbook to write (.xlsx); the page stands beside it as .html.")],
    lang: Lang = "fr",
    project: Project = None,
) -> None:
    """Write the claim report: summary, findings, consumption, duplicates, financing, claims, rules."""
    from publish.claim_report_html import write_html  # noqa: PLC0415 - only needed here
    from publish.claim_report_xlsx import write_xlsx  # noqa: PLC0415 - as above

    with clear_errors():
        words, now = _words(lang), datetime.now(UTC).astimezone()
        if out.suffix != ".xlsx":
            raise ValueError(f"{out}: the report is a workbook, its name ends with .xlsx")
        data = _data(settings(), project)
        for path, write in ((out, write_xlsx), (out.with_suffix(".html"), write_html)):
            write(data, words, project, path, now)
            console.print(f"written: {path}", soft_wrap=True, highlight=False)


@app.command()
def decide(
    finding: Annotated[str, typer.Argument(help="The finding's id, or its beginning.")],
    verdict: Annotated[str, typer.Argument(help="accept: it is right; reject: it is dismissed; reopen.")],
    who: Who,
    why: Annotated[str, typer.Option(help="The reason, for the controller.")],
) -> None:
    """Keep a decision on a finding. It outlives every re-import, unless the amount at stake changes."""
    with clear_errors():
        if verdict not in _VERDICTS:
            raise ValueError(f"'{verdict}' is not one of {', '.join(_VERDICTS)}")
        with _release(settings(), writes=True) as (connection, schema, _):
            kept = decisions.decide(connection, schema, finding, _VERDICTS[verdict], who, why)
        console.print(f"{kept.finding_id}: {kept.decision_code.lower()} by {kept.decided_by}", highlight=False)


@app.command()
def receive(
    partner: Annotated[str, typer.Argument(help="Name or id of the partner.")],
    amount: Annotated[str, typer.Argument(help="Euros with a point, e.g. 12345.67; negative for a repayment.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day on which the account was credited.")],
    who: Who,
    claim: Annotated[str | None, typer.Option(help="Claim that is refunded; none for an advance.")] = None,
    project: Project = None,
    fund: Annotated[str, typer.Option(help=f"One of: {', '.join(decisions.FUNDS)}.")] = "ERDF",
    reference: Annotated[str | None, typer.Option(help="Reference on the bank statement.")] = None,
) -> None:
    """Enter a payment that a partner received; it shows from the next release on."""
    with clear_errors(), _release(settings(), writes=True) as (connection, schema, _):
        try:
            euros = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"'{amount}' is not an amount such as 12345.67") from None
        partner_id = decisions.record_payment(
            connection, schema, partner, euros, on.date(), who,
            project=project, claim=claim, fund=fund, reference=reference,
        )  # fmt: skip
        console.print(f"{partner_id}: {euros} EUR entered", highlight=False)


@app.command()
def evidence(
    project: Annotated[str, typer.Argument(help="Code or name of the project.")],
    indicator: Annotated[str, typer.Argument(help="Code of the indicator, e.g. I.2.")],
    name: Annotated[str, typer.Argument(help="What proves it, e.g. the service that was set up.")],
    who: Who,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Since when; today by default.")] = None,
) -> None:
    """Enter a proof of an indicator; it counts from the next release on."""
    with clear_errors(), _release(settings(), writes=True) as (connection, schema, _):
        day = since.date() if since else datetime.now(UTC).astimezone().date()
        decisions.record_evidence(connection, schema, project, indicator, name, day, who)
        console.print(f"{indicator}: {name}", highlight=False)


def _rejects_of(current: Settings, run_id: str) -> list[dict[str, Any]]:
    with pipeline.engine_of(current, "publisher") as engine, engine.connect() as connection:
        return read_rejects(connection, run_id)


def _words(lang: str) -> Words:
    if lang not in LANGUAGES:
        raise ValueError(f"'{lang}' is not one of {', '.join(LANGUAGES)}")
    return Words(lang)


@contextmanager
def _release(current: Settings, *, writes: bool = False) -> Iterator[tuple[Connection, str, str]]:
    """A connection as publisher in one snapshot, with the schema and the id of the live release."""
    with (
        pipeline.engine_of(current, "publisher") as engine,
        engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
    ):
        live = live_release(connection)
        if live is None:
            raise LookupError("nothing has been released yet; 'traforo harmonise' builds a release")
        yield connection, live.schema, live.release_id
        if writes:
            connection.commit()


def _data(current: Settings, project: str | None) -> ClaimData:
    with _release(current) as (connection, schema, release_id):
        return read_claim_data(connection, release_id, schema, project)
