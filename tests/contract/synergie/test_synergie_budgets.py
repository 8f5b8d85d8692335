"""Financing plans: partner lines, totals, partners outside the ERDF, one cent of rounding. All made up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.core.http import HttpClient
from connectors.core.landing import land
from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import FetchContext
from connectors.synergie.budget import share

PLAN = (
    "PARTENAIRE;PAYS;BUDGET TOTAL;FEDER 85%\n"
    "Commune du Lac (fictif);FRANCE;100 000.30 €;85 000.25 €\n"
    "Comune del Passo (fittizio);ITALIE;200 000.50;170 000.42 €\n"
    "BUDGET TOTAL DU PROJET;;300 000.80 €;255 000.67 €\n"
    "+ Vallée Suisse (fictif);SUISSE;306 200 CH fr.;\n"
)


def _read(tmp_path: Path, stream: str, plans: list[dict[str, Any]]) -> list[Any]:
    source = get_source("synergie", {"options": {"budgets": plans}})
    kind = source.stream(stream)
    connector, contract = get_connector("synergie"), get_contract(kind)
    context = FetchContext(HttpClient(source), source)
    landed = land(tmp_path / stream, "synergie", stream, "r", connector.fetch(kind, context), context.notes)
    records = [record for part in landed.parts for record in connector.read(source, kind, part)]
    assert all(not record.defects for record in records)
    return [contract.model_validate(record.data) for record in records]


@pytest.fixture
def plan(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "plan.csv"
    path.write_text(PLAN, encoding="cp1252")
    return [{"path": str(path), "project": "LAC"}]


def test_lines_totals_and_partners_outside_the_erdf(tmp_path: Path, plan: list[dict[str, Any]]) -> None:
    lines = _read(tmp_path, "budgets", plan)
    seen = [(x.record_key(), x.pays, x.montant_total, x.devise, x.feder, x.taux_feder) for x in lines]
    rate = Decimal(85)
    assert seen == [
        ("LAC|partenaire|Commune du Lac (fictif)", "FRANCE", Decimal("100000.30"), "EUR", Decimal("85000.25"), rate),
        (
            "LAC|partenaire|Comune del Passo (fittizio)", "ITALIE", Decimal("200000.50"), "EUR",
            Decimal("170000.42"), rate,
        ),
        ("LAC|total|", None, Decimal("300000.80"), "EUR", Decimal("255000.67"), rate),
        ("LAC|hors_feder|Vallée Suisse (fictif)", "SUISSE", Decimal("306200.00"), "CHF", None, None),
    ]  # fmt: skip


def test_truncated_shares_and_the_sum_of_the_parts_are_in_order(tmp_path: Path, plan: list[dict[str, Any]]) -> None:
    checks = {(c.nature, c.champ, c.ligne): c for c in _read(tmp_path, "controles", plan)}
    assert all(check.conforme for check in checks.values())
    assert set(checks) == {
        ("taux_feder", "feder", 2), ("taux_feder", "feder", 3), ("somme_budget", "montant_total", 4),
        ("somme_budget", "feder", 4), ("taux_du_total", "feder", 4),
    }  # fmt: skip
    assert checks["taux_du_total", "feder", 4].difference == Decimal("-0.01")
    assert {c.projet for c in checks.values()} == {"LAC"}


def test_shares_are_truncated_not_rounded() -> None:
    assert share(Decimal("100000.30"), Decimal(85)) == Decimal("85000.25")
    assert share(Decimal("0.0199"), Decimal(100)) == Decimal("0.01")


def test_a_wrong_share_and_a_wrong_total_are_found(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(PLAN.replace("170 000.42", "170 000.43").replace("300 000.80", "300 001.00"), encoding="utf-8")
    wrong = [c for c in _read(tmp_path, "controles", [{"path": str(path), "project": "LAC"}]) if not c.conforme]
    assert [(c.nature, c.champ, c.difference) for c in wrong] == [
        ("taux_feder", "feder", Decimal("0.01")), ("somme_budget", "montant_total", Decimal("0.20")),
        ("taux_du_total", "feder", Decimal("-0.18")),
    ]  # fmt: skip


def test_own_headings_of_a_plan_come_from_the_deployment(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("Organismo;Nazione;Quota FESR 80%\nEnte (fittizio);ITALIA;80,00\n", encoding="utf-8")
    columns = {"Organismo": "partenaire", "Nazione": "pays", "Quota FESR": "montant_total"}
    (line,) = _read(tmp_path, "budgets", [{"path": str(path), "project": "P", "columns": columns}])
    assert (line.partenaire, line.montant_total, line.taux_feder) == ("Ente (fittizio)", Decimal("80.00"), Decimal(80))


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Plan"
    for row in (
        ["PROJET", "PARTENAIRE", "PAYS", "BUDGET TOTAL", "FEDER 85%", "CPN", "AUTOFINANCEMENT"],
        ["X1", "A (fictif)", "FRANCE", "1 000,00 €", "850,00 €", "0,00 €", "150,00 €"],
        ["X1", "B (fittizio)", "ITALIE", "2 000,00 €", "1 700,00 €", "300,00 €", "0,00 €"],
        ["X1", "TOTAL DU PROJET", None, "3 000,00 €", "2 550,00 €", None, None],
        ["X2", "A (fictif)", "FRANCE", "288.11", "244 893,50 €", "43 216,50 €", "0,00 €"],
    ):
        book.active.append(row)
    by_category = book.create_sheet("Postes")
    for category in (
        ["Projet/Progetto", "Partenaire/Partner", "Poste de dépense/Voce di spesa", "Méthode/Metodo", "Budget"],
        ["X1", "A (fictif)", "Frais de personnel", "Coûts réels", 900],
        ["X1", "A (fictif)", "Déplacements", "Coûts réels", 100],
        ["X1", "B (fittizio)", "Personale", "Costi reali", 1999],
    ):
        by_category.append(category)
    book.save(path)
    return path


def test_a_workbook_of_several_projects_names_them_itself(tmp_path: Path) -> None:
    plans = [{"path": str(_workbook(tmp_path / "p.xlsx")), "project": "unused"}]
    lines = _read(tmp_path, "budgets", plans)
    assert [x.record_key() for x in lines] == [
        "X1|partenaire|A (fictif)", "X1|partenaire|B (fittizio)", "X1|total|", "X2|partenaire|A (fictif)",
    ]  # fmt: skip
    categories = _read(tmp_path, "postes", plans)
    first = categories[0]
    assert (first.record_key(), first.methode, first.montant_total) == (
        "X1|A (fictif)|Frais de personnel", "Coûts réels", Decimal("900.00"),
    )  # fmt: skip


def test_a_thousands_dot_that_was_eaten_is_settled_by_the_sources_of_funds(tmp_path: Path) -> None:
    lines = _read(tmp_path, "budgets", [{"path": str(_workbook(tmp_path / "p.xlsx")), "project": "unused"}])
    assert (lines[3].montant_total, lines[3].lectures_alternatives) == (
        Decimal("288110.00"), {"montant_total": Decimal("288.11")},
    )  # fmt: skip
    assert lines[3].montant_ambigu
    assert [note.regle for note in lines[3].avertissements] == ["montant_ambigu", "montant_tranche"]


def test_categories_are_held_against_the_line_of_their_partner(tmp_path: Path) -> None:
    checks = _read(tmp_path, "controles", [{"path": str(_workbook(tmp_path / "p.xlsx")), "project": "unused"}])
    seen = [(c.libelle, c.difference, c.conforme) for c in checks if c.nature == "somme_postes"]
    assert seen == [("A (fictif)", Decimal("0.00"), True), ("B (fittizio)", Decimal("1.00"), False)]


def test_a_plan_takes_its_project_from_the_other_sheets_of_its_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    plan = book.active
    plan.append(["PARTENAIRE", "PAYS", "BUDGET TOTAL", "FEDER 85%"])
    plan.append(["Commune du Lac (fictif)", "FRANCE", "100 000.30 €", "85 000.25 €"])
    posts = book.create_sheet("Postes")
    posts.append(["Projet", "Partenaire", "Poste de dépense", "Méthode de calcul", "Budget"])
    posts.append(["SYN-1", "Commune du Lac (fictif)", "Équipement", "Coûts réels", 100000.30])
    path = tmp_path / "plan.xlsx"
    book.save(path)
    source = get_source("synergie", {"options": {"files": [str(path)]}})
    kind = source.stream("budgets")
    connector = get_connector("synergie")
    context = FetchContext(HttpClient(source), source)
    landed = land(tmp_path / "l", "synergie", "budgets", "r", connector.fetch(kind, context), context.notes)
    [record] = [
        get_contract(kind).model_validate(r.data) for p in landed.parts for r in connector.read(source, kind, p)
    ]
    assert record.projet == "SYN-1"
    assert ("projet", "repris_du_classeur") in {(note.champ, note.regle) for note in record.avertissements}
