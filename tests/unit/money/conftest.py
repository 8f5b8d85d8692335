"""A claim as the release would show it, invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from publish.claim_data import ClaimData, Finding
from publish.claim_rules_page import read
from warehouse.decisions import Decision

ZERO = Decimal("0.00")


def finding(rule: str, severity: str, **changes: Any) -> Finding:
    """A finding with the given changes."""
    values: dict[str, Any] = {
        "id": f"fnd_{rule}", "rule": rule, "severity": severity, "project": "PROVA (fittizio)",
        "partner": "Ente Alfa (fictif)", "claim": "1", "category": "EQUIPMENT", "irregularity": "10.1",
        "amount_eur": Decimal("1234.50"), "suggested_eur": None, "field_name": "amount_declared_eur",
        "found": "1234.50", "expected": None, "file": "a.xlsx", "sheet": "Spese", "row": 7, "expense_number": "3",
        "expense_count": 1, "status": "OPEN", "decision": None,
        "evidence": [{"expense_number": "3", "claim_number": "1", "file": "a.xlsx", "sheet": "Spese", "row": 7,
                      "amount_declared_eur": 1234.5}],
    }  # fmt: skip
    return Finding(**{**values, **changes})


def consumption(partner: str, budget: str, declared: str) -> dict[str, Any]:
    """A row of consumption by partner."""
    amount = Decimal(declared)
    return {
        "consumption_level_code": "PARTNER", "project_code": "P", "partner_name": partner, "cost_category_code": None,
        "work_package_code": None, "cost_method_code": None, "amount_budget_eur": Decimal(budget),
        "amount_declared_eur": amount, "amount_certified_eur": ZERO, "amount_rejected_eur": ZERO,
        "amount_parked_eur": ZERO, "amount_consumed_eur": amount, "amount_remaining_eur": Decimal(budget) - amount,
        "amount_forecast_eur": amount, "consumption_pct": Decimal("10.00"), "consumption_status_code": "WITHIN",
    }  # fmt: skip


def share(partner: str | None, total: str, erdf: str, **changes: Any) -> dict[str, Any]:
    """A row of the financing split."""
    values = {
        "financing_basis_code": "BUDGET", "project_code": "P", "partner_name": partner, "is_outside_erdf": False,
        "amount_total_eur": Decimal(total), "amount_erdf_eur": Decimal(erdf), "amount_national_public_eur": None,
        "amount_self_financing_eur": None, "amount_erdf_rate_of_sum_eur": Decimal("1244137.35"),
        "erdf_rate_pct": Decimal(85), "amount_total_given": Decimal(total), "currency_code": "EUR",
        "exchange_rate": None, "amount_equivalent_eur": None,
    }  # fmt: skip
    return {**values, **changes}


@pytest.fixture
def claim_data() -> ClaimData:
    """Two errors (one dismissed), a warning, an information; texts that try to be formulas and markup."""
    decision = Decision(
        "fnd_R06", "REJECTED", "A. Prova", "=HYPERLINK(1)", Decimal("9.00"), datetime(2026, 1, 2, tzinfo=UTC)
    )
    abroad = {"amount_total_eur": None, "amount_erdf_eur": None, "is_outside_erdf": True, "currency_code": "CHF",
              "amount_total_given": Decimal("306200.00"), "amount_equivalent_eur": Decimal("280000.00")}  # fmt: skip
    rules = {
        row["rule_code"]: {**row, "is_confirmed": row["is_confirmed"] == "true"} for row in read("expense_rule_seed")
    }
    return ClaimData(
        release_id="20261121t000000aaaa",
        findings=[
            finding("R09", "ERROR", partner="=cmd|' /C calc'!A0", expected="1000.00", suggested_eur=Decimal("1000.00")),
            finding("R06", "ERROR", amount_eur=Decimal("9.00"), status="REJECTED", decision=decision, found=None),
            finding("R26", "ERROR", expense_count=2, found="200.00", expected="100.00", evidence=[
                {"expense_number": number, "claim_number": "1", "file": "a.xlsx", "sheet": "Spese", "row": row,
                 "amount_declared_eur": 600.1} for number, row in (("1", 2), ("2", 3))
            ]),
            finding(
                "R04", "WARNING", found="2018-12-31", expected="2019-01-01/2021-06-30",
                partner="<script>alert(1)</script>",
            ),
            finding("R30", "INFO", found=None, amount_eur=None),
        ],
        rules=rules,
        consumption=[
            consumption("Ente Alfa (fictif)", "1000.10", "100.05"), consumption("Ente Beta", "2000.20", "200.05"),
        ],
        financing=[
            share("Alta", "425694.00", "361839.90"), share("Media", "422517.30", "359139.70"),
            share("Bassa", "615479.70", "523157.74"), share("Svizzera", "0", "0", **abroad),
            share(None, "1463691.00", "1244137.34"),
        ],
        claims=[{
            "project_code": "P", "partner_name": None, "claim_level_code": "PROJECT", "claim_number": "1",
            "claim_sequence": 1, "claim_period_start_date": date(2019, 1, 1),
            "claim_period_end_date": date(2019, 6, 30), "submission_date": date(2019, 7, 30),
            "certificate_date": None, "amount_declared_eur": Decimal("300.10"),
            "amount_lines_eur": Decimal("300.10"), "amount_certified_eur": None, "amount_erdf_eur": None,
            "amount_received_eur": None, "expense_count": 2,
        }],
        indicators=[{
            "project_code": "P", "indicator_code": "I.1",
            "indicator_name_fr": "Structures", "indicator_name_it": "Strutture",
            "indicator_name_en": "Structures", "target_value": Decimal("13.000"), "reached_value": Decimal("4.000"),
        }],
        decommitment=[],
        rejects=[{"file": "a.xlsx", "sheet": "Spese", "row": 9,
                  "errors": [{"field": "montant_ttc", "value": "Perla Segreta", "rule": "decimal_text",
                              "message": "expected an amount"}]}],
        progress=[
            {
                "project_code": "P", "claim_sequence": number, "claim_progress_code": code,
                "claim_period_start_date": date(2019, 1, 1), "claim_period_end_date": date(2019, 6, 30),
                "partner_count": 3, "filed_partner_count": filed, "amount_declared_eur": Decimal(100 * filed),
                "amount_certified_eur": ZERO, "amount_received_eur": ZERO,
                "amount_declared_cumulative_eur": Decimal(200), "amount_certified_cumulative_eur": ZERO,
                "amount_budget_eur": Decimal(1000), "declared_cumulative_pct": Decimal(20),
            }
            for number, code, filed in ((1, "FILED", 2), (2, "NOT_FILED", 0))
        ],
        methods=[{
            "project_code": "P", "partner_name": "Ente Alfa (fictif)", "cost_category_code": "STAFF",
            "cost_method_code": "FLAT", "is_planned": True, "amount_declared_eur": Decimal("20.00"),
            "amount_other_method_eur": Decimal("1.00"),
        }],
        staff=[{
            "project_code": "P", "partner_name": "Ente Alfa (fictif)", "work_year": 2019, "person_count": 2,
            "expense_count": 14, "person_months": Decimal("7.5000"), "hours_worked": None,
            "hours_limit": Decimal("3440.00"), "overfull_month_count": 1, "overfull_year_count": 0,
            "is_plausible": False, "amount_declared_eur": Decimal("9000.00"),
        }],
    )  # fmt: skip
