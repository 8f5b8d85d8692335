"""The workbook and the page: safe, filtered, exact, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lxml.html
import openpyxl
import pytest

from publish.claim_data import ClaimData
from publish.claim_report_html import render, write_html
from publish.claim_report_xlsx import write_xlsx
from publish.claim_sheets import SHEETS
from publish.claim_words import LANGUAGES, Language, Words

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def workbook(data: ClaimData, path: Path, language: Language = "fr") -> Any:
    write_xlsx(data, Words(language), None, path, NOW)
    return openpyxl.load_workbook(path)


def test_the_workbook_has_its_sheets_in_the_language(claim_data: ClaimData, tmp_path: Path) -> None:
    titles = workbook(claim_data, tmp_path / "r.xlsx", "it").sheetnames
    assert titles == [
        "Sintesi", "Anomalie", "Righe illeggibili", "Consumo", "Consumo dettagliato", "Doppioni", "Finanziamento",
        "Domande", "Avanzamento", "Metodi di calcolo", "Tempo di personale", "Regole",
    ]  # fmt: skip


def test_the_advance_shows_claims_that_nobody_has_filed(claim_data: ClaimData, tmp_path: Path) -> None:
    shown = workbook(claim_data, tmp_path / "r.xlsx", "fr")["Avance"]
    rows = [[cell for cell in row[:7] if cell is not None] for row in shown.iter_rows(min_row=5, values_only=True)]
    assert rows == [
        ["P", 1, "Déposée", "01/01/2019 – 30/06/2019", "2 / 3", 200, 0],
        ["P", 2, "Pas encore déposée", "01/01/2019 – 30/06/2019", "0 / 3", 0, 0],
    ]


@pytest.mark.parametrize(("language", "source"), [("fr", "Règlement (UE)"), ("it", "Regolamento (UE)")])
def test_the_law_is_named_in_the_language_of_the_reader(claim_data: ClaimData, language: Language, source: str) -> None:
    page = render(claim_data, Words(language), None, NOW)
    assert source in page
    assert "Reg. (EU)" not in page


def test_every_table_is_filtered_and_its_heading_frozen(claim_data: ClaimData, tmp_path: Path) -> None:
    book = workbook(claim_data, tmp_path / "r.xlsx")
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A5"
        if sheet.max_row > 5 or sheet["A5"].value not in (None, "Rien à signaler."):
            assert sheet.auto_filter.ref and sheet.auto_filter.ref.startswith("A4:")


def test_no_text_is_a_formula(claim_data: ClaimData, tmp_path: Path) -> None:
    book = workbook(claim_data, tmp_path / "r.xlsx")
    formulas = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas, "check cells are formulas"
    assert all(str(cell.value).startswith("=IF(ABS(SUM(") for cell in formulas)
    findings = book["Anomalies"]
    hostile = [cell for row in findings.iter_rows() for cell in row if str(cell.value).startswith("=cmd")]
    assert [cell.data_type for cell in hostile] == ["s"]
    assert all(cell.quotePrefix for cell in hostile), "it stays a text when somebody edits it"


def test_totals_are_values_and_their_check_cells_agree(claim_data: ClaimData, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    workbook(claim_data, path)
    shown = openpyxl.load_workbook(path, data_only=True)["Consommation"]
    rows = list(shown.iter_rows(min_row=4, values_only=True))
    heading, total, check = rows[0], rows[3], rows[4]
    assert total[0] == "Total"
    assert total[heading.index("Budget (€)")] == 3000.30
    assert total[heading.index("Déclaré (€)")] == 300.10
    assert check[heading.index("Budget (€)")] == "concordant"


def test_the_sum_of_the_parts_is_shown_beside_the_rate_of_the_sum(claim_data: ClaimData, tmp_path: Path) -> None:
    shown = workbook(claim_data, tmp_path / "r.xlsx")["Financement"]
    rows = list(shown.iter_rows(min_row=4, values_only=True))
    total = dict(zip(rows[0], rows[5], strict=True))
    assert (total["FEDER (€)"], total["Taux appliqué au total (€)"]) == (1244137.34, 1244137.35)
    assert total["Vérification"] == "concordant"
    assert "centime" in str(shown["A2"].value)
    abroad = dict(zip(rows[0], rows[4], strict=True))
    assert (abroad["Total (€)"], abroad["Montant en devise"], abroad["Hors FEDER"]) == (None, 306200, "oui")


def test_the_cent_is_explained_where_the_table_stands(claim_data: ClaimData, tmp_path: Path) -> None:
    shown = workbook(claim_data, tmp_path / "r.xlsx", "it")["Finanziamento"]
    [remark] = [cell.value for cell in shown["A"] if "1.244.137,34" in str(cell.value)]
    assert all(part in remark for part in ("1.244.137,35", "85 %", "1.463.691,00", "0,01 €", "troncamento"))
    page = render(claim_data, Words("fr"), None, NOW)
    assert "font 1\u202f244\u202f137,34 €" in page and "L&#39;écart de 0,01 € vient de la troncature" in page


def test_unreadable_lines_are_explained_in_the_language_and_show_no_value(
    claim_data: ClaimData, tmp_path: Path
) -> None:
    shown = workbook(claim_data, tmp_path / "r.xlsx", "it")["Righe illeggibili"]
    file, sheet, row, why = [cell.value for cell in shown[5]]
    assert (file, sheet, row) == ("a.xlsx", "Spese", 9)
    assert "Importo totale documento" in why and "montant_ttc" not in why
    assert "Perla" not in why and "Perla" not in render(claim_data, Words("fr"), None, NOW)


def test_each_line_of_a_duplicate_has_its_row(claim_data: ClaimData, tmp_path: Path) -> None:
    shown = workbook(claim_data, tmp_path / "r.xlsx")["Doublons"]
    rows = [row for row in shown.iter_rows(min_row=5, values_only=True) if row[0]]
    assert [(row[0], row[5], row[6], row[10]) for row in rows] == [(1, "1", 600.1, 2), (1, "2", 600.1, 3)]


def test_a_decision_stands_with_who_and_why(claim_data: ClaimData, tmp_path: Path) -> None:
    shown = workbook(claim_data, tmp_path / "r.xlsx")["Anomalies"]
    rows = list(shown.iter_rows(min_row=4, values_only=True))
    decided = dict(zip(rows[0], rows[2], strict=True))
    assert (decided["Suite"], decided["Décidé par"], decided["Motif"]) == (
        "Écartée avec motif",
        "A. Prova",
        "=HYPERLINK(1)",
    )


def test_an_empty_claim_says_so(claim_data: ClaimData, tmp_path: Path) -> None:
    nothing = ClaimData("r", [], claim_data.rules, [], [], [], [], [], [])
    book = workbook(nothing, tmp_path / "r.xlsx")
    assert book["Anomalies"]["A5"].value == "Rien à signaler."
    assert "Rien à signaler." in render(nothing, Words("fr"), None, NOW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_safe(claim_data: ClaimData, tmp_path: Path, language: Language) -> None:
    path = tmp_path / "r.html"
    write_html(claim_data, Words(language), "PROVA (fittizio)", path, NOW)
    page = lxml.html.parse(str(path)).getroot()
    assert page.get("lang") == language
    assert page.xpath("//script") == []
    assert page.xpath("//*[@src] | //link[@href]") == [], "nothing is fetched"
    text = page.text_content()
    assert "<script>alert(1)</script>" in text
    sections = [heading.text_content().split()[0] for heading in page.xpath("//h3")]
    assert sections == ["R06", "R09", "R26", "R04"], "mere information stays in the workbook"
    assert len(page.xpath("//tr[@class='dismissed']")) == 1


def test_the_page_allows_its_own_style_only(claim_data: ClaimData) -> None:
    page = lxml.html.fromstring(render(claim_data, Words("fr"), None, NOW))
    [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_every_heading_and_title_is_told_in_every_language() -> None:
    for language in LANGUAGES:
        words = Words(language)
        for table in SHEETS:
            assert table.title(words)
            assert all(words(column.key) for column in table.columns)
            assert not table.note or words(table.note)
