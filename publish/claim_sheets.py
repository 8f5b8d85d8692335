"""The sheets of the claim report after the summary, in order."""

from __future__ import annotations

from publish.claim_partner_tables import method_rows, progress_rows, staff_rows
from publish.claim_tables import (
    Table,
    cent_remarks,
    claims_rows,
    columns,
    detailed_consumption_rows,
    duplicates_rows,
    financing_rows,
    findings_rows,
    partner_consumption_rows,
    rules_rows,
    unreadable_rows,
)

_MONEY = tuple(
    f"{key}:amount"
    for key in ("budget", "declared", "certified", "rejected", "parked", "consumed", "remaining", "forecast")
)
_PLACE = ("file:text:36", "sheet:text:16", "row:number:8")

SHEETS: tuple[Table, ...] = (
    Table(
        "sheet_findings",
        columns(
            *("severity:text:12", "rule:text:8", "label:long:32", "project", "partner:long:30", "claim:text:10"),
            *("category:long:26", "expense_number:text:12", "field", "found", "expected"),
            *("amount_at_stake:amount", "suggested:amount", *_PLACE, "lines:number", "explanation:long"),
            *("correction:long", "status:text:16", "decided_by", "decided_on:day", "reason:long", "finding:text:38"),
        ),
        findings_rows,
    ),
    Table(
        "sheet_unreadable",
        columns(*_PLACE, "explanation:long:90"),
        unreadable_rows,
        note="unreadable_note",
    ),
    Table(
        "sheet_consumption",
        columns("project", "partner:long:40", *_MONEY, "share:percent", "state"),
        partner_consumption_rows,
        totals=True,
        note="note_values",
    ),
    Table(
        "detail",
        columns(
            *("level", "project", "partner:long:40", "category:long:30", "work_package", "method"),
            *(*_MONEY, "share:percent", "state"),
        ),
        detailed_consumption_rows,
    ),
    Table(
        "sheet_duplicates",
        columns(
            *("group:number", "severity", "rule:long:30", "partner:long:40", "claim:text:10", "expense_number"),
            *("declared:amount", "found", *_PLACE, "status", "finding:text:38"),
        ),
        duplicates_rows,
    ),
    Table(
        "sheet_financing",
        columns(
            *("basis", "project", "partner:long:40", "outside", "total_eur:amount", "erdf:amount", "national:amount"),
            *("own:amount", "rate_of_total:amount", "check", "currency", "given:amount", "equivalent:amount"),
        ),
        financing_rows,
        note="note_cent",
        remarks=cent_remarks,
    ),
    Table(
        "sheet_claims",
        columns(
            *("project", "claim:text:10", "partner:long:40", "period:text:26", "submitted:day", "certified_on:day"),
            *("lines:count", "header_total:amount", "lines_total:amount", "certified:amount", "erdf:amount"),
            "received:amount",
        ),
        claims_rows,
    ),
    Table(
        "sheet_progress",
        columns(
            *("project", "claim:text:10", "progress", "period:text:26", "filed_partners:text:14", "declared:amount"),
            *("certified:amount", "received:amount", "declared_so_far:amount", "certified_so_far:amount"),
            *("budget:amount", "declared_share:percent"),
        ),
        progress_rows,
        note="note_progress",
    ),
    Table(
        "sheet_methods",
        columns(
            *("project", "partner:long:40", "category:long:30", "cost_method", "in_plan:text:12", "declared:amount"),
            "other_method:amount",
        ),
        method_rows,
        note="note_methods",
    ),
    Table(
        "sheet_staff",
        columns(
            *("project", "partner:long:40", "year:text:8", "persons:number", "lines:number", "person_months:number"),
            *("hours:number", "hours_limit:number", "overfull_months:number", "overfull_persons:number"),
            *("plausible:text:12", "declared:amount"),
        ),
        staff_rows,
        note="note_staff",
    ),
    Table(
        "sheet_rules",
        columns(
            *("rule:text:8", "label:long:36", "severity", "confirmed", "explanation:long:70", "correction:long"),
            *("irregularity:text:12", "source:long"),
        ),
        rules_rows,
        note="note_unconfirmed",
    ),
)
