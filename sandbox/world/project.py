"""A cross-border project of five partners and what they spent, free of any irregularity."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from random import Random

from sandbox.world.chance import happens, stream
from sandbox.world.data import expense_labels
from sandbox.world.identifiers import Numbers
from sandbox.world.organisations import Organisation
from sandbox.world.wording import firm_spelling, marked

CENT = Decimal("0.01")
START, END = dt.date(2019, 1, 1), dt.date(2021, 6, 30)
CLAIMS = (
    (dt.date(2019, 1, 1), dt.date(2019, 6, 30)), (dt.date(2019, 7, 1), dt.date(2019, 12, 31)),
    (dt.date(2020, 1, 1), dt.date(2020, 6, 30)), (dt.date(2020, 7, 1), dt.date(2020, 12, 31)),
    (dt.date(2021, 1, 1), dt.date(2021, 6, 30)),
)  # fmt: skip
CERTIFIED_CLAIMS = (1, 2, 3, 4)
STAFF, OFFICE, TRAVEL, EXTERNAL, EQUIPMENT = "staff", "office", "travel", "external", "equipment"
OFFICE_RATE, STAFF_RATE, FEDER_RATE = Decimal("0.15"), Decimal("0.20"), Decimal("0.85")
SUPPLIER_TRADES = ("18.12", "55.10", "56.10", "49.41", "31.09", "25.62", "38.21", "38.32", "41.20", "47.11")
_NAMES = (
    ("Chambre consulaire des Alpes du Nord", "FR"), ("Camera di commercio delle Valli Occidentali", "IT"),
    ("Università di Ponente", "IT"), ("Agence alpine d'économie circulaire", "FR"),
    ("Comunità montana del Colle", "IT"),
)  # fmt: skip
_DELEGATES = {1: "Camera della Riviera", 4: "Unione delle camere del Colle"}
_OFFICE_LABELS = ("Cancelleria", "Bollette telefoniche")
_ACRONYMS = ("BOUCLALP", "CERNIERA", "DUEVERSANTI", "MATIERA", "RIUSALP", "TRANSFLUX", "ALPICIRCO", "COLMATIERE")


@dataclass(frozen=True)
class Partner:
    """A project partner and the choices of its application form."""

    index: int
    name: str
    country: str
    cup: str
    staff_flat: bool
    office_flat: bool
    vat_recoverable: bool
    delegate: str


@dataclass
class Line:
    """One declared expense; amounts in euros unless ``currency`` says otherwise."""

    partner: Partner
    claim: int
    category: str
    method: str
    label: str
    activity: str
    delegate: str = ""
    number: str = ""
    cup: str = ""
    document: str = ""
    supplier: str = ""
    supplier_id: str = ""
    organisation: Organisation | None = None
    invoice: str = ""
    invoice_date: dt.date | None = None
    payment_ref: str = ""
    payment_date: dt.date | None = None
    net: Decimal | None = None
    vat: Decimal | None = None
    gross: Decimal | None = None
    pct: Decimal | None = None
    declared: Decimal = Decimal(0)
    certified: Decimal | None = None
    rejected: Decimal | None = None
    reason: str = ""
    currency: str = "EUR"
    rate: Decimal | None = None
    raw: dict[str, object] = field(default_factory=dict)

    @property
    def recoverable(self) -> bool:
        """The partner gets the VAT back, so only the net amount counts."""
        return self.partner.vat_recoverable


@dataclass
class Project:
    """A project with its partners and expense lines."""

    code: str
    acronym: str
    partners: list[Partner]
    lines: list[Line]


def cents(value: Decimal) -> Decimal:
    """Truncated to the cent, as the programme does with every share."""
    return value.quantize(CENT, rounding=ROUND_DOWN)


def month_of(day: dt.date) -> int:
    """Month of the project, the first is 1."""
    return (day.year - START.year) * 12 + day.month


def _activity(first: dt.date, last: dt.date, rng: Random) -> str:
    """An activity whose calendar covers both days."""
    early, late = month_of(first), month_of(last)
    options = ["1.1", "1.2", "1.3", "2.1"]
    if early >= 2 and late <= 29:
        options.append("2.2")
    if late <= 8:
        options += ["3.1", "3.2", "3.3", "3.4", "3.5"] * 2
    if early >= 9:
        options += ["4.1", "4.2", "4.3", "5.1", "5.2", "5.3"] * 2
    return rng.choice(options)


class Ledger:
    """Writes a project's lines; suppliers and amounts never collide by accident."""

    def __init__(self, seed: int, number: int, suppliers: list[Organisation]) -> None:
        self.rng = stream(seed, f"project-{number}")
        self.numbers = Numbers(seed * 1000 + number + 7)
        trades = [o for o in suppliers if o.activity.nace in SUPPLIER_TRADES and not o.person]
        self.suppliers = trades or suppliers
        self._amounts: set[Decimal] = set()
        self._invoices = 0
        self.staff = {i: f"{self.numbers.first_name(c)} {self.numbers.surname(c)}" for i, (_, c) in enumerate(_NAMES)}

    def partners(self, number: int) -> list[Partner]:
        """The five partners; Italian ones have a CUP of their own."""
        partners = []
        for i, (name, country) in enumerate(_NAMES):
            suffix = f" {number}" if number > 1 else ""
            cup = f"B{self.rng.randrange(10, 99)}F{self.rng.randrange(10**10, 10**11)}" if country == "IT" else ""
            delegate = marked(_DELEGATES[i] + suffix, "IT") if i in _DELEGATES else ""
            partners.append(Partner(
                i, marked(name + suffix, country), country, cup, staff_flat=i in (3, 4), office_flat=i in (0, 1, 3),
                vat_recoverable=i == 0, delegate=delegate,
            ))  # fmt: skip
        return partners

    def amount(self, low: int, high: int) -> Decimal:
        """An amount with cents that no other line has."""
        while True:
            value = Decimal(self.rng.randrange(low * 100, high * 100)) / 100
            if value not in self._amounts:
                self._amounts.add(value)
                return value

    def invoice_number(self) -> str:
        """A number that no other document has."""
        self._invoices += 1
        n = self._invoices
        return self.rng.choice((f"{n:05d}", f"FA-{n:04d}", f"{n}/PA", f"2019-{n:04d}", f"0{n}"))

    def purchase(self, partner: Partner, claim: int, category: str) -> Line:
        """A paid invoice of an outside supplier."""
        rng = self.rng
        first, last = CLAIMS[claim - 1]
        invoiced = first + dt.timedelta(days=rng.randrange(2, (last - first).days - 45))
        paid = invoiced + dt.timedelta(days=rng.randrange(4, 40))
        low, high = {TRAVEL: (40, 900), EXTERNAL: (700, 9500), EQUIPMENT: (500, 8000), OFFICE: (60, 700)}[category]
        net = self.amount(low, high)
        vat_rate = Decimal("0.10") if category == TRAVEL else Decimal("0.20" if partner.country == "FR" else "0.22")
        vat = (net * vat_rate).quantize(CENT)
        pct = Decimal(rng.choice((100, 100, 100, 80, 50)))
        org = rng.choice(self.suppliers)
        italian = org.country == "IT"
        name = marked(firm_spelling(org.core, org.legal_form, rng), org.country)
        number = org.cf if italian else org.main.siret
        labels = expense_labels()[partner.country].get(category, _OFFICE_LABELS)
        line = Line(
            partner, claim, category, "REAL", rng.choice(labels),
            _activity(invoiced, paid, rng), cup=partner.cup,
            document="Mission" if category == TRAVEL and happens(rng, 0.4) else "Facture",
            supplier=name, supplier_id=number, organisation=org, invoice=self.invoice_number(),
            invoice_date=invoiced, payment_ref=str(rng.randrange(100, 9999)), payment_date=paid,
            net=net, vat=vat, gross=net + vat, pct=pct,
        )  # fmt: skip
        base = net if partner.vat_recoverable else net + vat
        line.declared = cents(base * pct / 100)
        return line

    def payroll(self, partner: Partner, claim: int, total: Decimal) -> list[Line]:
        """Six payslips that together declare about ``total``."""
        first, _ = CLAIMS[claim - 1]
        lines = []
        for month in range(6):
            begin = (first.replace(day=1) + dt.timedelta(days=31 * month + 3)).replace(day=1)
            day = (begin + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
            pct = Decimal(self.rng.choice((40, 50, 60)))
            gross = cents(total / 6 * 100 / pct) + Decimal(self.rng.randrange(0, 900)) / 100
            net = cents(gross * Decimal("0.7"))
            person = marked(self.staff[partner.index], partner.country)
            word = "Salaire" if partner.country == "FR" else "Stipendio"
            lines.append(Line(
                partner, claim, STAFF, "REAL", f"{word} {begin:%m/%Y} – {person}", _activity(day, day, self.rng),
                cup=partner.cup, document="Bulletin de paie", supplier=person, invoice=f"P{begin:%Y%m}-{partner.index}",
                invoice_date=day, payment_ref=str(self.rng.randrange(100, 9999)), payment_date=day,
                net=net, vat=gross - net, gross=gross, pct=pct, declared=cents(gross * pct / 100),
            ))  # fmt: skip
        return lines

    def flat(self, partner: Partner, claim: int, category: str, amount: Decimal) -> Line:
        """A flat-rate line: no document, no dates."""
        label = {"FR": "Forfait", "IT": "Tasso forfettario"}[partner.country]
        return Line(partner, claim, category, "FLAT", label, "1.2", cup=partner.cup, declared=amount)

    def claim_lines(self, partner: Partner, claim: int) -> list[Line]:
        """Everything a partner declares in a claim, flat rates computed from the rest."""
        rng = self.rng
        categories = [TRAVEL] * rng.choice((2, 3)) + [EXTERNAL] * rng.choice((5, 6)) + [EQUIPMENT]
        lines = [self.purchase(partner, claim, category) for category in categories]
        if partner.delegate:
            for _ in range(3):
                line = self.purchase(partner, claim, EXTERNAL)
                line.delegate = partner.delegate
                lines.append(line)
        direct = sum((line.declared for line in lines), Decimal(0))
        if partner.staff_flat:
            staff = cents(direct * STAFF_RATE)
            lines.append(self.flat(partner, claim, STAFF, staff))
        else:
            ratio = Decimal("0.58") if partner.index == 2 else Decimal(rng.randrange(28, 42)) / 100
            payslips = self.payroll(partner, claim, direct * ratio / (1 - ratio))
            staff = sum((line.declared for line in payslips), Decimal(0))
            lines += payslips
        if partner.office_flat:
            lines.append(self.flat(partner, claim, OFFICE, cents(staff * OFFICE_RATE)))
        elif not partner.staff_flat:
            lines += [self.purchase(partner, claim, OFFICE) for _ in range(2)]
        return lines


def projects(seed: int, count: int, suppliers: list[Organisation]) -> list[tuple[Project, Ledger]]:
    """Clean projects: every rule of the programme holds on every line, claim and partner.

    One exception: the third partner's real staff costs exceed half of its direct costs.
    """
    made = []
    for number in range(1, count + 1):
        ledger = Ledger(seed, number, suppliers)
        partners = ledger.partners(number)
        lines = [line for claim in range(1, 6) for p in partners for line in ledger.claim_lines(p, claim)]
        counts: dict[str, int] = {}
        for line in lines:
            counts[line.partner.name] = counts.get(line.partner.name, 0) + 1
            line.number = f"{counts[line.partner.name]:03d}"
            if line.claim in CERTIFIED_CLAIMS:
                line.certified, line.rejected = line.declared, Decimal(0)
        acronym = _ACRONYMS[(number - 1) % len(_ACRONYMS)] + (str(number) if number > len(_ACRONYMS) else "")
        made.append((Project(f"SYN-{4000 + number}", marked(acronym, "FR"), partners, lines), ledger))
    return made
