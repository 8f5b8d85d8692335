"""The claim report as one page for reading and printing: no script, no request, ready for a controller's signature."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from publish.claim_data import SEVERITIES, ClaimData
from publish.claim_sheets import SHEETS
from publish.claim_tables import Table, TableColumn, summary_tables
from publish.claim_words import Words
from publish.site_text import TEMPLATES, csp_hash

_SHOWN = (
    "sheet_unreadable", "sheet_consumption", "sheet_duplicates", "sheet_financing", "sheet_claims", "sheet_progress",
    "sheet_methods", "sheet_staff",
)  # fmt: skip


def write_html(data: ClaimData, words: Words, project: str | None, path: Path, now: datetime) -> None:
    """Write the page; arguments as in ``publish.claim_report_xlsx.write_xlsx``."""
    path.write_text(render(data, words, project, now), encoding="utf-8")


def render(data: ClaimData, words: Words, project: str | None, now: datetime) -> str:
    """The page as text. Every text from a source is escaped by the template; the content policy allows no script."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "claim_report.css").read_text(encoding="utf-8")
    return environment.get_template("claim_report.html.j2").render(
        words=words,
        data=data,
        project=project or words("all_projects"),
        generated=f"{now:%d/%m/%Y %H:%M}",
        summaries=[_shown(table, data, words) for table in summary_tables(data, words)],
        tables=[_shown(table, data, words) for table in SHEETS if table.key in _SHOWN],
        severities=[
            (severity, [finding for finding in data.findings if finding.severity == severity])
            for severity in SEVERITIES
            if severity != "INFO"
        ],
        style=style,
        style_hash=csp_hash(style),
    )


def _shown(table: Table, data: ClaimData, words: Words) -> dict[str, Any]:
    """A table with every cell written out."""
    rows = table.rows(data, words)
    shown = [[_cell(value, column, words) for column, value in zip(table.columns, row, strict=True)] for row in rows]
    total = None
    if table.totals and rows:
        total = [
            _cell(sum((row[i] for row in rows if row[i] is not None), Decimal(0)), column, words)
            if column.is_summed
            else ""
            for i, column in enumerate(table.columns)
        ]
    return {"table": table, "rows": shown, "total": total, "remarks": table.remarks(data, words)}


def _cell(value: Any, column: TableColumn, words: Words) -> str:
    if value is None:
        return ""
    if column.kind in ("amount", "percent"):
        return words.amount(Decimal(value))
    if isinstance(value, Decimal):
        return words.number(value)
    if isinstance(value, date):
        return words.day(value)
    return str(value)
