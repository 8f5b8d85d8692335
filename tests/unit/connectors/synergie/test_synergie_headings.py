"""Headings: the alias table, near misses, lost accents; and the contract it feeds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.synergie.cells import AMOUNT_FIELDS
from connectors.synergie.headings import is_heading, lost_accents, map_columns, normalise, preamble_labels, profile
from connectors.synergie.totals import Ledger
from connectors.synergie.workbook import CONTRACTS
from schemas.sources.synergie import DATE_FIELDS, Depense


def _map(*headings: str, kind: str = "depenses") -> dict[str, str]:
    columns = map_columns(1, dict(enumerate(headings)), {}, profile(kind))
    return {headings[column]: name for column, name in columns.columns.items()}


@pytest.mark.parametrize("kind", sorted(CONTRACTS))
def test_every_alias_leads_to_a_field_of_the_contract(kind: str) -> None:
    composed = {"periode", *(("code_projet",) if kind in ("budgets", "postes") else ())}
    table = profile(kind)
    targets = {name for name, _ in table.aliases.values()} | {n for names in table.weak.values() for n in names}
    allowed = set(CONTRACTS[kind].model_fields) | composed | table.none_of
    assert targets <= allowed
    assert table.needs <= targets


def test_the_reader_knows_every_amount_and_day_of_the_contracts() -> None:
    for contract in CONTRACTS.values():
        for name, info in contract.model_fields.items():
            if name.startswith("montant_") and name != "montant_ambigu":
                assert name in AMOUNT_FIELDS
            if name.startswith("date_") or name.startswith("periode_"):
                assert name in DATE_FIELDS
            assert info.annotation is not float


@pytest.mark.parametrize(
    "heading",
    ["N° facture", "n. FACTURE", "  Numéro de facture ", "N°  Facture", "Nº facture", "num. facture", "N° DE FACTURE"],
)
def test_one_heading_in_many_writings(heading: str) -> None:
    assert normalise(heading) == "n facture"


def test_weak_headings_take_what_is_free() -> None:
    assert _map("Référence", "N° facture") == {"N° facture": "numero_facture", "Référence": "reference_interne"}
    assert _map("Référence") == {"Référence": "numero_facture"}


def test_near_misses_are_accepted_only_when_one_field_is_near() -> None:
    assert _map("Beneificary Name") == {"Beneificary Name": "partenaire"}
    assert _map("Date de paiment", "Date de paiement") == {"Date de paiement": "date_paiement"}
    assert _map("Couleur", "WP9", "Du 1") == {}


def test_bilingual_and_unit_parts() -> None:
    assert _map("Project Number/Codice del progetto", "Chef de file (O/N)/Capofila (S/N)", "TVA (€)") == {
        "Project Number/Codice del progetto": "code_projet",
        "Chef de file (O/N)/Capofila (S/N)": "role_partenaire",
        "TVA (€)": "montant_tva",
    }
    assert _map("Fournisseur/Montant TTC") == {}


def test_a_summary_is_no_expense_list_and_a_claim_list_is_told_from_both() -> None:
    summary = map_columns(1, {0: "Catégorie", 1: "Montant déclaré"}, {}, profile("depenses"))
    assert not is_heading(summary, profile("depenses"))
    claims = {0: "N° demande", 1: "Partenaire", 2: "Total déclaré"}
    assert is_heading(map_columns(1, claims, {}, profile("demandes")), profile("demandes"))
    assert not is_heading(map_columns(1, claims, {}, profile("depenses")), profile("depenses"))
    with_supplier = {**claims, 3: "Fournisseur"}
    assert not is_heading(map_columns(1, with_supplier, {}, profile("demandes")), profile("demandes"))


def test_lost_accents_are_recognised_and_plain_underscores_are_not() -> None:
    kind = profile("depenses")
    assert lost_accents(["B_n_ficiaire"], kind) == ("B_n_ficiaire", "Bénéficiaire")
    assert lost_accents(["Montant d?clar?"], kind) == ("Montant d?clar?", "Montant déclaré")
    assert lost_accents(["code_projet", "numero_facture", "N_x"], kind) is None


def test_labels_above_the_table() -> None:
    labels = preamble_labels()
    assert labels[normalise("Extrait le")] == "extrait_le"
    assert labels[normalise("N. progetto")] == "code_projet"


def test_a_subtotal_may_stand_for_any_run_of_lines() -> None:
    ledger = Ledger()
    for amount in (1, 2):
        ledger.add({"x": Decimal(amount)})
    assert ledger.total("sous_total", 3, "Sous-total", {"x": Decimal(3)})[0].conforme
    ledger.add({"x": Decimal(10)})
    assert ledger.total("sous_total", 5, "Sous-total", {"x": Decimal(10)})[0].conforme
    assert ledger.total("sous_total", 6, "Sous-total partenaire", {"x": Decimal(13)})[0].conforme
    (wrong,) = ledger.total("total", 7, "Total général", {"x": Decimal(10)})
    assert (wrong.attendu, wrong.difference, wrong.conforme) == (Decimal(13), Decimal(-3), False)
    (unreadable,) = ledger.total("total", 8, "Total général", {"x": None})
    assert (unreadable.difference, unreadable.conforme) == (None, False)


def test_keys_do_not_depend_on_where_a_line_stood() -> None:
    line = {"code_projet": "1", "partenaire": "A", "montant_declare": Decimal("2.00"), "sha256_fichier": "x"}
    first = Depense.model_validate({**line, "fichier": "a", "ligne": 2})
    second = Depense.model_validate(
        {**line, "fichier": "b", "ligne": 9, "feuille": "S", "langue": "it", "section": "WP"}
    )
    assert first.record_key() == second.record_key()
    assert (
        first.record_key() != Depense.model_validate({**line, "libelle": "y", "fichier": "a", "ligne": 2}).record_key()
    )
    numbered = {**line, "code_projet": "1|2", "numero_depense": "3", "occurrence": 2, "fichier": "a", "ligne": 2}
    assert Depense.model_validate(numbered).record_key() == "1/2|A|3|#2"
