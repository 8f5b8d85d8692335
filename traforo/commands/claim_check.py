"""Files into the warehouse, and findings onto the screen, for ``traforo claim check``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from rich.markup import escape

from publish.claim_data import Finding
from publish.claim_words import Words
from traforo import pipeline
from traforo.report import console
from traforo.settings import Settings

AMBIGUOUS = "R31"
"""Rule whose findings show a second reading and no limit."""
_PLACES = 4
"""Rows shown of a finding about several."""
_COLOUR = {"ERROR": "red", "WARNING": "yellow", "INFO": "cyan"}


class FilesHeldError(RuntimeError):
    """So much of the files cannot be read that none of it was taken in.

    Args:
        run_id: run whose rejects say what is wrong.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


def read_files(current: Settings, files: Sequence[Path], words: Words) -> None:
    """Load the files through the connector and build a release from what changed.

    Raises:
        ValueError: a file is missing.
        FilesHeldError: too much of the files cannot be read.
        RuntimeError: the files, or the release made of them, were refused.
    """
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise ValueError(words("files_missing").format(files=", ".join(missing)))
    pipeline.upgrade_database(current)
    with pipeline.cluster_of(current), only_files(current, files) as narrowed:
        result = pipeline.sync(narrowed, "synergie", {"by": "claim check", "files": [path.name for path in files]})
        if result.outcome == "held":
            raise FilesHeldError(result.run_id)
        if result.outcome not in ("loaded", "unchanged"):
            raise RuntimeError(words("files_failed").format(reason="; ".join(result.failures)))
        if pipeline.pending(current).changed:
            _build(current)


@contextmanager
def only_files(current: Settings, files: Sequence[Path]) -> Iterator[Settings]:
    """The settings with Synergie pointed at these files and nothing else."""
    config: dict[str, Any] = {}
    if current.config:
        config = yaml.safe_load(current.config.read_text(encoding="utf-8")) or {}
    synergie = config.setdefault("sources", {}).setdefault("synergie", {})
    options = synergie.setdefault("options", {})
    options["files"] = [str(path.resolve()) for path in files]
    plans = [
        plan for plan in options.get("budgets") or () if Path(plan["path"]).resolve() in {p.resolve() for p in files}
    ]
    options.update({"inbox": None, "budgets": plans})
    handle, name = tempfile.mkstemp(suffix=".yml")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            yaml.safe_dump(config, stream)
        yield replace(current, config=Path(name))
    finally:
        Path(name).unlink()


def _build(current: Settings) -> None:
    built = pipeline.build_release(current, {"by": "claim check"})
    if built.status != "built":
        raise RuntimeError(f"dbt refused the release: {'; '.join(built.failures)}")
    audit = pipeline.audit_release(current, built.release_id)
    if not audit.passed:
        raise RuntimeError(f"the gate refused the release: {'; '.join(audit.failures)}")
    pipeline.switch_release(current, built.release_id)


def print_findings(
    severity: str, findings: Sequence[Finding], rules: Mapping[str, Mapping[str, Any]], words: Words
) -> None:
    """The findings of one severity, each with its place, value and amount."""
    colour = _COLOUR[severity]
    title = f"{words.code('finding_severity', severity)}{words.colon}{len(findings)}"
    console.print(f"[bold {colour}]{title}[/]", highlight=False)
    for finding in findings:
        rule = rules[finding.rule]
        places = [_place(finding.file, finding.sheet, finding.row)]
        if finding.expense_count > 1:
            places = [_place(row["file"], row["sheet"], row["row"]) for row in finding.evidence[:_PLACES]]
        place = "\n    ".join(places) + (" …" if finding.expense_count > len(places) else "")
        about = " · ".join(
            part for part in (finding.partner, finding.claim and f"{words('claim')} {finding.claim}") if part
        )
        about = f"\n    {escape(about)}" if about else ""
        value = f"{words.field(finding.field_name)} = {words.value(finding.found, finding.field_name) or '∅'}"
        if finding.expected:
            word = words("other_reading" if finding.rule == AMBIGUOUS else "expected").lower()
            value += f" ({word} {words.value(finding.expected, finding.field_name)})"
        status = "" if finding.status == "OPEN" else f" [{words.code('finding_status', finding.status)}]"
        console.print(
            f"[{colour}]{finding.rule}[/] {escape(words.rule(rule, 'rule_label'))}{escape(status)}"
            f"  [dim]{finding.id[:16]}[/]\n    {escape(place)}{about}\n    {escape(value)}"
            f"  {words.amount(finding.amount_eur)}{' €' if finding.amount_eur is not None else ''}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip


def print_rejects(rejects: Sequence[Mapping[str, Any]], words: Words) -> None:
    """Lines that could not be read, and why."""
    if not rejects:
        return
    console.print(f"[bold red]{words('sheet_unreadable')}{words.colon}{len(rejects)}[/]", highlight=False)
    console.print(words("unreadable_note"), highlight=False)
    for row in rejects:
        place = _place(row["file"], row["sheet"], row["row"])
        why = words.rejects(row["errors"], with_value=True)
        console.print(f"    {escape(place)}\n    {escape(why)}", highlight=False, soft_wrap=True)


def _place(*parts: str | int | None) -> str:
    return " › ".join(str(part) for part in parts if part is not None)
