"""Rows of the claim report on the advance of the claims, and on how partners calculate and staff."""

from __future__ import annotations

from publish.claim_data import ClaimData
from publish.claim_tables import Rows
from publish.claim_words import Words


def progress_rows(data: ClaimData, words: Words) -> Rows:
    """Every claim of the calendar, those not filed yet included."""
    return [
        [
            row["project_code"], row["claim_sequence"], words.code("claim_progress", row["claim_progress_code"]),
            " – ".join(
                words.day(row[name]) for name in ("claim_period_start_date", "claim_period_end_date") if row[name]
            ),
            f"{row['filed_partner_count']} / {row['partner_count']}", row["amount_declared_eur"],
            row["amount_certified_eur"], row["amount_received_eur"], row["amount_declared_cumulative_eur"],
            row["amount_certified_cumulative_eur"], row["amount_budget_eur"], row["declared_cumulative_pct"],
        ]
        for row in data.progress
    ]  # fmt: skip


def method_rows(data: ClaimData, words: Words) -> Rows:
    """The method of each category, and what was declared by another one."""
    return [
        [
            row["project_code"], row["partner_name"], words.code("cost_category", row["cost_category_code"]),
            words.code("cost_method", row["cost_method_code"]), words("yes") if row["is_planned"] else words("no"),
            row["amount_declared_eur"], row["amount_other_method_eur"],
        ]
        for row in data.methods
    ]  # fmt: skip


def staff_rows(data: ClaimData, words: Words) -> Rows:
    """Staff time against full time."""
    return [
        [
            row["project_code"], row["partner_name"], str(row["work_year"]), row["person_count"], row["expense_count"],
            row["person_months"], row["hours_worked"], row["hours_limit"], row["overfull_month_count"],
            row["overfull_year_count"], words("yes") if row["is_plausible"] else words("no"),
            row["amount_declared_eur"],
        ]
        for row in data.staff
    ]  # fmt: skip
