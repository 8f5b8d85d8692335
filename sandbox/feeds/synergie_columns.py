"""Columns and words of the expense exports, in French and Italian."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sandbox.world.project import CERTIFIED_CLAIMS, CLAIMS, Line, Project

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("project", "N° Synergie", "N. progetto"),
    ("acronym", "Acronyme", "Acronimo"),
    ("partner", "Partenaire", "Partner"),
    ("lead", "Chef de file (O/N)", "Capofila (S/N)"),
    ("delegate", "Délégataire", "Soggetto attuatore"),
    ("cup", "CUP", "CUP"),
    ("number", "N° dépense", "N. spesa"),
    ("claim", "N° demande de remboursement", "N. domanda di rimborso"),
    ("period_start", "Période du", "Periodo dal"),
    ("period_end", "Période au", "Periodo al"),
    ("activity", "Activité", "Attività"),
    ("category", "Poste de dépense", "Voce di spesa"),
    ("method", "Méthode de calcul", "Metodo di calcolo"),
    ("document", "Type de pièce", "Tipo documento"),
    ("supplier", "Fournisseur", "Fornitore"),
    ("supplier_id", "SIRET / N° TVA", "P.IVA / C.F."),
    ("invoice", "N° facture", "N. fattura"),
    ("invoice_date", "Date de facture", "Data fattura"),
    ("payment_ref", "N° mandat", "N. mandato di pagamento"),
    ("payment_date", "Date d'acquittement", "Data pagamento"),
    ("label", "Libellé", "Descrizione"),
    ("net", "Montant HT", "Imponibile"),
    ("vat", "TVA", "IVA"),
    ("recoverable", "TVA récupérable (O/N)", "IVA recuperabile"),
    ("gross", "Montant TTC", "Importo totale documento"),
    ("pct", "Taux d'affectation (%)", "% di imputazione"),
    ("declared", "Montant déclaré", "Importo rendicontato"),
    ("certified", "Montant certifié", "Importo certificato"),
    ("rejected", "Montant écarté", "Importo non ammesso"),
    ("reason", "Motif", "Motivazione"),
    ("status", "Statut", "Stato"),
    ("controller", "Contrôleur", "Controllore"),
    ("control_date", "Date de contrôle", "Data controllo"),
    ("certificate", "N° certificat", "N. certificato"),
    ("currency", "Devise", "Valuta"),
    ("rate", "Taux de change", "Cambio"),
)
AMOUNTS = ("net", "vat", "gross", "declared", "certified", "rejected")
DATES = ("period_start", "period_end", "invoice_date", "payment_date", "control_date")
CATEGORIES = {
    "staff": ("Frais de personnel", "Spese di personale"),
    "office": ("Frais de bureau et frais administratifs", "Spese d'ufficio e amministrative"),
    "travel": ("Frais de déplacement et d'hébergement", "Spese di viaggio e soggiorno"),
    "external": (
        "Frais liés au recours à des compétences et à des services externes",
        "Spese per consulenze e servizi esterni",
    ),
    "equipment": ("Dépenses d'équipement", "Spese per attrezzature"),
}
_METHODS = {"REAL": ("Coûts réels", "Costi reali"), "FLAT": ("Forfait", "Tasso forfettario")}
_DOCUMENTS = {
    "Facture": "Fattura", "Bulletin de paie": "Busta paga", "Mission": "Missione", "Avoir": "Nota di credito", "": "",
}  # fmt: skip
_STATUS = {True: ("Certifiée", "Certificata"), False: ("Validée", "Validata")}
_CONTROLLER = ("Cabinet de contrôle des Cimes (fictif)", "Studio di revisione del Colle (fittizio)")


def cells(project: Project, line: Line, language: int) -> dict[str, Any]:
    """The line's values by column; ``language`` is 0 for French, 1 for Italian.

    Amounts stay ``Decimal`` and days ``date``: the file's style decides how they are written.
    """
    first, last = CLAIMS[line.claim - 1]
    done = line.claim in CERTIFIED_CLAIMS
    real = line.method == "REAL"
    control = last + dt.timedelta(days=95)
    values: dict[str, Any] = {
        "project": project.code,
        "acronym": project.acronym,
        "partner": line.partner.name,
        "lead": ("O" if line.partner.index == 0 else "N")
        if language == 0
        else ("S" if line.partner.index == 0 else "N"),
        "delegate": line.delegate,
        "cup": line.cup,
        "number": line.number,
        "claim": line.claim,
        "period_start": first,
        "period_end": last,
        "activity": line.activity,
        "category": CATEGORIES[line.category][language],
        "method": _METHODS[line.method][language],
        "document": line.document if language == 0 else _DOCUMENTS[line.document],
        "supplier": line.supplier,
        "supplier_id": line.supplier_id,
        "invoice": line.invoice,
        "invoice_date": line.invoice_date,
        "payment_ref": line.payment_ref,
        "payment_date": line.payment_date,
        "label": line.label,
        "net": line.net,
        "vat": line.vat,
        "recoverable": (("O" if line.recoverable else "N") if real else ""),
        "gross": line.gross,
        "pct": line.pct,
        "declared": line.declared,
        "certified": line.certified if done else None,
        "rejected": line.rejected if done else None,
        "reason": line.reason,
        "status": _STATUS[done][language],
        "controller": _CONTROLLER[line.partner.country == "IT"] if done else "",
        "control_date": control if done else None,
        "certificate": f"CERT-{line.claim}-{line.partner.index + 1}" if done else "",
        "currency": line.currency,
        "rate": line.rate if line.rate is not None else None,
    }
    return {**values, **line.raw}


def total(lines: list[Line], name: str) -> Decimal:
    """Sum of an amount over lines, empty ones left out."""
    return sum((getattr(line, name) or Decimal(0) for line in lines), Decimal(0))
