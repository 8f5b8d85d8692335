"""What a file drawn from Synergie-CTE must hold once its layout is undone.

The connector maps headings in three languages to these names; texts (category, status, document type…)
stay as published. Amounts are euros unless ``devise`` says otherwise; staff lines carry gross pay in
``montant_ht`` and the employer's charges in ``montant_tva``, as the French claim form asks.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas.sources.base import DateText, OptionalText, SourceRecord

_PLAIN = re.compile(r"[+-]?\d{1,16}(\.\d{1,12})?")
_MAX_DIGITS = 20


def _exact(value: Any) -> Any:
    """A ``Decimal``, or its plain technical writing; the connector has undone every national writing."""
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise PydanticCustomError("decimal_text", "expected an amount such as 1 234,56 or 1234.56")


Montant = Annotated[
    Annotated[Decimal, Field(max_digits=_MAX_DIGITS, allow_inf_nan=False)] | None, BeforeValidator(_exact)
]
"""An amount or a rate, exact, or nothing."""
MontantRequis = Annotated[Decimal, Field(max_digits=_MAX_DIGITS, allow_inf_nan=False), BeforeValidator(_exact)]
"""An amount that must be there."""
TexteRequis = Annotated[str, Field(min_length=1)]
"""A text that must be there."""


def _key(occurrence: int, *parts: str) -> str:
    key = "|".join(part.replace("|", "/") for part in parts)
    return key if occurrence == 1 else f"{key}#{occurrence}"


class Avertissement(BaseModel):
    """Something the reader did or saw that a person may want to know; the record is loaded all the same.

    Attributes:
        champ: field concerned.
        regle: stable name of the rule, listed in ``connectors/synergie/README.md``.
        valeur: what stood in the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    champ: str
    regle: str
    valeur: str | None = None


class _Provenance(SourceRecord):
    """Where a record stood, and what the reader noticed.

    Attributes:
        fichier, feuille, ligne, sha256_fichier: file, sheet (None for CSV), row as Excel counts, hash.
        langue: language of the headings, ``fr``, ``it``, ``en`` or ``und``.
        montant_ambigu: at least one amount can be read in two ways.
        lectures_alternatives: field → the other reading of an ambiguous amount.
        avertissements: see ``Avertissement``.
    """

    fichier: str
    feuille: str | None = None
    ligne: int
    sha256_fichier: str
    langue: Literal["fr", "it", "en", "und"] = "und"
    montant_ambigu: bool = False
    lectures_alternatives: dict[str, Decimal] = Field(default_factory=dict)
    avertissements: tuple[Avertissement, ...] = ()


class Depense(_Provenance):
    """One line of an expense list.

    Attributes:
        code_projet: number of the project in Synergie; ``acronyme`` is its short name.
        role_partenaire: ``LP`` lead partner, ``PP`` partner.
        delegataire: body that spends in the beneficiary's name.
        cup: Italian public investment code, one per Italian partner.
        numero_demande: claim the line belongs to; None for a line not yet claimed.
        code_wp, code_activite: work package ``3`` and activity ``3.1``.
        methode: real cost, flat rate or lump sum, as published.
        taux_affectation: percent of the document charged to the project, 0 to 100.
        montant_declare: amount claimed for this line; negative for a credit note.
        mois_change: month of the exchange rate, ``YYYY-MM``.
        section: text of the heading row under which the line stands.
        ligne_masquee: the row or its sheet is hidden in the workbook.
        extrait_le: day of the export, when the file says so.
        occurrence: 1, or n for the n-th line of one file with the same key.
    """

    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("code_projet", "partenaire", "numero_depense", "numero_demande")

    code_projet: TexteRequis
    acronyme: OptionalText = None
    partenaire: TexteRequis
    role_partenaire: Literal["LP", "PP"] | None = None
    pays: OptionalText = None
    delegataire: OptionalText = None
    cup: OptionalText = None
    numero_depense: OptionalText = None
    numero_demande: OptionalText = None
    periode_debut: DateText = None
    periode_fin: DateText = None
    code_wp: OptionalText = None
    code_activite: OptionalText = None
    categorie: OptionalText = None
    methode: OptionalText = None
    type_piece: OptionalText = None
    fournisseur: OptionalText = None
    fournisseur_id: OptionalText = None
    numero_facture: OptionalText = None
    date_facture: DateText = None
    reference_interne: OptionalText = None
    reference_paiement: OptionalText = None
    date_paiement: DateText = None
    libelle: OptionalText = None
    montant_ht: Montant = None
    montant_tva: Montant = None
    tva_recuperable: bool | None = None
    montant_ttc: Montant = None
    taux_affectation: Montant = None
    montant_declare: MontantRequis
    montant_certifie: Montant = None
    montant_ecarte: Montant = None
    motif_ecart: OptionalText = None
    statut: OptionalText = None
    controleur: OptionalText = None
    date_controle: DateText = None
    numero_certificat: OptionalText = None
    reference_marche: OptionalText = None
    devise: TexteRequis = "EUR"
    taux_change: Montant = None
    mois_change: OptionalText = None
    feder: Montant = None
    cpn: Montant = None
    autofinancement: Montant = None
    donnees_sensibles: bool | None = None
    commentaire: OptionalText = None
    section: OptionalText = None
    ligne_masquee: bool = False
    extrait_le: DateText = None
    occurrence: int = Field(default=1, ge=1)

    def record_key(self) -> str:
        """Project, partner, expense and claim number; for a line without number, a hash of its content.

        The same line drawn again, in another file, keeps its key. ``occurrence`` keeps two lines of one
        file apart, so that a double declaration stays visible.
        """
        if self.numero_depense:
            parts = (getattr(self, name) or "" for name in self.KEY_FIELDS)
            return _key(self.occurrence, *parts)
        content = {k: v for k, v in self.model_dump(mode="json").items() if k not in _NOT_CONTENT and v is not None}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        return _key(self.occurrence, self.code_projet, self.partenaire, f"~{digest[:32]}")


_NOT_CONTENT = frozenset(("section", "ligne_masquee", "extrait_le", "occurrence", *_Provenance.model_fields))


class Budget(_Provenance):
    """One line of a financing plan.

    Attributes:
        projet: the project, as the file or the deployment names it.
        type_ligne: ``partenaire``; ``total`` of the project; ``hors_feder`` for a partner outside the ERDF
            total (a Swiss partner, in its own currency).
        taux_feder: ERDF rate of the table in percent, as its heading says.
    """

    projet: TexteRequis
    partenaire: TexteRequis
    role_partenaire: Literal["LP", "PP"] | None = None
    pays: OptionalText = None
    montant_total: MontantRequis
    devise: TexteRequis = "EUR"
    feder: Montant = None
    taux_feder: Montant = None
    cpn: Montant = None
    autofinancement: Montant = None
    type_ligne: Literal["partenaire", "total", "hors_feder"]
    occurrence: int = Field(default=1, ge=1)

    def record_key(self) -> str:
        """Project, kind of line and partner."""
        name = "" if self.type_ligne == "total" else self.partenaire
        return _key(self.occurrence, self.projet, self.type_ligne, name)


class Poste(_Provenance):
    """The budget of one cost category of one partner, by work package, year and version where the plan goes so far.

    Attributes:
        projet: the project, as the file or the deployment names it.
        categorie, methode: cost category and method of calculation, as published.
        code_wp: work package; annee: year of the forecast; version: of the plan, in the words of the file.
    """

    projet: TexteRequis
    partenaire: TexteRequis
    categorie: TexteRequis
    methode: OptionalText = None
    code_wp: OptionalText = None
    annee: OptionalText = None
    version: OptionalText = None
    montant_total: MontantRequis
    devise: TexteRequis = "EUR"
    occurrence: int = Field(default=1, ge=1)

    def record_key(self) -> str:
        """Project, partner and category, with work package, year and version where the plan has them."""
        more = [part for part in (self.code_wp, self.annee, self.version) if part]
        return _key(self.occurrence, self.projet, self.partenaire, self.categorie, *more)


class Demande(_Provenance):
    """One claim for reimbursement, header level.

    Attributes:
        niveau: ``partenaire`` for a partner's own claim, ``projet`` for the lead partner's.
        date_depot: day on which the claim was filed; ``date_certificat`` that of the certificate.
        montant_demande, montant_certifie: declared and certified sums of the claim.
    """

    code_projet: TexteRequis
    acronyme: OptionalText = None
    partenaire: OptionalText = None
    niveau: Literal["partenaire", "projet"] = "partenaire"
    numero_demande: TexteRequis
    periode_debut: DateText = None
    periode_fin: DateText = None
    date_depot: DateText = None
    montant_demande: Montant = None
    montant_certifie: Montant = None
    feder: Montant = None
    cpn: Montant = None
    autofinancement: Montant = None
    devise: TexteRequis = "EUR"
    numero_certificat: OptionalText = None
    date_certificat: DateText = None
    controleur: OptionalText = None
    statut: OptionalText = None
    commentaire: OptionalText = None
    section: OptionalText = None
    ligne_masquee: bool = False
    extrait_le: DateText = None
    occurrence: int = Field(default=1, ge=1)

    def record_key(self) -> str:
        """Project, partner (empty for the project's claim) and claim number."""
        return _key(self.occurrence, self.code_projet, self.partenaire or "", self.numero_demande)


class Controle(SourceRecord):
    """A total printed in a file, compared with the lines it stands for; or a sheet that was passed over.

    Attributes:
        nature: against the lines of an expense list, ``sous_total`` and ``total``; ``demande``, a claim against
            the expense lines of its file; ``somme_budget``, the total of a financing plan against its partner
            lines; ``somme_postes``, a partner's line against its cost categories; ``taux_feder``, ERDF of one
            partner against rate x total, truncated to the cent; ``taux_du_total``, the same for the total (the
            sum of the truncated parts wins); ``feuille_sans_entete``, a sheet without known heading
            (``trouve`` is its number of rows); ``lignes_remplacees``, ``trouve`` lines were left out because a
            newer file of the folder holds them.
        champ: field that is summed.
        attendu: what the lines give.
        trouve: what is printed.
        difference: ``trouve - attendu``.
        tolerance: absolute difference that is still in order.
        conforme: the difference is within the tolerance.
    """

    projet: OptionalText = None
    fichier: str
    feuille: str | None = None
    ligne: int
    sha256_fichier: str
    nature: Literal[
        "sous_total",
        "total",
        "demande",
        "somme_budget",
        "somme_postes",
        "taux_feder",
        "taux_du_total",
        "feuille_sans_entete",
        "lignes_remplacees",
    ]
    champ: str
    libelle: OptionalText = None
    attendu: Montant = None
    trouve: Montant = None
    difference: Montant = None
    tolerance: MontantRequis = Decimal(0)
    conforme: bool

    def record_key(self) -> str:
        """Bytes of the file, place, field and kind: the same file under another name gives the same key."""
        place = (self.sha256_fichier[:32], self.feuille or "", str(self.ligne), self.champ, self.nature)
        return _key(1, *place)


DATE_FIELDS = frozenset(
    name for model in (Depense, Demande) for name, info in model.model_fields.items() if info.annotation == date | None
)
"""Fields that hold a day, for the reader."""
