"""Lists with the traps of hand-made files; every figure and name here is made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pydantic import ValidationError

from connectors.core.http import HttpClient
from connectors.core.landing import land
from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import FetchContext, RawRecord, UnreadRecord

Row = tuple[str, Any, list[tuple[str, str]]]
Read = Callable[..., list[Row]]
HEAD = "N° projet;Partenaire;N° dépense;Libellé;Montant déclaré"
ABOVE = ("Projet : 9901;;;", "Partenaire : CCI (fictif);;;")
SHORT = "N° dépense;Libellé;Montant HT;Montant déclaré"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the lines of a CSV, or the sheets of a workbook: (position, record, [(field, rule)])."""

    def run(*content: str, stream: str = "depenses", **sheets: list[list[Any]]) -> list[Row]:
        path = _book(tmp_path / "b.xlsx", sheets) if sheets else tmp_path / "c.csv"
        if content:
            path.write_bytes("\r\n".join(content).encode())
        source = get_source("synergie", {"options": {"files": [str(path)]}})
        kind, connector = source.stream(stream), get_connector("synergie")
        context = FetchContext(HttpClient(source), source)
        landed = land(
            tmp_path / f"l{stream}", "synergie", stream, stream, connector.fetch(kind, context), context.notes
        )
        contract = get_contract(kind)
        return [_checked(contract, record) for part in landed.parts for record in connector.read(source, kind, part)]

    return run


def read_book(path: Path, folder: Path) -> list[RawRecord]:
    """The expense lines of a workbook as the connector gives them."""
    source = get_source("synergie", {"options": {"files": [str(path)]}})
    kind, connector = source.stream("depenses"), get_connector("synergie")
    context = FetchContext(HttpClient(source), source)
    landed = land(folder / "l", "synergie", "x", "x", connector.fetch(kind, context), context.notes)
    records = [record for part in landed.parts for record in connector.read(source, kind, part)]
    return [record.record() if isinstance(record, UnreadRecord) else record for record in records]


def _book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


def _checked(contract: type[Any], record: Any) -> Row:
    record = record.record() if isinstance(record, UnreadRecord) else record
    problems = [(d.field, d.rule) for d in record.defects]
    try:
        return record.position, contract.model_validate(record.data), problems
    except ValidationError as error:
        return record.position, None, problems + [(str(e["loc"][0]), e["type"]) for e in error.errors()]


@pytest.mark.parametrize(
    ("heading", "currency"),
    [
        ("Montant déclaré (CHF)", "CHF"),
        ("Montant de la dépense déclarée en CHF", "CHF"),
        ("Montant déclaré EUR", "EUR"),
    ],
)
def test_the_currency_of_a_heading_is_that_of_its_amounts(read: Read, heading: str, currency: str) -> None:
    ((_, record, problems),) = read(HEAD.replace("Montant déclaré", heading), "1;A (fictif);1;x;100")
    assert (record.devise, problems) == (currency, [])


@pytest.mark.parametrize("heading", ["Montant déclaré (k€)", "Montant de la dépense déclarée (milliers)"])
def test_amounts_in_thousands_are_refused_by_their_heading(read: Read, heading: str) -> None:
    head = HEAD + ";" + heading.replace("déclaré", "certifié").replace("de la dépense certifiée", "certifié")
    ((_, _, problems),) = read(head, "1;A (fictif);1;x;100;5")
    assert "scaled_amounts" in [rule for _, rule in problems]
    ((position, _, problems),) = read(HEAD.replace("Montant déclaré", heading), "1;A (fictif);1;x;100")
    assert (position, problems[0]) == ("file", ("(file)", "no_heading"))


def test_a_currency_column_must_agree_with_the_sign_beside_the_amount(read: Read) -> None:
    lines = ["1;A (fictif);1;x;100 €;CHF", "1;A (fictif);2;x;100;Francs suisses", "1;A (fictif);3;x;100 €;Euro"]
    against, francs, euros = read(HEAD + ";Devise", *lines)
    assert against[2] == [("devise", "currencies")]
    assert [(row[1].devise, row[2]) for row in (francs, euros)] == [("CHF", []), ("EUR", [])]


def test_with_an_exchange_rate_the_currency_column_is_that_of_the_document(read: Read) -> None:
    ((_, record, problems),) = read(HEAD + ";Devise;Taux de change", "1;A (fictif);1;x;100 €;CHF;1,08")
    assert (record.devise, problems) == ("CHF", [])


def test_an_amount_alone_in_its_row_is_refused_where_it_cannot_be_read(read: Read) -> None:
    first, odd = read(HEAD, "1;A (fictif);1;x;100", ";;;;12,00 abc")
    assert first[2] == []
    assert ("montant_declare", "decimal_text") in odd[2]


def test_what_is_left_of_a_line_is_refused_and_a_heading_of_lines_is_not(read: Read) -> None:
    rows = read(HEAD, "1;A (fictif);1;x;100", ";;7;;", ";;3. Missions;;", "1;A (fictif);2;x;100")
    assert [(row[0], row[1] is None) for row in rows] == [("row 2", False), ("row 3", True), ("row 5", False)]
    assert rows[2][1].section == "3. Missions"


def test_codes_typed_as_numbers_lose_their_decimal(read: Read) -> None:
    ((_, record, _),) = read(HEAD + ";SIRET", "9901.0;A (fictif);1.0;x;100;00000000000000.0")
    assert (record.record_key(), record.fournisseur_id) == ("9901|A (fictif)|1|", "00000000000000")


def test_an_error_under_an_unknown_heading_is_refused_like_a_value(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [*HEAD.split(";"), "Couleur"])
    sheet.write_row(1, 0, ["1", "A (fictif)", 1, "x", 100])
    sheet.write_formula("F2", "=1/0", None, "#DIV/0!")
    book.close()
    (record,) = read_book(path, tmp_path)
    assert [(d.field, d.rule, d.value) for d in record.defects] == [("Couleur", "unknown_column", "#DIV/0!")]


def _checks(rows: list[Row]) -> list[tuple[int, str, str | None, bool]]:
    return [(c.ligne, c.champ, c.libelle, c.conforme) for _, c, _ in rows]


def test_a_sum_without_a_word_is_a_total_and_no_expense(read: Read) -> None:
    lines = (*ABOVE, SHORT, "1;x;10;12", "2;y;5;6", ";;15;18", "3;z;1;1", ";;16;19")
    assert [row[1].numero_depense for row in read(*lines)] == ["1", "2", "3"]
    unnamed = "(sans libellé)"
    assert _checks(read(*lines, stream="controles")) == [
        (6, "montant_ht", unnamed, True), (6, "montant_declare", unnamed, True),
        (8, "montant_ht", unnamed, True), (8, "montant_declare", unnamed, True),
    ]  # fmt: skip


def test_amounts_without_a_word_that_are_no_sum_are_refused_and_not_summed(read: Read) -> None:
    lines = (*ABOVE, SHORT, "1;x;10;12", "2;y;5;6", ";;15;17", "Total;;15;18")
    assert [row[2] for row in read(*lines)] == [[], [], [("libelle", "amounts_only")]]
    assert [ok for *_, ok in _checks(read(*lines, stream="controles"))] == [True, True]


@pytest.mark.parametrize(
    "word", ["À reporter", "Riporto", "S/Total", "TOT.", "Importo totale", "Cumul", "Montant total"]
)
def test_other_words_for_a_sum(read: Read, word: str) -> None:
    lines = (*ABOVE, SHORT, "1;x;10;12", "2;y;5;6", f";{word};15;99")
    assert [row[1].numero_depense for row in read(*lines)] == ["1", "2"]
    assert [ok for *_, ok in _checks(read(*lines, stream="controles"))] == [True, False]


def test_a_text_that_begins_like_a_sum_is_an_expense(read: Read) -> None:
    rows = read(*ABOVE, SHORT, ";Report des frais de mission;10;12", ";Ensemble mobilier;5;6")
    assert [row[1].montant_declare for row in rows] == [12, 6]


@pytest.mark.parametrize("label", ["di cui IVA", "dont TVA"])
def test_a_part_of_a_sum_is_refused_as_what_it_is(read: Read, label: str) -> None:
    rows = read(*ABOVE, SHORT, "1;x;10;12", "Total;;10;12", f";{label};2;2", f"2;{label};2;2")
    assert [row[2] for row in rows] == [[], [("libelle", "part_of_total")], []]


def test_a_row_that_may_be_a_sum_is_kept_and_says_so(read: Read) -> None:
    rows = read(*ABOVE, SHORT, "1;x;10;12", "2;y;5;6", ";Solde;15;18", ";Avion;7;8")
    assert [{note.regle for note in row[1].avertissements} for row in rows] == [
        set(),
        set(),
        {"peut_etre_un_total"},
        set(),
    ]


def test_a_supplier_called_total_is_none_without_a_number_either(read: Read) -> None:
    rows = read(*ABOVE, "Fournisseur;Libellé;Montant déclaré", "Total Énergies (fictif);Carburant;60")
    assert [(row[1].fournisseur, row[1].montant_declare) for row in rows] == [("Total Énergies (fictif)", 60)]


def test_a_heading_in_another_order_holds_for_the_lines_below_it(read: Read) -> None:
    first = "N° projet;Partenaire;N° dépense;Montant HT;Montant TTC;Montant déclaré"
    other = "N. progetto;Beneficiario;N. spesa;Importo totale documento;Imponibile;Importo rendicontato"
    rows = read(
        first, "1;A (fictif);1;100;120;120", other, "1;A (fictif);2;120;100;120", first, "1;A (fictif);3;100;120;120"
    )
    assert [(row[0], row[1].montant_ht, row[1].montant_ttc) for row in rows] == [
        ("row 2", 100, 120), ("row 4", 100, 120), ("row 6", 100, 120),
    ]  # fmt: skip


def test_a_row_with_a_cell_too_many_is_refused_even_where_the_last_is_empty(read: Read) -> None:
    head = "N° projet;Partenaire;N° dépense;Montant déclaré;Fournisseur;Libellé;Commentaire"
    rows = read(head, "1;A (fictif);1;100;Dupont (fictif);x;", "1;A (fictif);2;100;Dupont; Fils (fictif);achat;")
    assert [row[2] for row in rows] == [[], [("(row)", "cells")]]
    assert all(row[2] == [] for row in read(HEAD, "1;A (fictif);1;x;100;", "1;A (fictif);2;x;100;"))


def test_one_number_on_two_sheets_is_two_expenses_and_a_copied_sheet_is_none(read: Read) -> None:
    head = HEAD.split(";")
    first, second = ["1", "A (fictif)", 1, "x", 100], ["1", "A (fictif)", 1, "autre", 50]
    rows = read(DR1=[head, first], DR2=[head, second], Copie=[head, first])
    assert [row[1].record_key() for row in rows] == ["1|A (fictif)|1|", "1|A (fictif)|1|#2", "1|A (fictif)|1|"]


@pytest.mark.parametrize("above", ["Date d'extraction : février 2020", "Période : 2e semestre 2019"])
def test_a_preamble_that_cannot_be_read_rejects_no_line(read: Read, above: str) -> None:
    ((_, record, problems),) = read(above + ";;;;", HEAD, "1;A (fictif);1;x;100")
    assert problems == []
    (note,) = record.avertissements
    assert (note.regle, note.valeur) == ("preambule_illisible", above.partition(" : ")[2])


def test_a_period_may_be_written_out_and_may_change_between_the_lines(read: Read) -> None:
    lines = (
        "Période : du 1er juillet 2019 au 31 décembre 2019;;;;", HEAD, "1;A (fictif);1;x;100",
        "Periodo dal 01/01/2020 al 30/06/2020;;;;", "1;A (fictif);2;x;100",
    )  # fmt: skip
    spans = [(f"{row[1].periode_debut}", f"{row[1].periode_fin}") for row in read(*lines)]
    assert spans == [("2019-07-01", "2019-12-31"), ("2020-01-01", "2020-06-30")]


def test_the_currency_above_the_table_is_a_default(read: Read) -> None:
    rows = read("Devise : Euro;;;;", HEAD, "1;A (fictif);1;x;100 €", "1;A (fictif);2;x;100", "1;A (fictif);3;x;100 CHF")
    assert [(row[1].devise, row[2]) for row in rows] == [("EUR", []), ("EUR", []), ("CHF", [])]


def test_a_heading_over_two_rows_may_stand_again(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for top, number in ((0, 1), (3, 2)):
        for column, text in enumerate(["N° projet", "Partenaire", "N° dépense"]):
            sheet.merge_range(top, column, top + 1, column, text)
        sheet.merge_range(top, 3, top, 4, "Facture")
        sheet.write_row(top + 1, 3, ["N°", "Date"])
        sheet.merge_range(top, 5, top + 1, 5, "Montant déclaré")
        sheet.write_row(top + 2, 0, ["1", "A (fictif)", number, f"F{number}", "01/02/2019", 10])
    book.close()
    rows = read_book(path, tmp_path)
    assert [(r.data["numero_facture"], r.data["montant_declare"], r.defects) for r in rows] == [
        ("F1", 10, ()),
        ("F2", 10, ()),
    ]


def test_sums_by_partner_without_a_word_are_totals_even_of_one_line(read: Read) -> None:
    lines = (
        HEAD,
        "1;A (fictif);1;x;10",
        "1;A (fictif);2;y;5",
        ";A (fictif);;;15",
        "1;B (fictif);3;z;1",
        ";B (fictif);;;1",
        ";;;;16",
    )
    assert [row[1].numero_depense for row in read(*lines)] == ["1", "2", "3"]
    assert [(c[0], c[3]) for c in _checks(read(*lines, stream="controles"))] == [(4, True), (6, True), (7, True)]


def test_a_plan_without_known_heading_names_what_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("Projet;Partenaire;Pays;Coût total (k€);FEDER\n1;A (fictif);FR;10;8,5\n")
    (record,) = read_book(path, tmp_path)
    (defect,) = record.defects
    assert "'Coût total (k€)' (in thousands or millions: write units)" in defect.message
