"""For every rule, lines that break it and lines that only look so. All names are synthetic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from schemas.sources.synergie import Avertissement, Controle
from tests.db.money.programme import FRENCH, ITALIAN, START, Programme, controlled, document, on

SERVICES = {"categorie": "Compétences et services externes", "libelle": "Étude de gisement"}


def scenarios() -> Programme:
    """The whole programme."""
    made = Programme()
    for add in (_dates, _kinds, _amounts, _control, _currency, _identity, _work_plan, _duplicates, _staff_time):
        add(made)
    for add in (_flat_rates, _budget, _headers, _tables):
        add(made)
    return made


def _dates(p: Programme) -> None:
    p.line("T-R03", "1", date_paiement=date(2024, 1, 1))
    p.line("T-R03", "2", **on("2013-12-30", "2013-12-31"))
    p.line("T-R03", "3", **on("2019-02-01", "2023-12-31"))
    p.expect("R03", "T-R03", "1", "2")
    p.line("T-R04", "1", date_facture=date(2018, 12, 31))
    p.line("T-R04", "2", **on("2019-01-01"))
    p.line("T-R04", "3", date_facture=date(2018, 5, 1), categorie="Frais de préparation du projet")
    p.line("T-R04", "4", **on("2021-06-20", "2021-07-15"))
    p.expect("R04", "T-R04", "1", "4")
    p.line("T-R05", "1", **on("2019-03-02", "2019-03-01"))
    p.line("T-R05", "2", **on("2019-03-01"))
    p.line("T-R05", "3", **on("2019-03-01", "2019-09-01"), numero_demande="2")
    p.line("T-R05", "4", **on("2019-03-02", "2019-03-01"), **document("-10"), type_piece="Avoir")
    p.claim("T-R05", "2", date_depot=date(2019, 8, 1))
    p.expect("R05", "T-R05", "1", "3")
    p.line("T-R06", "1", date_paiement=None)
    p.flat("T-R06", "2", "Frais de bureau", "0.00")
    p.expect("R06", "T-R06", "1")


def _kinds(p: Programme) -> None:
    p.line("CLEAN", "1")
    p.line("CLEAN", "2", partenaire=ITALIAN, cup="B11F19000120007", numero_demande="2")
    p.expect("R29", "CLEAN", "1", "2")
    p.line("T-R29", "1", **SERVICES)
    p.expect("R29", "T-R29")
    p.line("T-R02", "1", categorie="Frais divers")
    p.line("T-R02", "2", categorie="Frais de préparation du projet")
    p.expect("R02", "T-R02", "1")
    p.pay("T-R30", "1", "3000.00")
    p.line("T-R30", "2", **SERVICES)
    p.expect("R30", "T-R30", "1")
    note = Avertissement(champ="montant_ttc", regle="montant_ambigu", valeur="1.200")
    readings = {"montant_ttc": Decimal("1.20")}
    p.line("T-R31", "1", montant_ambigu=True, lectures_alternatives=readings, avertissements=(note,))
    p.line("T-R31", "2")
    p.expect("R31", "T-R31", "1")


def _amounts(p: Programme) -> None:
    p.line("T-R07", "1", **document("100", "20", "120.02"))
    p.line("T-R07", "2", **document("100", "20", "120.01"))
    p.expect("R07", "T-R07", "1")
    p.line("T-R08", "1", **document("100", "20"), tva_recuperable=True, montant_declare=Decimal("100.02"))
    p.line("T-R08", "2", **document("101", "20"), tva_recuperable=True, montant_declare=Decimal("101.01"))
    p.line("T-R08", "3", **document("102", "20"), tva_recuperable=False)
    p.pay("T-R08", "4", "900", **document("900", "200"), tva_recuperable=True)
    p.expect("R08", "T-R08", "1")
    half = {"taux_affectation": Decimal(50)}
    p.line("T-R09", "1", **document("100", "20"), **half, montant_declare=Decimal("60.02"))
    p.line("T-R09", "2", **document("102", "20"), **half, montant_declare=Decimal("61.01"))
    p.expect("R09", "T-R09", "1")
    gross = document("352.30", "70")
    p.line("T-R17L", "1", **gross, montant_declare=Decimal("422.30"), feder=Decimal("358.98"))
    p.line("T-R17L", "2", **gross, montant_declare=Decimal("422.30"), feder=Decimal("358.95"))
    p.expect("R17", "T-R17L", "1")
    p.line("T-R18L", "1", montant_declare=Decimal(100), feder=Decimal(85), cpn=Decimal(10))
    p.line("T-R18L", "2", montant_declare=Decimal(100), feder=Decimal(85), cpn=Decimal(15))
    p.expect("R18", "T-R18L", "1")


def _control(p: Programme) -> None:
    p.line("T-R10", "1", **controlled("500", "500.01"))
    p.line("T-R10", "2", **controlled("500", "480"))
    p.line("T-R10", "3", **controlled("500", "480", "20"))
    p.line("T-R10", "4", **controlled("500", "100", "0", "Mise en attente"))
    p.line("T-R10", "5", **document("-50", "-10"), **controlled("-60", "-60"), type_piece="Avoir")
    p.line("T-R10", "6", **document("-51", "-10"), **controlled("-61", "-62"), type_piece="Avoir")
    p.line("T-R10", "7", **controlled("500", "480", None))
    p.expect("R10", "T-R10", "1", "2", "6")


def _currency(p: Programme) -> None:
    """The monthly rate of February 2019 is 1.1368 or 1.1403 francs for a euro."""
    swiss = {"devise": "CHF", "taux_change": Decimal("1.1368"), **on("2019-02-04", "2019-02-20")}
    p.line("T-R28", "1", **swiss, **document("1136.80"), montant_declare=Decimal("1000.02"))
    p.line("T-R28", "2", **swiss, **document("2273.60"), montant_declare=Decimal("2000"))
    p.line("T-R28", "3", **{**swiss, "taux_change": None}, **document("3410.40"), montant_declare=Decimal("3000"))
    p.line("T-R28", "4", **{**swiss, "taux_change": Decimal("0.9")}, **document("900"), montant_declare=Decimal("1000"))
    p.expect("R28", "T-R28", "1", "3", "4")


def _identity(p: Programme) -> None:
    for project in ("T-R19", "T-R19N", "T-R27"):
        p.plan(project, FRENCH, "FRANCE", "900000")
        p.plan(project, ITALIAN, "ITALIE", "900000")
    p.line("T-R19", "1", partenaire=ITALIAN, cup="B11F19000120007")
    p.line("T-R19", "2", partenaire=ITALIAN)
    p.line("T-R19", "3", cup="C22F19000120007")
    p.line("T-R19", "4")
    p.expect("R19", "T-R19", "2", "3")
    p.line("T-R19N", "1", partenaire=ITALIAN, cup="B11F19000120007")
    p.line("T-R19N", "2", partenaire=ITALIAN, cup="D33F19000120007")
    p.expect("R19", "T-R19N", "1 2")
    for number in ("1", "2"):
        p.line("T-R20", number, numero_demande=number, delegataire="Camera Gamma (fittizio)")
    p.line("T-R20", "3", delegataire="Ente Ignoto (fittizio)")
    p.expect("R20", "T-R20", "3")
    p.line("T-R25", "1", fournisseur="ENTE BETA (fittizio)")
    p.line("T-R25", "2", partenaire=ITALIAN, cup="E44F19000120007")
    p.line("T-R25", "3")
    p.expect("R25", "T-R25", "1")


def _work_plan(p: Programme) -> None:
    p.flat("T-R16", "1", "Frais de bureau", "0.00")
    p.line("T-R16", "2", **{**SERVICES, "libelle": "Abonnement téléphonique"})
    p.line("T-R16", "3", **{**SERVICES, "libelle": "Site internet du projet"})
    p.line("T-R16", "4", partenaire=ITALIAN, libelle="Cancelleria", cup="F55F19000120007")
    p.expect("R16", "T-R16", "2")
    torino = "Università degli Studi di Torino"
    for number, partner, activity in (
        ("1", torino, "3.1"),
        ("2", torino, "3.2"),
        ("3", "UNIGE", "3.4"),
        ("4", FRENCH, "9.9"),
    ):
        p.line("T-R21", number, acronyme="CIRCUITO", partenaire=partner, code_activite=activity)
    p.expect("R21", "T-R21", "1", "4")
    for number in range(5, 12):
        p.line("T-R22", str(number), code_activite="1.2")
    p.line("T-R22", "1", code_activite="3.1", **on("2019-09-01"))
    p.line("T-R22", "2", code_activite="3.1", **on("2019-08-31", "2019-09-02"))
    p.line("T-R22", "3", code_activite="4.1", **on("2019-08-31", "2019-09-02"))
    p.expect("R22", "T-R22", "1", "3")


def _duplicates(p: Programme) -> None:
    p.line("T-R01", "1")
    p.line("T-R01", "1", numero_demande="2")
    p.line("T-R01", "2", statut="Écartée")
    p.line("T-R01", "2", numero_demande="2")
    p.line("T-R01", "3")
    p.expect("R01", "T-R01", "1 1")
    same = {"fournisseur": "Ditta Unica (fittizio)", **document("500", "100"), **on("2019-03-04", "2019-03-09")}
    p.line("T-R26", "1", **same, numero_facture="FA-0012")
    p.line("T-R26", "2", **same, numero_facture="fa 12")
    p.expect("R26", "T-R26", "1 2")
    shared = {**same, **document("600", "120"), "numero_facture": "FA-77", "taux_affectation": Decimal(50)}
    p.line("T-R26S", "1", **shared)
    p.line("T-R26S", "2", **shared, partenaire=ITALIAN, cup="A66F19000120007")
    p.line("T-R26S", "3", **{**shared, "numero_facture": "FA-90", "fournisseur": "Altra Impresa"})
    p.expect("R26", "T-R26S")
    near = document("321.10", "64.22")
    p.line("T-R26F", "1", **near, **on("2019-03-04"), fournisseur="Tipografia Montebello", numero_facture="31")
    p.line("T-R26F", "2", **near, **on("2019-03-07"), fournisseur="Tipografia Montebelo", numero_facture="31B")
    p.line("T-R26F", "3", **near, **on("2019-03-14"), fournisseur="Tipografia Montebello", numero_facture="44")
    p.line("T-R26F", "4", **near, **on("2019-03-04"), fournisseur="Garage du Lac", numero_facture="9")
    p.expect("R26", "T-R26F", "1 2")
    buyer = {"partenaire": ITALIAN, "cup": "G77F19000120007", "fournisseur": "Fornitore Solo (fittizio)", **SERVICES}
    for number, net in (("1", "39500"), ("2", "38000"), ("3", "20000")):
        p.line("T-R27", number, **buyer, **document(net))
    p.expect("R27", "T-R27", "1 2")


def _staff_time(p: Programme) -> None:
    march, april = on("2019-03-31"), on("2019-04-30")
    p.pay("T-R14", "1", "2000.00", **march, taux_affectation=Decimal(60), numero_facture="P3")
    p.pay("T-R14", "2", "1990.00", **march, taux_affectation=Decimal(50), numero_facture="P3 bis")
    p.pay("T-R14", "3", "2100.00", **april, numero_facture="P4")
    hours: dict[str, Any] = {"libelle": "50 h à 30,00 €/h"}
    p.pay("T-R14", "4", "1500.00", **hours, fournisseur="Altra Persona", montant_declare=Decimal("1499"))
    p.pay("T-R14", "5", "1500.00", **hours, fournisseur="Terza Persona", numero_facture="T5")
    p.pay("T-R14", "6", "9000.00", fournisseur="Quinta Persona", libelle="900 ore", **on("2020-03-31"))
    p.pay("T-R14", "7", "9001.00", fournisseur="Quinta Persona", libelle="821 ore", **on("2020-04-30"))
    p.expect("R14", "T-R14", "1 2", "4", "6 7")


def _flat_rates(p: Programme) -> None:
    p.line("T-R11", "0", **document("4000"))
    p.pay("T-R11", "1", "1000.33")
    p.flat("T-R11", "2", "Frais de bureau", "150.04")
    p.pay("T-R11", "3", "1000.39", numero_demande="2")
    p.flat("T-R11", "4", "Frais de bureau", "150.07", numero_demande="2")
    p.line("T-R11", "5", **document("10", "2"), categorie="Frais de bureau", numero_demande="2")
    p.expect("R11", "T-R11", "4", "5")
    p.expect("R15", "T-R11", "5")
    p.line("T-R12", "1", montant_declare=Decimal("1000.04"))
    p.flat("T-R12", "2", "Frais de personnel", "200.03")
    p.line("T-R12", "3", montant_declare=Decimal("1000.09"), numero_demande="2")
    p.flat("T-R12", "4", "Frais de personnel", "200.01", numero_demande="2")
    p.expect("R12", "T-R12", "2")
    p.pay("T-R13", "1", "5000.00")
    p.line("T-R13", "2", **document("4999.99"))
    italian = {"partenaire": ITALIAN, "cup": "H88F19000120007"}
    p.pay("T-R13", "3", "5001.00", **italian, fournisseur="Quarta Persona")
    p.line("T-R13", "4", **document("5001"), **italian)
    p.expect("R13", "T-R13", "1")


def _budget(p: Programme) -> None:
    p.plan("T-R15", FRENCH, "FRANCE", "50000")
    p.post("T-R15", "Équipement", "Coûts réels", "20000")
    p.line("T-R15", "1", methode="Forfait")
    p.line("T-R15", "2")
    p.expect("R15", "T-R15", "1")
    p.plan("T-R24", FRENCH, "FRANCE", "100000")
    p.post("T-R24", "Équipement", "Coûts réels", "1000.00")
    p.post("T-R24", "Compétences et services externes", "Coûts réels", "1000.00")
    p.line("T-R24", "1", montant_declare=Decimal("1000.01"))
    p.line("T-R24", "2", **SERVICES, montant_declare=Decimal("1000.00"))
    p.expect("R24", "T-R24", "1")
    p.plan("T-YEARS", FRENCH, "FRANCE", "3000")
    for version, amounts in (("Version 2", ("400", "600.50")), ("Version 10", ("500", "700.50"))):
        for year, amount in zip(("2019", "2020"), amounts, strict=True):
            p.post("T-YEARS", "Équipement", "Coûts réels", amount, code_wp="WP1", annee=year, version=version)
    p.line("T-YEARS", "1", montant_declare=Decimal("1100.00"))
    p.expect("R24", "T-YEARS")


def _headers(p: Programme) -> None:
    p.line("T-CLAIM", "1", **document("422.30"), **controlled("422.30", "422.30"))
    first = {"montant_demande": Decimal("422.30"), "montant_certifie": Decimal("422.30"), "feder": Decimal("358.95")}
    half_year = {"periode_debut": START, "periode_fin": date(2019, 6, 30), "date_depot": date(2019, 7, 30)}
    p.claim("T-CLAIM", "1", **first, **half_year, autofinancement=Decimal("63.35"))
    p.line("T-CLAIM", "2", numero_demande="2", montant_declare=Decimal("100.00"))
    second = {"montant_demande": Decimal("100.02"), "montant_certifie": Decimal(100), "feder": Decimal(86)}
    overlap = {"periode_debut": date(2019, 6, 1), "periode_fin": date(2019, 12, 31)}
    p.claim("T-CLAIM", "2", **second, **overlap, autofinancement=Decimal(15))
    p.line("T-CLAIM", "3", numero_demande="6", montant_declare=Decimal(50))
    p.claim("T-CLAIM", "6", montant_demande=Decimal(50), periode_debut=date(2021, 7, 1), periode_fin=date(2021, 12, 31))
    for row, (nature, printed) in enumerate((("total", "90"), ("sous_total", "100"), ("demande", "90")), start=40):
        p.checks.append(
            Controle.model_validate(
                {
                    "fichier": "T-CLAIM.xlsx",
                    "feuille": "Dépenses",
                    "ligne": row,
                    "sha256_fichier": "0" * 64,
                    "nature": nature,
                    "champ": "montant_declare",
                    "attendu": Decimal(100),
                    "trouve": Decimal(printed),
                    "difference": Decimal(printed) - 100,
                    "conforme": printed == "100",
                }
            )
        )


def _tables(p: Programme) -> None:
    """Figures of two real financing tables of the programme (the partners are invented)."""
    p.plan("T-PLAN", "Unione Alta (fictif)", "FRANCE", "425694.00")
    p.plan("T-PLAN", "Unione Media (fictif)", "FRANCE", "422517.30")
    p.plan("T-PLAN", "Unione Bassa (fittizio)", "ITALIE", "615479.70")
    abroad = {"type_ligne": "hors_feder", "devise": "CHF", "taux_feder": None}
    p.plan("T-PLAN", "Unione Svizzera (fictif)", "SUISSE", "306200", **abroad)
    own = {"autofinancement": Decimal(0)}
    p.plan("T-SPLIT", "Polo Innovazione (fittizio)", "ITALIE", "201187.00", **own, cpn=Decimal("30178.05"))
    p.plan("T-SPLIT3", "Polo Misto (fictif)", "FRANCE", "100000.00", cpn=Decimal(7000), autofinancement=Decimal(8000))
    p.line("T-SPLIT3", "1", partenaire="Polo Misto (fictif)", **controlled("333.33", "333.33"))
    wrong = {"feder": Decimal(850), "cpn": Decimal(140), **own}
    p.plan("T-SPLIT2", "Polo Errato (fittizio)", "ITALIE", "1000.00", **wrong)
