"""Rows of the claim report, the same for the workbook and the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from publish.claim_data import DUPLICATE_RULES, SEVERITIES, ClaimData, Finding
from publish.claim_words import Words

Kind = Literal["text", "long", "amount", "count", "number", "percent", "day"]
Rows = list[list[Any]]


@dataclass(frozen=True)
class TableColumn:
    """A column: the key of its heading and what it holds; amounts and counts can be summed, numbers cannot."""

    key: str
    kind: Kind = "text"
    width: int | None = None

    @property
    def is_summed(self) -> bool:
        """A total of the column has a meaning."""
        return self.kind in ("amount", "count")


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        key: key of its title.
        rows: makes the rows, amounts as ``Decimal``, days as ``date``.
        totals: a total of the summed columns stands below.
        note: key of a text under the title.
        remarks: sentences about figures of the table, which stand under it.
    """

    key: str
    columns: Sequence[TableColumn]
    rows: Callable[[ClaimData, Words], Rows]
    totals: bool = False
    note: str = ""
    remarks: Callable[[ClaimData, Words], list[str]] = lambda _data, _words: []

    def title(self, words: Words) -> str:
        """The title in words."""
        return words(self.key)


def columns(*specs: str) -> tuple[TableColumn, ...]:
    """Columns written as ``key``, ``key:kind`` or ``key:kind:width``."""
    made = []
    for spec in specs:
        key, kind, width = [*spec.split(":"), "", ""][:3]
        made.append(TableColumn(key, cast(Kind, kind or "text"), int(width) if width else None))
    return tuple(made)


def _counts(data: ClaimData, words: Words) -> Rows:
    rows: Rows = []
    for severity in SEVERITIES:
        chosen = [finding for finding in data.findings if finding.severity == severity]
        waiting = [finding for finding in chosen if finding.status == "OPEN"]
        rows.append([words.code("finding_severity", severity), len(chosen), len(waiting)])
    if data.rejects:
        rows.append([words("sheet_unreadable"), len(data.rejects), len(data.rejects)])
    return rows


def _by_rule(data: ClaimData, words: Words) -> Rows:
    rows: Rows = []
    for code, rule in sorted(data.rules.items()):
        chosen = [finding for finding in data.findings if finding.rule == code]
        if chosen:
            stake = sum((finding.amount_eur or Decimal(0) for finding in chosen), Decimal(0))
            severity = min((finding.severity for finding in chosen), key=SEVERITIES.index)
            label = f"{code} {words.rule(rule, 'rule_label')}"
            rows.append([label, words.code("finding_severity", severity), len(chosen), stake])
    return rows


def _indicators(data: ClaimData, words: Words) -> Rows:
    return [
        [
            f"{row['indicator_code']} {row['indicator_name_' + words.language]}",
            row["target_value"],
            row["reached_value"],
        ]
        for row in data.indicators
    ]


_CURVE = ("erdf", "due", "certified", "at_risk")


def _curve(data: ClaimData, _words: Words) -> Rows:
    columns = ("deadline_date", "amount_erdf_eur", "amount_due_eur", "amount_certified_erdf_eur", "amount_at_risk_eur")
    return [[row[name] for name in columns] for row in data.decommitment]


def summary_tables(data: ClaimData, words: Words) -> list[Table]:
    """The small tables of the first page; those without a row are left out."""
    tables = [
        Table("severity", columns("severity", "count:count", "open_count:count"), _counts),
        Table("rule", columns("rule", "severity", "count:count", "amount_at_stake:amount"), _by_rule),
        Table("indicators", columns("indicators", "target:number", "reached:number"), _indicators),
        Table("curve", columns("deadline:day", *(f"{key}:amount" for key in _CURVE)), _curve),
    ]
    return [table for table in tables if table.rows(data, words)]


def _finding_row(finding: Finding, data: ClaimData, words: Words) -> list[Any]:
    rule, decision = data.rules[finding.rule], finding.decision
    return [
        words.code("finding_severity", finding.severity), finding.rule, words.rule(rule, "rule_label"),
        finding.project, finding.partner, finding.claim, words.code("cost_category", finding.category),
        finding.expense_number, words.field(finding.field_name), words.value(finding.found, finding.field_name),
        words.value(finding.expected, finding.field_name), finding.amount_eur, finding.suggested_eur, finding.file,
        finding.sheet, finding.row, finding.expense_count, words.rule(rule, "rule_text"),
        words.rule(rule, "correction"), words.code("finding_status", finding.status),
        decision.decided_by if decision else None, decision.decided_at.date() if decision else None,
        decision.reason if decision else None, finding.id,
    ]  # fmt: skip


def findings_rows(data: ClaimData, words: Words) -> Rows:
    """Every finding, errors first."""
    return [_finding_row(finding, data, words) for finding in data.findings]


def unreadable_rows(data: ClaimData, words: Words) -> Rows:
    """Lines that could not be read. What stood in their cells stays out: it may name a person."""
    return [
        [
            row["file"], row["sheet"], row["row"], words.rejects(row["errors"], with_value=False),
        ]
        for row in data.rejects
    ]  # fmt: skip


def _consumption(data: ClaimData, words: Words) -> Rows:
    rows: Rows = []
    for row in data.consumption:
        rows.append([
            words.code("consumption_level", row["consumption_level_code"]), row["project_code"], row["partner_name"],
            words.code("cost_category", row["cost_category_code"]), row["work_package_code"],
            words.code("cost_method", row["cost_method_code"]), row["amount_budget_eur"], row["amount_declared_eur"],
            row["amount_certified_eur"], row["amount_rejected_eur"], row["amount_parked_eur"],
            row["amount_consumed_eur"], row["amount_remaining_eur"], row["amount_forecast_eur"],
            row["consumption_pct"], words.code("consumption_status", row["consumption_status_code"]),
        ])  # fmt: skip
    return rows


def partner_consumption_rows(data: ClaimData, words: Words) -> Rows:
    """Consumption by partner."""
    level = words.code("consumption_level", "PARTNER")
    skip = {3, 4, 5}  # category, work package and method are empty at this level
    rows = [row for row in _consumption(data, words) if row[0] == level]
    return [[value for position, value in enumerate(row) if position not in skip and position > 0] for row in rows]


def detailed_consumption_rows(data: ClaimData, words: Words) -> Rows:
    """Consumption by category and by work package."""
    level = words.code("consumption_level", "PARTNER")
    return [row for row in _consumption(data, words) if row[0] != level]


def duplicates_rows(data: ClaimData, words: Words) -> Rows:
    """The lines of each group of duplicates."""
    rows: Rows = []
    chosen = [finding for finding in data.findings if finding.rule in DUPLICATE_RULES]
    for number, finding in enumerate(chosen, start=1):
        label = words.rule(data.rules[finding.rule], "rule_label")
        for row in finding.evidence:
            amount = None if row["amount_declared_eur"] is None else Decimal(str(row["amount_declared_eur"]))
            rows.append([
                number, words.code("finding_severity", finding.severity), f"{finding.rule} {label}", finding.partner,
                row["claim_number"], row["expense_number"], amount, words.value(finding.found), row["file"],
                row["sheet"], row["row"], words.code("finding_status", finding.status), finding.id,
            ])  # fmt: skip
    return rows


def financing_rows(data: ClaimData, words: Words) -> Rows:
    """Who pays, by basis and partner; the total of a project stands under its partners, with a check."""
    rows: Rows = []
    for row in data.financing:
        is_euro = row["currency_code"] == "EUR"
        rows.append([
            words.code("financing_basis", row["financing_basis_code"]), row["project_code"],
            row["partner_name"] or words("total"), words("yes") if row["is_outside_erdf"] else "",
            row["amount_total_eur"], row["amount_erdf_eur"], row["amount_national_public_eur"],
            row["amount_self_financing_eur"], row["amount_erdf_rate_of_sum_eur"],
            "" if row["partner_name"] else words("check_good" if _adds_up(data, row) else "check_bad"),
            "" if is_euro else row["currency_code"], None if is_euro else row["amount_total_given"],
            row["amount_equivalent_eur"],
        ])  # fmt: skip
    return rows


def _adds_up(data: ClaimData, total: dict[str, Any]) -> bool:
    """The total and the ERDF of a project are the sums of its partners inside the ERDF."""
    parts = [
        row
        for row in data.financing
        if row["partner_name"] and not row["is_outside_erdf"]
        and (row["project_code"], row["financing_basis_code"]) == (total["project_code"], total["financing_basis_code"])
    ]  # fmt: skip
    return all(
        sum((row[name] or Decimal(0) for row in parts), Decimal(0)) == (total[name] or Decimal(0))
        for name in ("amount_total_eur", "amount_erdf_eur")
    )


def cent_remarks(data: ClaimData, words: Words) -> list[str]:
    """Why the ERDF of a project is not the rate of its total, where the two differ."""
    remarks = []
    for row in data.financing:
        shares, rated = row["amount_erdf_eur"], row["amount_erdf_rate_of_sum_eur"]
        if row["partner_name"] or None in (shares, rated) or shares == rated:
            continue
        remarks.append(
            words("cent_remark").format(
                project=row["project_code"],
                basis=words.code("financing_basis", row["financing_basis_code"]),
                rate=words.number(row["erdf_rate_pct"]),
                total=words.amount(row["amount_total_eur"]),
                shares=words.amount(shares),
                rated=words.amount(rated),
                difference=words.amount(abs(rated - shares)),
            )
        )
    return remarks


def claims_rows(data: ClaimData, words: Words) -> Rows:
    """Claims as written and as their lines add up."""
    rows: Rows = []
    for row in data.claims:
        days = [words.day(row[name]) for name in ("claim_period_start_date", "claim_period_end_date") if row[name]]
        rows.append([
            row["project_code"], row["claim_number"], row["partner_name"] or words.code("claim_level", "PROJECT"),
            " – ".join(days), row["submission_date"], row["certificate_date"], row["expense_count"],
            row["amount_declared_eur"], row["amount_lines_eur"], row["amount_certified_eur"], row["amount_erdf_eur"],
            row["amount_received_eur"],
        ])  # fmt: skip
    return rows


def rules_rows(data: ClaimData, words: Words) -> Rows:
    """The registry of rules."""
    return [
        [
            code, words.rule(rule, "rule_label"), words.code("finding_severity", rule["finding_severity_code"]),
            words("yes") if rule["is_confirmed"] else words("no"), words.rule(rule, "rule_text"),
            words.rule(rule, "correction"), rule["irregularity_code"], words.rule(rule, "legal_source"),
        ]
        for code, rule in sorted(data.rules.items())
    ]  # fmt: skip
