"""The programme's financing plan: one workbook, partner totals as printed and cost lines by category."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from pathlib import Path

from sandbox.feeds.synergie_columns import CATEGORIES
from sandbox.feeds.synergie_xlsx import workbook
from sandbox.truth import Truth
from sandbox.world.project import FEDER_RATE, Partner, Project, cents

FILE = "Plan_financement_programme.xlsx"
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


def write_budget(
    inbox: Path, projects: list[Project], totals: Mapping[tuple[str, int, str], Decimal],
    overspent: Mapping[tuple[int, str], Decimal], truth: Truth,
) -> str:  # fmt: skip
    """Write the plan; the two categories in ``overspent`` get less than was declared. Gives the file name."""
    book = workbook(inbox / FILE)
    plan, detail = book.add_worksheet("Plan de financement"), book.add_worksheet("Postes")
    plan.write_string(0, 0, "PROGRAMME FICTIF – PLAN DE FINANCEMENT")
    plan.write_row(2, 0, ["PROJET", "PARTENAIRE", "PAYS", "BUDGET TOTAL", "FEDER 85%", "CPN", "AUTOFINANCEMENT"])
    detail.write_row(
        0, 0, ["Projet/Progetto", "Partenaire/Partner", "Poste de dépense/Voce di spesa", "Méthode/Metodo", "Budget"]
    )
    row, line = 2, 0
    for project in projects:
        budget_sum = feder_sum = Decimal(0)
        for partner in project.partners:
            budget = Decimal(0)
            for category, words in CATEGORIES.items():
                declared = totals.get((project.code, partner.index, category), Decimal(0))
                if not declared:
                    continue
                amount = budget_of(declared, overspent.get((partner.index, category), _HEADROOM))
                budget += amount
                line += 1
                italian = partner.country == "IT"
                detail.write_row(
                    line, 0, [project.code, partner.name, words[italian], _methods(partner, category)[italian]]
                )
                detail.write_number(line, 4, float(amount))
            feder = cents(budget * FEDER_RATE)
            rest = budget - feder
            cpn, own = (rest, Decimal(0)) if partner.country == "IT" else (Decimal(0), rest)
            row += 1
            plan.write_row(
                row, 0, [project.code, partner.name, COUNTRY[partner.country], *map(_euro, (budget, feder, cpn, own))]
            )
            budget_sum, feder_sum = budget_sum + budget, feder_sum + feder
        row += 1
        plan.write_row(row, 0, [project.code, "BUDGET TOTAL DU PROJET", "", _euro(budget_sum), _euro(feder_sum)])
    # An associated partner outside the total, and an amount whose thousands separator was eaten.
    plan.write_row(row + 1, 0, [projects[0].code, "+ Institut valaisan des cimes (fictif)", "SUISSE", "306 200 CHF"])
    plan.write_row(
        row + 2,
        0,
        [
            projects[0].code,
            "Fondazione del Passo (fittizio)",
            "ITALIE",
            "288.11",
            "244 893,50 €",
            "43 216,50 €",
            "0,00 €",
        ],
    )
    truth.spoilt(
        "synergie",
        "budgets",
        f"{FILE}#Plan de financement#{row + 3}",
        "BUDGET TOTAL",
        "thousands_dot_eaten",
        "288110.00",
    )
    truth.unreadable.append({
        "source": "synergie", "stream": "budgets", "key": f"{FILE}#Plan de financement#{row + 3}",
        "field": "BUDGET TOTAL", "kind": "thousands_dot_eaten",
    })  # fmt: skip
    book.close()
    return FILE
