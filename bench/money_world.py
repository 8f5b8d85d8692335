"""A synthetic programme of many expense lines, as records of the reader's contract; deterministic."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from random import Random
from typing import Any

from schemas.sources.synergie import Budget, Depense, Poste

PARTNERS = ("Ente Alfa", "Ente Beta", "Ente Gamma", "Ente Delta", "Ente Epsilon")
CLAIMS = 5
_CENT = Decimal("0.01")
_FIRST = (dt.date(2019, 1, 1), dt.date(2019, 7, 1), dt.date(2020, 1, 1), dt.date(2020, 7, 1), dt.date(2021, 1, 1))
_LAST = (dt.date(2019, 6, 30), dt.date(2019, 12, 31), dt.date(2020, 6, 30), dt.date(2020, 12, 31), dt.date(2021, 6, 30))
_CATEGORIES = (
    ("Frais de déplacement et d'hébergement", 10, 40, 900),
    ("Frais liés au recours à des compétences et à des services externes", 60, 300, 9500),
    ("Dépenses d'équipement", 15, 500, 8000),
)
_LABELS = (
    "Études de flux de matières", "Animation de l'atelier de Suse", "Capteurs de pesée", "Traduction du guide",
    "Déplacement au comité de pilotage", "Impression du répertoire", "Maintenance du serveur de cartes",
)  # fmt: skip
_HASH = "0" * 64


def expense_lines(count: int, projects: int, seed: int = 1) -> Iterator[Depense]:
    """Lines over ``projects`` projects of five partners and five claims; one in some hundred breaks a rule."""
    rng = Random(seed)
    suppliers = [f"Ditta {_word(number)} (fittizio)" for number in range(count // 40 + 10)]
    template = Depense.model_construct(
        code_projet="", partenaire="", montant_declare=Decimal(0), fichier="", ligne=0, sha256_fichier=_HASH
    )
    for number in range(count):
        yield template.model_copy(update=_line(number, projects, suppliers, rng))


def _line(number: int, projects: int, suppliers: list[str], rng: Random) -> dict[str, Any]:
    project, rest = number % projects, number // projects
    partner, claim = rest % len(PARTNERS), rest // len(PARTNERS) % CLAIMS
    own = rest // len(PARTNERS)
    code = f"SYN-{project:04d}"
    first = _FIRST[claim]
    values: dict[str, Any] = {
        "code_projet": code, "acronyme": f"PROVA{project} (fictif)",
        "partenaire": f"{PARTNERS[partner]} {project} (fictif)", "pays": "France" if partner % 2 == 0 else "Italie",
        "role_partenaire": "LP" if partner == 0 else "PP", "cup": _cup(project, partner),
        "numero_depense": f"{own:05d}", "numero_demande": str(claim + 1), "periode_debut": first,
        "periode_fin": _LAST[claim], "code_activite": rng.choice(("1.1", "1.2", "1.3", "2.1")),
        "statut": "Certifiée", "fichier": f"{code} D{claim + 1}.xlsx", "feuille": "Dépenses", "ligne": own + 2,
    }  # fmt: skip
    kind = rng.random()
    values |= _pay(number, project, partner, first, rng) if kind < 0.15 else _purchase(number, suppliers, first, rng)
    if rng.random() < 0.005:
        values |= _slip(values, rng)
    values |= {"montant_certifie": values["montant_declare"], "montant_ecarte": Decimal(0)}
    return values


def _purchase(number: int, suppliers: list[str], first: dt.date, rng: Random) -> dict[str, Any]:
    category, _, low, high = rng.choices(_CATEGORIES, [entry[1] for entry in _CATEGORIES])[0]
    net = Decimal(rng.randrange(low * 100, high * 100)) / 100
    tax = (net / 5).quantize(_CENT)
    share = Decimal(rng.choice((100, 100, 100, 80, 50)))
    day = first + dt.timedelta(days=rng.randrange(2, 130))
    return {
        "categorie": category, "methode": "Coûts réels", "type_piece": "Facture", "fournisseur": rng.choice(suppliers),
        "numero_facture": f"FA-{number:07d}", "date_facture": day,
        "date_paiement": day + dt.timedelta(days=rng.randrange(4, 40)), "libelle": rng.choice(_LABELS),
        "reference_paiement": str(number), "montant_ht": net, "montant_tva": tax, "tva_recuperable": False,
        "montant_ttc": net + tax, "taux_affectation": share,
        "montant_declare": ((net + tax) * share / 100).quantize(_CENT, ROUND_DOWN),
    }  # fmt: skip


def _pay(number: int, project: int, partner: int, first: dt.date, rng: Random) -> dict[str, Any]:
    gross = Decimal(rng.randrange(180_000, 420_000)) / 100
    day = first + dt.timedelta(days=27 + 30 * (number % 4))
    person = f"Persona {_word(number // 60)} (fittizio)"
    return {
        "categorie": "Frais de personnel", "methode": "Coûts réels", "type_piece": "Bulletin de paie",
        "fournisseur": person, "libelle": f"Salaire {day:%m/%Y} – {person}", "numero_facture": f"P{number:07d}",
        "date_facture": day, "date_paiement": day, "montant_ht": gross, "montant_tva": Decimal(0),
        "montant_ttc": gross, "taux_affectation": Decimal(rng.choice((1, 2, 3))),
        "montant_declare": (gross / 100).quantize(_CENT, ROUND_DOWN),
    }  # fmt: skip


def _slip(values: dict[str, Any], rng: Random) -> dict[str, Any]:
    """A change that breaks a rule."""
    return rng.choice((
        {"date_paiement": None}, {"date_paiement": dt.date(2024, 2, 12)}, {"categorie": "Spese varie"},
        {"montant_declare": values["montant_ttc"] + 25}, {"montant_tva": values["montant_tva"] + 10},
        {"code_activite": "6.1"}, {"libelle": "Abonnement téléphone et internet"},
        {"numero_depense": "00001"}, {"numero_facture": "FA-0000001", "fournisseur": "Ditta Doppia (fittizio)"},
    ))  # fmt: skip


def plan_lines(projects: int) -> Iterator[Budget | Poste]:
    """The financing plans: one line a partner and one a category."""
    for project in range(projects):
        for partner, name in enumerate(PARTNERS):
            common = {
                "projet": f"SYN-{project:04d}", "partenaire": f"{name} {project} (fictif)", "fichier": "plan.xlsx",
                "ligne": partner + 2, "sha256_fichier": _HASH,
            }  # fmt: skip
            yield Budget(**common, pays="France", montant_total=Decimal(6_000_000), type_ligne="partenaire")
            for category, weight, *_ in _CATEGORIES:
                yield Poste(**common, categorie=category, methode="Coûts réels", montant_total=Decimal(60_000 * weight))


def write_csv(path: Path, lines: list[Depense]) -> None:
    """An export as somebody saves it: French headings, ``;``, decimal commas."""
    columns = (
        ("code_projet", "N° Synergie"), ("acronyme", "Acronyme"), ("partenaire", "Partenaire"), ("cup", "CUP"),
        ("numero_depense", "N° dépense"), ("numero_demande", "N° demande de remboursement"),
        ("periode_debut", "Période du"), ("periode_fin", "Période au"), ("code_activite", "Activité"),
        ("categorie", "Poste de dépense"), ("methode", "Méthode de calcul"), ("type_piece", "Type de pièce"),
        ("fournisseur", "Fournisseur"), ("numero_facture", "N° facture"), ("date_facture", "Date de facture"),
        ("date_paiement", "Date de paiement"), ("libelle", "Libellé"), ("montant_ht", "Montant HT"),
        ("montant_tva", "TVA"), ("montant_ttc", "Montant TTC"), ("taux_affectation", "Taux d'affectation (%)"),
        ("montant_declare", "Montant déclaré"), ("statut", "Statut"),
    )  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([heading for _, heading in columns])
        for line in lines:
            writer.writerow([_cell(getattr(line, name)) for name, _ in columns])


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else str(value or "")


def _cup(project: int, partner: int) -> str | None:
    return None if partner % 2 == 0 else f"B{10 + partner}F{project:05d}{partner:06d}"


def _word(number: int) -> str:
    syllables = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru")
    return "".join(syllables[int(digit)] for digit in f"{number:05d}").capitalize()
