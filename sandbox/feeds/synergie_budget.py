"""A project's financing plan: one workbook, partner totals as printed and cost lines by category."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from pathlib import Path

from sandbox.feeds.synergie_columns import CATEGORIES
from sandbox.feeds.synergie_xlsx import workbook
from sandbox.truth import Truth
from sandbox.world.project import FEDER_RATE, Partner, Project, cents

FILE = "Plan_financement_{}.xlsx"
PLAN_HEADINGS = ("PARTENAIRE", "PAYS", "BUDGET TOTAL", "FEDER 85%", "CPN", "AUTOFINANCEMENT")
DETAIL_HEADINGS = ("Projet", "Partenaire", "Poste de dépense", "Méthode de calcul", "Budget")
Totals = Mapping[tuple[str, int, str], Decimal]
"""Declared so far by project, partner and category."""
COUNTRY = {"FR": "FRANCE", "IT": "ITALIE"}
_HEADROOM = Decimal("0.86")


def budget_of(declared: Decimal, used: Decimal) -> Decimal:
    """The budget of which ``declared`` uses the share ``used``; whole hundreds where there is room."""
    budget = declared / used
    step = Decimal(100) if used < 1 else Decimal("0.01")
    return (budget / step).quantize(Decimal(1), rounding=ROUND_UP) * step


def _euro(value: Decimal) -> str:
    return f"{value:,.2f}".replace(",", " ").replace(".", ",") + " €"


def _methods(partner: Partner, category: str) -> tuple[str, str]:
    flat = (category == "staff" and partner.staff_flat) or (category == "office" and partner.office_flat)
    return ("Forfait", "Tasso forfettario") if flat else ("Coûts réels", "Costi reali")


def _categories(
    project: Project, partner: Partner, totals: Totals, overspent: Mapping[tuple[int, str], Decimal]
) -> list[tuple[str, Decimal]]:
    """The partner's budget by category, in the order of the application form."""
    budgets = []
    for category in CATEGORIES:
        declared = totals.get((project.code, partner.index, category), Decimal(0))
        if declared:
            used = overspent.get((partner.index, category), _HEADROOM)
            budgets.append((category, budget_of(declared, used)))
    return budgets


def write_plan(
    folder: Path, project: Project, totals: Totals, overspent: Mapping[tuple[int, str], Decimal], truth: Truth
) -> str:
    """Write the project's plan; the categories in ``overspent`` get less than was declared.

    Two rows after the total: an associated partner outside it, and an amount whose thousands separator
    was eaten by a spreadsheet. Gives the file's name.
    """
    name = FILE.format(project.code)
    book = workbook(folder / name)
    plan, detail = book.add_worksheet("Plan de financement"), book.add_worksheet("Postes")
    plan.write_string(0, 0, f"{project.acronym} – PLAN DE FINANCEMENT (données fictives)")
    plan.write_row(2, 0, PLAN_HEADINGS)
    detail.write_row(0, 0, DETAIL_HEADINGS)
    row, line = 2, 0
    budget_sum = feder_sum = Decimal(0)
    for partner in project.partners:
        italian = partner.country == "IT"
        categories = _categories(project, partner, totals, overspent)
        for category, amount in categories:
            line += 1
            words = (project.code, partner.name, CATEGORIES[category][italian], _methods(partner, category)[italian])
            detail.write_row(line, 0, words)
            detail.write_number(line, len(words), float(amount))
        budget = sum((amount for _, amount in categories), Decimal(0))
        feder = cents(budget * FEDER_RATE)
        cpn, own = (budget - feder, Decimal(0)) if italian else (Decimal(0), budget - feder)
        row += 1
        plan.write_row(row, 0, [partner.name, COUNTRY[partner.country], *map(_euro, (budget, feder, cpn, own))])
        budget_sum, feder_sum = budget_sum + budget, feder_sum + feder
    plan.write_row(row + 1, 0, ["BUDGET TOTAL DU PROJET", "", _euro(budget_sum), _euro(feder_sum)])
    plan.write_row(row + 2, 0, ["+ Institut valaisan des cimes (fictif)", "SUISSE", "306 200 CHF"])
    eaten = ["Fondazione del Passo (fittizio)", "ITALIE", "288.11", "244 893,50 €", "43 216,50 €", "0,00 €"]
    plan.write_row(row + 3, 0, eaten)
    key = f"{name}#Plan de financement#{row + 4}"
    truth.spoilt("synergie", "budgets", key, "BUDGET TOTAL", "thousands_dot_eaten", "288110.00")
    truth.expense_findings.append({
        "scope": "file", "project": project.code, "file": name, "sheet": plan.get_name(), "row": row + 4,
        "rules": ["R31"], "also": [], "severity": "finding", "note": "288.11 that was 288.110",
    })  # fmt: skip
    book.close()
    return name
