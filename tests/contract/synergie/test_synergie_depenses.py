"""Expense lists as people draw and keep them; every figure and name here is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from pydantic import ValidationError

from connectors.core.errors import BadConfig, NotConfigured
from connectors.core.http import HttpClient
from connectors.core.landing import Landed, land
from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import FetchContext, UnreadRecord
from schemas.sources.synergie import Depense

FR = [
    "N° projet", "Partenaire", "Chef de file (O/N)", "N° dépense", "N° demande de remboursement",
    "Période du … au …", "WP", "Catégorie", "Méthode de calcul", "Type de pièce", "Fournisseur", "SIRET / n° TVA",
    "N° facture", "Date facture", "N° mandat / virement", "Date de paiement", "Libellé", "Montant HT", "TVA",
    "TVA récupérable (O/N)", "Montant TTC", "Taux d'affectation (%)", "Montant déclaré", "Montant certifié", "Statut",
]  # fmt: skip
IT = {
    "N° projet": "N. progetto", "Partenaire": "Beneficiario", "N° dépense": "N. spesa",
    "N° demande de remboursement": "N. domanda di rimborso", "Catégorie": "Voce di spesa",
    "Fournisseur": "Fornitore", "N° facture": "N. fattura", "Date facture": "Data fattura",
    "Date de paiement": "Data pagamento", "Libellé": "Descrizione", "Montant déclaré": "Importo rendicontato",
}  # fmt: skip
LINE: dict[str, Any] = {
    "N° projet": "9901", "Partenaire": "CCI Exemple (fictif)", "Chef de file (O/N)": "O", "N° dépense": "12",
    "N° demande de remboursement": "2", "Période du … au …": "01/07/2019 - 31/12/2019", "WP": "3",
    "Catégorie": "Expertise et services externes", "Méthode de calcul": "réel", "Type de pièce": "Facture",
    "Fournisseur": "Imprimerie du Col (fictif)", "SIRET / n° TVA": "00000000000000", "N° facture": "00451",
    "Date facture": "15/09/2019", "N° mandat / virement": "778", "Date de paiement": "02/10/2019",
    "Libellé": "Plaquette bilingue", "Montant HT": "1 000,00", "TVA": "200,00", "TVA récupérable (O/N)": "N",
    "Montant TTC": "1 200,00 €", "Taux d'affectation (%)": "100", "Montant déclaré": "1.200,00",
    "Montant certifié": "", "Statut": "En cours de saisie",
}  # fmt: skip
SHORT = ["N° projet", "Partenaire", "N° dépense", "Libellé", "Montant déclaré"]
Outcome = tuple[str, Any, list[tuple[str, str]]]
Reader = Callable[..., list[Outcome]]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Lands files through the connector and validates what it reads: (position, record, [(field, rule)])."""
    turns: Iterator[int] = iter(range(1000))

    def run(*paths: Path, stream: str = "depenses", **options: Any) -> list[Outcome]:
        settings = {"options": {"files": [str(p) for p in paths], **options}}
        landed, source = _land(tmp_path / f"landing{next(turns)}", stream, settings)
        kind = source.stream(stream)
        connector, contract = get_connector("synergie"), get_contract(kind)
        return [_validated(contract, record) for part in landed.parts for record in connector.read(source, kind, part)]

    return run


def _land(root: Path, stream: str, settings: dict[str, Any]) -> tuple[Landed, Any]:
    source = get_source("synergie", settings)
    context = FetchContext(HttpClient(source), source)
    parts = get_connector("synergie").fetch(source.stream(stream), context)
    return land(root, "synergie", stream, stream, parts, context.notes), source


def _validated(contract: type[Any], record: Any) -> Outcome:
    record = record.record() if isinstance(record, UnreadRecord) else record
    problems = [(d.field, d.rule) for d in record.defects]
    try:
        return record.position, contract.model_validate(record.data), problems
    except ValidationError as error:
        return record.position, None, problems + [(str(e["loc"][0]), e["type"]) for e in error.errors()]


def _csv(
    path: Path,
    lines: list[dict[str, Any]],
    headings: list[str] | None = None,
    *,
    delimiter: str = ";",
    encoding: str = "utf-8",
) -> Path:
    names = headings or FR
    rows = [names, *[[str(line.get(name, "")) for name in names] for line in lines]]
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    return path


def _rules(record: Any) -> set[tuple[str, str]]:
    return {(note.champ, note.regle) for note in record.avertissements}


def _sheet(path: Path, rows: list[list[Any]], **options: Any) -> Path:
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def test_every_column_of_a_french_list_lands_in_its_field(read: Reader, tmp_path: Path) -> None:
    ((position, record, problems),) = read(_csv(tmp_path / "d.csv", [LINE]))
    assert (position, problems) == ("row 2", [])
    assert record.model_dump(exclude={"sha256_fichier", "fichier"}, exclude_none=True) == {
        "code_projet": "9901", "partenaire": "CCI Exemple (fictif)", "role_partenaire": "LP",
        "numero_depense": "12", "numero_demande": "2", "periode_debut": date(2019, 7, 1),
        "periode_fin": date(2019, 12, 31), "code_wp": "3", "categorie": "Expertise et services externes",
        "methode": "réel", "type_piece": "Facture", "fournisseur": "Imprimerie du Col (fictif)",
        "fournisseur_id": "00000000000000", "numero_facture": "00451", "date_facture": date(2019, 9, 15),
        "reference_paiement": "778", "date_paiement": date(2019, 10, 2), "libelle": "Plaquette bilingue",
        "montant_ht": Decimal("1000.00"), "montant_tva": Decimal("200.00"), "tva_recuperable": False,
        "montant_ttc": Decimal("1200.00"), "taux_affectation": Decimal("100.00"),
        "montant_declare": Decimal("1200.00"), "statut": "En cours de saisie", "devise": "EUR",
        "langue": "fr", "ligne": 2, "ligne_masquee": False, "occurrence": 1, "montant_ambigu": False,
        "lectures_alternatives": {}, "avertissements": (),
    }  # fmt: skip
    assert record.record_key() == "9901|CCI Exemple (fictif)|12|2"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_encoding_and_delimiter_do_not_change_the_line(
    read: Reader, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    ((_, record, problems),) = read(_csv(tmp_path / "d.csv", [LINE], encoding=encoding, delimiter=delimiter))
    assert problems == []
    assert (record.libelle, record.montant_declare) == ("Plaquette bilingue", Decimal("1200.00"))
    assert record.record_key() == "9901|CCI Exemple (fictif)|12|2"


def test_italian_headings_in_any_order(read: Reader, tmp_path: Path) -> None:
    line = {IT[name]: LINE[name] for name in IT}
    ((_, record, problems),) = read(_csv(tmp_path / "spese.csv", [line], sorted(IT.values())))
    assert problems == []
    assert (record.langue, record.fournisseur, record.date_paiement) == (
        "it", "Imprimerie du Col (fictif)", date(2019, 10, 2),
    )  # fmt: skip


def test_a_double_in_one_file_is_kept_apart(read: Reader, tmp_path: Path) -> None:
    outcome = read(_csv(tmp_path / "a.csv", [LINE, LINE | {"Montant déclaré": "999,00"}, LINE]))
    base = "9901|CCI Exemple (fictif)|12|2"
    assert [record.record_key() for _, record, _ in outcome] == [base, f"{base}#2", f"{base}#3"]


def test_of_a_line_in_two_files_the_newer_file_counts(read: Reader, tmp_path: Path) -> None:
    import os

    old = _csv(tmp_path / "a.csv", [LINE, LINE | {"N° dépense": "13"}, LINE | {"N° dépense": "14"}])
    lines = [
        LINE | {"Statut": "Validée"},
        LINE | {"N° dépense": "13", "Montant déclaré": "abc"},  # rejected, so the older one stays
        LINE | {"N° dépense": "15"},
    ]
    new = _csv(tmp_path / "b.csv", lines, list(reversed(FR)))
    os.utime(old, (1_000_000_000, 1_000_000_000))
    good = [record for _, record, problems in read(old, new) if not problems]
    seen = sorted((r.numero_depense, r.statut, r.fichier) for r in good)
    assert seen == [
        ("12", "Validée", "b.csv"), ("13", "En cours de saisie", "a.csv"),
        ("14", "En cours de saisie", "a.csv"), ("15", "En cours de saisie", "b.csv"),
    ]  # fmt: skip
    (check,) = [record for _, record, _ in read(old, new, stream="controles")]
    assert (check.nature, check.fichier, check.trouve, check.conforme) == ("lignes_remplacees", "a.csv", 1, True)


def test_lines_without_number_get_a_key_from_their_content(read: Reader, tmp_path: Path) -> None:
    bare = {k: v for k, v in LINE.items() if k != "N° dépense"}
    other = bare | {"Libellé": "Affiche"}
    first = [r.record_key() for _, r, _ in read(_csv(tmp_path / "a.csv", [bare, other, bare]))]
    assert len(set(first)) == 3
    assert first[2] == f"{first[0]}#2"
    book = _sheet(tmp_path / "b.xlsx", [FR, [other.get(n, "") for n in FR], [bare.get(n, "") for n in FR]])
    assert [r.record_key() for _, r, _ in read(book)] == [first[1], first[0]]


def test_misspelt_heading_warns_and_an_unknown_one_rejects_the_lines_that_use_it(read: Reader, tmp_path: Path) -> None:
    names = [n.replace("Fournisseur", " Fournisseurr ") for n in FR] + ["Couleur"]
    lines = [LINE | {" Fournisseurr ": "X (fictif)", "Couleur": "bleu"}, LINE | {" Fournisseurr ": "Y (fictif)"}]
    bad, good = read(_csv(tmp_path / "d.csv", lines, names))
    assert ("Couleur", "unknown_column") in bad[2]
    assert good[2] == []
    assert good[1].fournisseur == "Y (fictif)"
    assert ("fournisseur", "entete_approchante") in _rules(good[1])


def test_two_columns_for_one_field_must_agree(read: Reader, tmp_path: Path) -> None:
    lines = [LINE | {"N. fattura": "00451"}, LINE | {"N° dépense": "13", "N. fattura": "999"}]
    same, differs = read(_csv(tmp_path / "d.csv", lines, [*FR, "N. fattura"]))
    assert same[2] == []
    assert differs[2] == [("numero_facture", "column_twice")]


def test_bilingual_headings_over_two_rows(read: Reader, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Export")
    for column, text in enumerate(["Code projet / Codice progetto", "Partner/Partenaire", "N° dépense"]):
        sheet.merge_range(2, column, 3, column, text)
    sheet.merge_range("D3:E3", "Facture")
    sheet.write_row("D4", ["N°", "Date"])
    sheet.merge_range("F3:F4", "Montant déclaré\nImporto rendicontato (€)")
    sheet.merge_range("G3:G4", "Chef de file (O/N)/Capofila (S/N)")
    sheet.write_row("A5", ["9901", "CCI (fictif)", 7, "00123"])
    sheet.write_datetime("E5", datetime.fromisoformat("2020-02-29"), book.add_format({"num_format": "d/m/yy"}))
    sheet.write_number("F5", 451412.010000000009313)
    sheet.write("G5", "sì")
    book.close()
    ((position, record, problems),) = read(path)
    assert (position, problems) == ("sheet Export row 5", [])
    assert (record.numero_depense, record.numero_facture, record.role_partenaire) == ("7", "00123", "LP")
    assert (record.date_facture, record.montant_declare) == (date(2020, 2, 29), Decimal("451412.01"))


def _listing(path: Path) -> Path:
    """A workbook with preamble, sections, subtotals, a grand total, a hidden row and another sheet."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Dépenses")
    rows: list[list[Any]] = [
        ["Programme Interreg (extrait fictif)"],
        ["Projet : 9901", None, "Acronyme :", "EXEMPLE"],
        ["Date d'extraction : 05/02/2020"],
        ["Période du 01/07/2019 au 31/12/2019"],
        ["Partenaire", "N° dépense", "Catégorie", "Fournisseur", "Libellé", "Montant TTC", "Montant déclaré"],
        ["WP : 3"],
        ["CCI (fictif)", 1, "Personnel", None, "Salaires", 1000, 1000],
        ["CCI (fictif)", 2, "Personnel", None, "Salaires", 500.5, 500.5],
        ["Sous-total WP 3", None, None, None, None, 1500.5, 1500.5],
        ["WP : 4"],
        ["CCI (fictif)", 3, "Déplacements", "Total Énergies (fictif)", "Total carburant", 60, 60],
        ["CCI (fictif)", 4, "Déplacements", "Avoir (fictif)", "Remboursement", -10, -10],
        ["Totale WP 4", None, None, None, None, 50, 55],
        ["TOTAL GÉNÉRAL", None, None, None, None, 1550.5, 1550.5],
    ]
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    sheet.set_row(7, None, None, {"hidden": True})
    book.add_worksheet("Lisez-moi").write(0, 0, "Explications")
    book.close()
    return path


def test_preamble_sections_and_totals_are_told_from_lines(read: Reader, tmp_path: Path) -> None:
    outcome = read(_listing(tmp_path / "l.xlsx"))
    assert [problems for _, _, problems in outcome] == [[], [], [], []]
    lines = [record for _, record, _ in outcome]
    assert [(r.ligne, r.numero_depense, r.section, r.code_wp) for r in lines] == [
        (7, "1", "WP : 3", "3"), (8, "2", "WP : 3", "3"), (11, "3", "WP : 4", "4"), (12, "4", "WP : 4", "4"),
    ]  # fmt: skip
    assert {(r.code_projet, r.acronyme, r.extrait_le) for r in lines} == {("9901", "EXEMPLE", date(2020, 2, 5))}
    assert {(r.periode_debut, r.periode_fin) for r in lines} == {(date(2019, 7, 1), date(2019, 12, 31))}
    assert [r.ligne_masquee for r in lines] == [False, True, False, False]
    assert lines[3].montant_declare == Decimal("-10.00")


def test_printed_totals_are_held_against_their_lines(read: Reader, tmp_path: Path) -> None:
    checks = [record for _, record, _ in read(_listing(tmp_path / "l.xlsx"), stream="controles")]
    seen = [(c.ligne, c.nature, c.champ, c.attendu, c.difference, c.conforme) for c in checks]
    assert seen == [
        (9, "sous_total", "montant_ttc", Decimal("1500.50"), Decimal("0.00"), True),
        (9, "sous_total", "montant_declare", Decimal("1500.50"), Decimal("0.00"), True),
        (13, "sous_total", "montant_ttc", Decimal("50.00"), Decimal("0.00"), True),
        (13, "sous_total", "montant_declare", Decimal("50.00"), Decimal("5.00"), False),
        (14, "total", "montant_ttc", Decimal("1550.50"), Decimal("0.00"), True),
        (14, "total", "montant_declare", Decimal("1550.50"), Decimal("0.00"), True),
        (1, "feuille_sans_entete", "(sheet)", None, None, True),
    ]


def test_ambiguous_amounts_keep_both_readings(read: Reader, tmp_path: Path) -> None:
    amounts = ["1.200,50", "288.11", "1.234", "2.000.000", "(12,00)", "7 776 901 €"]
    lines = [
        {"N° projet": "1", "Partenaire": "A (fictif)", "N° dépense": str(n), "Libellé": "x", "Montant déclaré": a}
        for n, a in enumerate(amounts)
    ]
    records = [record for _, record, _ in read(_csv(tmp_path / "d.csv", lines, SHORT))]
    assert [(r.montant_declare, r.lectures_alternatives.get("montant_declare")) for r in records] == [
        (Decimal("1200.50"), None), (Decimal("288.11"), Decimal("288110.00")),
        (Decimal("1234.00"), Decimal("1.234")), (Decimal("2000000.00"), None), (Decimal("-12.00"), None),
        (Decimal("7776901.00"), None),
    ]  # fmt: skip
    assert [r.montant_ambigu for r in records] == [False, True, True, False, False, False]
    assert ("montant_declare", "montant_ambigu") in _rules(records[1])


def test_the_other_amounts_of_the_line_settle_a_doubt(read: Reader, tmp_path: Path) -> None:
    lines = [
        LINE | {"Montant HT": "1,234", "TVA": "0,00", "Montant TTC": "1 234,00", "Montant déclaré": "1.234"},
        LINE | {"N° dépense": "13", "Montant HT": "", "Montant TTC": "", "Montant déclaré": "1,234"},
    ]
    settled, open_ = [record for _, record, _ in read(_csv(tmp_path / "d.csv", lines))]
    assert (settled.montant_ht, settled.lectures_alternatives["montant_ht"]) == (Decimal("1234.00"), Decimal("1.234"))
    assert {("montant_ht", "montant_tranche"), ("montant_declare", "montant_tranche")} <= _rules(settled)
    assert open_.montant_declare == Decimal("1.234")
    assert _rules(open_) == {("montant_declare", "montant_ambigu")}


def test_unreadable_values_reject_the_line_with_the_field_and_the_rule(read: Reader, tmp_path: Path) -> None:
    lines = [
        LINE | {"N° dépense": "1", "Montant déclaré": "douze"},
        LINE | {"N° dépense": "2", "Date de paiement": "31/02/2020"},
        LINE | {"N° dépense": "3", "Partenaire": ""},
        LINE | {"N° dépense": "4", "Montant TTC": "12 34"},
        LINE | {"N° dépense": "5"},
    ]
    outcome = read(_csv(tmp_path / "d.csv", lines))
    assert [problems for _, _, problems in outcome] == [
        [("montant_declare", "decimal_text")], [("date_paiement", "date_text")], [("partenaire", "string_type")],
        [("montant_ttc", "decimal_text")], [],
    ]  # fmt: skip


def test_formulas_never_calculated_and_error_cells_reject_amounts_but_not_texts(read: Reader, tmp_path: Path) -> None:
    names = ["N° projet", "Partenaire", "N° dépense", "Libellé", "Commentaire", "Montant déclaré"]
    book = openpyxl.Workbook()
    book.active.append(names)
    book.active.append(["9901", "CCI (fictif)", 1, "a", "b", "=10+2"])
    book.active.append(["9901", "CCI (fictif)", 2, "a", "=A1", 12])
    book.save(tmp_path / "f.xlsx")
    never, text = read(tmp_path / "f.xlsx")
    assert never[2][0] == ("montant_declare", "formula_without_value")
    assert text[2] == []
    assert ("commentaire", "cellule_en_erreur") in _rules(text[1])

    writer = xlsxwriter.Workbook(str(tmp_path / "e.xlsx"))
    sheet = writer.add_worksheet()
    sheet.write_row(0, 0, names)
    sheet.write_row(1, 0, ["9901", "CCI (fictif)", 1, "a", "b"])
    sheet.write_formula(1, 5, "=#REF!*2", None, "#REF!")
    writer.close()
    ((_, _, problems),) = read(tmp_path / "e.xlsx")
    assert problems[0] == ("montant_declare", "error_cell")


def test_texts_merged_over_lines_hold_for_all_but_amounts_are_not_multiplied(read: Reader, tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["N° projet", "Partenaire", "N° dépense", "Montant HT", "Montant déclaré"])
    sheet.merge_range("A2:A3", "9901")
    sheet.merge_range("B2:B3", "CCI (fictif)")
    sheet.merge_range("D2:D3", 100)
    sheet.write_column("C2", [1, 2])
    sheet.write_column("E2", [50, 50])
    book.close()
    records = [record for _, record, problems in read(path) if not problems]
    assert [(r.partenaire, r.montant_ht) for r in records] == [
        ("CCI (fictif)", Decimal("100.00")), ("CCI (fictif)", None),
    ]  # fmt: skip


def test_several_values_in_one_cell_are_cut_only_by_a_rule(read: Reader, tmp_path: Path) -> None:
    lines = [dict(zip(SHORT, ["9901", "A (fictif); B (fictif)", "1", "x", "10,00; 20,00"], strict=True))]
    path = _csv(tmp_path / "d.csv", lines, SHORT, delimiter="|")
    ((_, _, problems),) = read(path)
    assert problems == [("montant_declare", "decimal_text")]
    rule = [{"columns": ["partenaire", "montant_declare"], "separator": ";"}]
    records = [record for _, record, _ in read(path, split=rule)]
    assert [(r.partenaire, r.montant_declare) for r in records] == [
        ("A (fictif)", Decimal("10.00")), ("B (fictif)", Decimal("20.00")),
    ]  # fmt: skip
    lines[0]["Montant déclaré"] = "1; 2; 3"
    ((_, _, problems),) = read(_csv(tmp_path / "e.csv", lines, SHORT, delimiter="|"), split=rule)
    assert ("partenaire", "split_counts") in problems


def test_days_as_text_serials_short_years_and_shifted_midnights(read: Reader, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["N° projet", "Partenaire", "N° dépense", "Date de paiement", "Montant déclaré"]]
    days = ["18.03.13", "2018-01-31T21:00:00Z", 42063, "4 marzo 2019"]
    rows += [["9901", "CCI (fictif)", number, value, 1] for number, value in enumerate(days)]
    outcome = read(_sheet(tmp_path / "mac.xlsx", rows, date_1904=True))
    records = [record for _, record, _ in outcome]
    assert [r.date_paiement for r in records] == [
        date(2013, 3, 18), date(2018, 2, 1), date(2019, 3, 1), date(2019, 3, 4),
    ]  # fmt: skip
    assert [sorted(_rules(r)) for r in records] == [
        [("date_paiement", "annee_deux_chiffres")], [("date_paiement", "date_decalee")],
        [("date_paiement", "date_en_nombre")], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "body", "rule"),
    [
        ("vide.xlsx", b"", "empty_file"),
        ("session.xlsx", b"<html><body>Connexion</body></html>", "html_not_xlsx"),
        ("ancien.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "xls_legacy"),
        ("mac.csv", "Libellé;Montant déclaré;Bénéficiaire\nété;1;é\n".encode("mac_roman"), "encoding"),
        ("perdu.csv", b"N projet;B_n_ficiaire;N d_pense;Montant d_clar_\n1;a;2;3\n", "lost_accents"),
        ("autre.csv", b"nom;age\nx;1\n", "no_heading"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_reject_and_the_others_go_on(
    read: Reader, tmp_path: Path, name: str, body: bytes, rule: str
) -> None:
    bad, good = tmp_path / name, _csv(tmp_path / "bon.csv", [LINE])
    bad.write_bytes(body)
    outcome = read(bad, good)
    ((record, problems),) = [(record, problems) for position, record, problems in outcome if position == "file"]
    assert record is None
    assert problems[0] == ("(file)", rule)
    ((other, fine),) = [(record, problems) for position, record, problems in outcome if position == "row 2"]
    assert isinstance(other, Depense)
    assert fine == []
    assert read(bad, stream="demandes") == []


def test_a_file_cut_in_the_middle_gives_no_half(read: Reader, tmp_path: Path) -> None:
    path = _csv(tmp_path / "d.csv", [LINE])
    path.write_bytes(path.read_bytes() + b'\r\n9901;"' + b"x;" * 600_000)
    ((position, _, problems),) = read(path)
    assert (position, problems[0]) == ("file", ("(file)", "csv"))


def test_claims_take_from_the_lines_of_their_file_and_are_held_against_them(read: Reader, tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Riepilogo"
    book.active.append(["N. domanda", "Beneficiario", "Totale rendicontato", "FESR"])
    book.active.append([2, "CCI Exemple (fictif)", 1300, 1105])
    lines = book.create_sheet("Dépenses")
    lines.append(["Date de dépôt : 30/01/2020"])
    lines.append(FR)
    lines.append([LINE[n] for n in FR])
    book.save(path)
    ((_, claim, problems),) = read(path, stream="demandes")
    assert problems == []
    assert (claim.record_key(), claim.date_depot, claim.periode_fin, claim.montant_demande) == (
        "9901|CCI Exemple (fictif)|2", date(2020, 1, 30), date(2019, 12, 31), Decimal("1300.00"),
    )  # fmt: skip
    assert ("code_projet", "repris_du_classeur") in _rules(claim)
    assert len(read(path)) == 1
    (check,) = [record for _, record, _ in read(path, stream="controles")]
    assert (check.nature, check.attendu, check.trouve, check.conforme) == (
        "demande", Decimal("1200.00"), Decimal("1300.00"), False,
    )  # fmt: skip


def test_equal_bytes_under_two_names_are_taken_once(read: Reader, tmp_path: Path) -> None:
    first, second = _csv(tmp_path / "a.csv", [LINE]), _csv(tmp_path / "copie.csv", [LINE])
    assert len(read(first, second)) == 1


def test_inbox_is_read_safely_and_what_is_left_out_is_noted(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    _csv(inbox / "dé penses\u202e.csv", [LINE])
    _csv(inbox / "a.csv.part", [LINE])
    _csv(inbox / ".cache.csv", [LINE])
    (inbox / "lien.csv").symlink_to(_csv(tmp_path / "ailleurs.csv", [LINE]))
    landed, _ = _land(tmp_path / "l", "depenses", {"options": {"inbox": str(inbox), "quiet_seconds": 0}})
    (part,) = landed.parts
    assert part.name.endswith("-de-penses.csv")
    assert part.meta["fichier"] == "dé penses\ufffd.csv"
    missing = {"options": {"files": [str(tmp_path / "lien.csv"), str(inbox / "lien.csv")]}}
    landed, _ = _land(tmp_path / "m", "depenses", missing)
    assert landed.parts == ()
    assert len(landed.notes["refused"]) == 2


def test_settings_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="inbox"):
        _land(tmp_path / "l", "depenses", {})
    with pytest.raises(BadConfig, match="inbox_unreadable"):
        _land(tmp_path / "m", "depenses", {"options": {"inbox": str(tmp_path / "nowhere")}})
    with pytest.raises(BadConfig, match="path"):
        _land(tmp_path / "n", "budgets", {"options": {"budgets": [{"path": "x.csv"}]}})


def test_an_empty_inbox_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    landed, _ = _land(tmp_path / "l", "depenses", {"options": {"inbox": str(tmp_path / "inbox")}})
    assert landed.parts == ()


def test_rereading_gives_the_same_keys_in_the_same_order(read: Reader, tmp_path: Path) -> None:
    path = _listing(tmp_path / "l.xlsx")
    assert [str(record) for _, record, _ in read(path)] == [str(record) for _, record, _ in read(path)]
