"""Makes records of an invented programme, free of faults but for what is asked. All names are synthetic."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from schemas.sources.base import SourceRecord
from schemas.sources.synergie import Budget, Controle, Demande, Depense, Poste

START = date(2019, 1, 1)
FRENCH, ITALIAN = "Ente Alfa (fictif)", "Ente Beta (fittizio)"
PERSON = "Perla Segreta"
"""Name of a person that must not be seen anywhere."""
_serial = itertools.count(1)
_HASH = "0" * 64


@dataclass
class Programme:
    """Records by stream, and which lines of which project each rule must name."""

    lines: list[Depense] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    posts: list[Poste] = field(default_factory=list)
    claims: list[Demande] = field(default_factory=list)
    checks: list[Controle] = field(default_factory=list)
    expected: dict[tuple[str, str], list[frozenset[str]]] = field(default_factory=dict)

    def streams(self) -> dict[str, list[SourceRecord]]:
        """Stream → records."""
        return {
            "depenses": list(self.lines),
            "budgets": list(self.budgets),
            "postes": list(self.posts),
            "demandes": list(self.claims),
            "controles": list(self.checks),
        }

    def line(self, project: str, number: str, **changes: Any) -> Depense:
        """Add a line that breaks no rule, but for the changes."""
        serial = next(_serial)
        net = Decimal(1000 + serial) + Decimal(serial % 89) / 100
        day = START + timedelta(days=30 + serial % 20)
        values: dict[str, Any] = {
            "code_projet": project, "partenaire": FRENCH, "numero_depense": number, "numero_demande": "1",
            "periode_debut": START, "periode_fin": date(2019, 6, 30), "code_activite": "1.1",
            "categorie": "Équipement", "methode": "Coûts réels", "type_piece": "Facture",
            "fournisseur": f"Ditta {_letters(serial)} (fittizio)", "numero_facture": f"FT-{serial:04d}",
            "date_facture": day, "date_paiement": day + timedelta(days=5), "libelle": "Capteurs de pesée",
            "montant_ht": net, "montant_tva": net / 5, "montant_ttc": net * Decimal("1.2"),
            "tva_recuperable": False, "taux_affectation": Decimal(100), "statut": "Validée",
            "fichier": f"{project}.xlsx", "feuille": "Dépenses", "ligne": serial + 1, "sha256_fichier": _HASH,
        }  # fmt: skip
        values |= changes
        if "montant_declare" not in changes:
            share = (values["taux_affectation"] if values["taux_affectation"] is not None else Decimal(100)) / 100
            values["montant_declare"] = (values["montant_ttc"] * share).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
        made = Depense.model_validate(values)
        self.lines.append(made)
        return made

    def flat(self, project: str, number: str, category: str, amount: str, **changes: Any) -> Depense:
        """Add a flat-rate line, which has no document."""
        empty = dict.fromkeys((
            "type_piece", "fournisseur", "numero_facture", "date_facture", "date_paiement", "montant_ht", "montant_tva",
            "montant_ttc", "tva_recuperable", "taux_affectation", "libelle",
        ))  # fmt: skip
        return self.line(
            project, number,
            **{**empty, "categorie": category, "methode": "Forfait", "montant_declare": Decimal(amount), **changes},
        )  # fmt: skip

    def pay(self, project: str, number: str, amount: str, **changes: Any) -> Depense:
        """Add a staff line at real cost."""
        values = {
            "categorie": "Frais de personnel", "type_piece": "Bulletin de paie", "fournisseur": PERSON,
            "libelle": f"Salaire {PERSON}", "montant_ht": Decimal(amount), "montant_tva": Decimal(0),
            "montant_ttc": Decimal(amount),
        }  # fmt: skip
        return self.line(project, number, **{**values, **changes})

    def expect(self, rule: str, project: str, *groups: str) -> None:
        """The rule names these lines of the project: one text a finding, numbers separated by blanks."""
        self.expected[(rule, project)] = [frozenset(group.split()) for group in groups]

    def plan(self, project: str, partner: str, country: str, total: str, **changes: Any) -> None:
        """Add a partner to the financing plan."""
        values: dict[str, Any] = {
            "projet": project, "partenaire": partner, "pays": country, "montant_total": Decimal(total),
            "taux_feder": Decimal(85), "type_ligne": "partenaire", "fichier": f"plan {project}.xlsx",
            "ligne": len(self.budgets) + 2, "sha256_fichier": _HASH,
        }  # fmt: skip
        self.budgets.append(Budget.model_validate({**values, **changes}))

    def post(
        self, project: str, category: str, method: str, total: str, partner: str = FRENCH, **more: str | None
    ) -> None:
        """Add a category to a partner's budget; ``more`` is work package, year and version."""
        self.posts.append(
            Poste(
                projet=project,
                partenaire=partner,
                categorie=category,
                methode=method,
                montant_total=Decimal(total),
                fichier=f"plan {project}.xlsx",
                ligne=len(self.posts) + 2,
                sha256_fichier=_HASH,
                code_wp=more.get("code_wp"),
                annee=more.get("annee"),
                version=more.get("version"),
            )
        )

    def claim(self, project: str, number: str, **changes: Any) -> None:
        """Add a claim header."""
        values = {
            "code_projet": project, "partenaire": FRENCH, "numero_demande": number, "fichier": f"{project}.xlsx",
            "feuille": "Récapitulatif", "ligne": len(self.claims) + 2, "sha256_fichier": _HASH,
        }  # fmt: skip
        self.claims.append(Demande.model_validate({**values, **changes}))


def document(net: str, tax: str = "0", gross: str | None = None) -> dict[str, Decimal]:
    """The three amounts of a document; they add up unless ``gross`` says otherwise."""
    return {
        "montant_ht": Decimal(net),
        "montant_tva": Decimal(tax),
        "montant_ttc": Decimal(net) + Decimal(tax) if gross is None else Decimal(gross),
    }


def on(invoiced: str, paid: str | None = None) -> dict[str, date]:
    """The two days of a document; paid at once unless said otherwise."""
    return {"date_facture": date.fromisoformat(invoiced), "date_paiement": date.fromisoformat(paid or invoiced)}


def controlled(declared: str, certified: str, rejected: str | None = "0", status: str = "Certifiée") -> dict[str, Any]:
    """What control left of a line."""
    return {
        "montant_declare": Decimal(declared),
        "montant_certifie": Decimal(certified),
        "montant_ecarte": None if rejected is None else Decimal(rejected),
        "statut": status,
    }


def _letters(number: int) -> str:
    """A name that resembles no other: the number in words of syllables."""
    syllables = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru")
    return "".join(syllables[int(digit)] * 2 for digit in f"{number:03d}").capitalize()
