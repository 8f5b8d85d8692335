"""What the live release says about programme money, read once for the command and for the reports.

Texts about people are masked in the release already: nothing that can name a person comes through here, except who
decided on a finding, which the reports show and the published files do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from warehouse.decisions import Decision, current_decisions

SEVERITIES = ("ERROR", "WARNING", "INFO")
DUPLICATE_RULES = ("R01", "R26")

_FINDINGS = """
select f.expense_finding_id, f.rule_code, f.finding_severity_code, f.irregularity_code, r.project_code, r.project_name,
    p.partner_name, f.claim_number, f.cost_category_code, f.amount_at_stake_eur, f.amount_suggested_eur, f.field_name,
    f.found_text, f.expected_text, f.source_file_name, f.source_sheet_name, f.source_row_number, f.expense_count,
    f.evidence, e.expense_number, e.invoice_number
from "{schema}".expense_finding f
left join "{schema}".project r on r.project_id = f.project_id
left join "{schema}".partner p on p.partner_id = f.partner_id
left join "{schema}".expense e on e.expense_id = f.expense_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by array_position(array['ERROR', 'WARNING', 'INFO'], f.finding_severity_code), f.rule_code, p.partner_name,
    f.claim_number, f.source_file_name, f.source_row_number, f.expense_finding_id
"""
_CONSUMPTION = """
select c.consumption_level_code, r.project_code, p.partner_name, c.cost_category_code, c.work_package_code,
    c.cost_method_code, c.amount_budget_eur, c.amount_declared_eur, c.amount_certified_eur, c.amount_rejected_eur,
    c.amount_parked_eur, c.amount_consumed_eur, c.amount_remaining_eur, c.amount_forecast_eur, c.consumption_pct,
    c.consumption_status_code
from "{schema}".budget_consumption c
join "{schema}".project r on r.project_id = c.project_id
join "{schema}".partner p on p.partner_id = c.partner_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by r.project_code, p.partner_name, c.cost_category_code nulls first, c.work_package_code nulls first
"""
_FINANCING = """
select s.financing_basis_code, r.project_code, p.partner_name, s.is_outside_erdf, s.amount_total_eur,
    s.amount_erdf_eur, s.amount_national_public_eur, s.amount_self_financing_eur, s.amount_erdf_rate_of_sum_eur,
    s.erdf_rate_pct, s.amount_total_given, s.currency_code, s.exchange_rate, s.amount_equivalent_eur
from "{schema}".financing_split s
join "{schema}".project r on r.project_id = s.project_id
left join "{schema}".partner p on p.partner_id = s.partner_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by r.project_code, array_position(array['BUDGET', 'DECLARED', 'CERTIFIED'], s.financing_basis_code),
    p.partner_name nulls last
"""
_CLAIMS = """
select r.project_code, p.partner_name, c.claim_level_code, c.claim_number, c.claim_sequence, c.claim_period_start_date,
    c.claim_period_end_date, c.submission_date, c.certificate_date, c.amount_declared_eur, c.amount_lines_eur,
    c.amount_certified_eur, c.amount_erdf_eur, c.amount_received_eur, c.expense_count
from "{schema}".claim c
join "{schema}".project r on r.project_id = c.project_id
left join "{schema}".partner p on p.partner_id = c.partner_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by r.project_code, c.claim_sequence, c.claim_number, p.partner_name
"""
_INDICATORS = """
select r.project_code, i.indicator_code, i.indicator_name_fr, i.indicator_name_it, i.indicator_name_en, i.target_value,
    i.reached_value
from "{schema}".indicator i join "{schema}".project r on r.project_id = i.project_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by r.project_code, i.indicator_code
"""

_OF_PARTNERS = """
select r.project_code, p.partner_name, c.*
from "{schema}".{table} c
join "{schema}".project r on r.project_id = c.project_id
join "{schema}".partner p on p.partner_id = c.partner_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by r.project_code, p.partner_name, {order}
"""
_METHODS = _OF_PARTNERS.replace("{table}", "partner_cost_method").replace("{order}", "c.cost_category_code")
_STAFF = _OF_PARTNERS.replace("{table}", "staff_time_check").replace("{order}", "c.work_year")
_PROGRESS = """
select r.project_code, c.*
from "{schema}".claim_progress c join "{schema}".project r on r.project_id = c.project_id
where cast(:project as text) is null or :project in (r.project_code, r.project_name)
order by r.project_code, c.claim_sequence
"""


@dataclass(frozen=True)
class Finding:
    """One finding with its last decision. ``status`` follows the decision while its amount is the same."""

    id: str
    rule: str
    severity: str
    project: str | None
    partner: str | None
    claim: str | None
    category: str | None
    irregularity: str | None
    amount_eur: Decimal | None
    suggested_eur: Decimal | None
    field_name: str
    found: str | None
    expected: str | None
    file: str | None
    sheet: str | None
    row: int | None
    expense_number: str | None
    expense_count: int
    evidence: Sequence[dict[str, Any]] = field(repr=False)
    status: str
    decision: Decision | None

    @property
    def counts(self) -> bool:
        """Somebody still has to act: neither dismissed nor a mere information."""
        return self.status != "REJECTED" and self.severity != "INFO"

    def is_in(self, files: set[str]) -> bool:
        """It rests on at least one row of these files."""
        return self.file in files or any(row["file"] in files for row in self.evidence)


@dataclass(frozen=True)
class ClaimData:
    """Everything a report shows; rows are plain mappings with the column names of the release."""

    release_id: str
    findings: list[Finding]
    rules: dict[str, dict[str, Any]]
    consumption: list[dict[str, Any]]
    financing: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    indicators: list[dict[str, Any]]
    decommitment: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    progress: list[dict[str, Any]] = field(default_factory=list)
    methods: list[dict[str, Any]] = field(default_factory=list)
    staff: list[dict[str, Any]] = field(default_factory=list)


def read_claim_data(connection: Connection, release_id: str, schema: str, project: str | None = None) -> ClaimData:
    """Read the release.

    Args:
        connection: as publisher; one snapshot for all tables is wanted.
        schema: schema of the release's tables.
        project: code or name of one project, None for all.

    Raises:
        LookupError: there is no such project.
    """
    if project is not None:
        statement = text(
            f'select 1 from "{schema}".project where :project in (project_code, project_name)'  # noqa: S608 - our name
        )
        if connection.execute(statement, {"project": project}).first() is None:
            raise LookupError(f"no project '{project}' in the live release")
    return ClaimData(
        release_id,
        read_findings(connection, schema, project),
        {str(row["rule_code"]): row for row in _rows(connection, schema, 'select * from "{schema}".expense_rule')},
        _rows(connection, schema, _CONSUMPTION, project),
        _rows(connection, schema, _FINANCING, project),
        _rows(connection, schema, _CLAIMS, project),
        _rows(connection, schema, _INDICATORS, project),
        _rows(connection, schema, 'select * from "{schema}".decommitment_curve order by commitment_year'),
        read_rejects(connection),
        _rows(connection, schema, _PROGRESS, project),
        _rows(connection, schema, _METHODS, project),
        _rows(connection, schema, _STAFF, project),
    )


def read_findings(connection: Connection, schema: str, project: str | None = None) -> list[Finding]:
    """The findings of the release, errors first, each with the last decision on it."""
    decisions = current_decisions(connection)
    return [
        _finding(row, decisions.get(row["expense_finding_id"])) for row in _rows(connection, schema, _FINDINGS, project)
    ]


def _finding(row: dict[str, Any], decision: Decision | None) -> Finding:
    holds = decision is not None and decision.holds_for(row["amount_at_stake_eur"])
    return Finding(
        row["expense_finding_id"], row["rule_code"], row["finding_severity_code"], row["project_name"],
        row["partner_name"], row["claim_number"], row["cost_category_code"], row["irregularity_code"],
        row["amount_at_stake_eur"], row["amount_suggested_eur"], row["field_name"], row["found_text"],
        row["expected_text"], row["source_file_name"], row["source_sheet_name"], row["source_row_number"],
        row["expense_number"], row["expense_count"], row["evidence"]["rows"],
        decision.decision_code if decision and holds else "OPEN", decision,
    )  # fmt: skip


def read_rejects(connection: Connection, run_id: str | None = None) -> list[dict[str, Any]]:
    """Lines of the exports that could not be read: where they stand and why.

    Args:
        run_id: of this run; else all that are open and belong to files that were taken in.
    """
    rows = connection.execute(
        text(
            "select part, position, payload ->> 'fichier' as file, payload ->> 'feuille' as sheet,"
            " payload ->> 'ligne' as row, errors from ops.reject where source = 'synergie' and status = 'open'"
            " and case when cast(:run_id as text) is null then"
            "  not exists (select 1 from ops.run r where r.run_id = reject.run_id and r.outcome = 'held')"
            " else run_id = :run_id end order by id"
        ),
        {"run_id": run_id},
    ).mappings()
    return [
        {
            "file": row["file"] or row["part"],
            "sheet": row["sheet"],
            "row": int(row["row"]) if row["row"] else None,
            "errors": row["errors"],
        }
        for row in rows
    ]


def _rows(connection: Connection, schema: str, query: str, project: str | None = None) -> list[dict[str, Any]]:
    statement = text(query.replace("{schema}", schema))
    parameters = {"project": project} if ":project" in query else {}
    return [dict(row) for row in connection.execute(statement, parameters).mappings()]
