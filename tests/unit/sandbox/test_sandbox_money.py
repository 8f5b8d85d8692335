"""The project is clean before the irregularities, and each irregularity is really there afterwards."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from sandbox.feeds.synergie import build
from sandbox.feeds.synergie_findings import plant
from sandbox.feeds.synergie_xlsx import recap_row
from sandbox.truth import Truth
from sandbox.world.chance import stream
from sandbox.world.organisations import Founder, populate
from sandbox.world.project import CLAIMS, END, EQUIPMENT, START, Line, cents, month_of, projects

SEED = 3
FORBIDDEN = ("téléphone", "internet", "assurance", "nettoyage", "telefonica", "assicurazione", "pulizia", "affitto")


@pytest.fixture
def project():
    population = populate(Founder(SEED), 0.3)
    made, ledger = projects(SEED, 1, population.actif)[0]
    return made, ledger


@pytest.fixture
def world_of_two(tmp_path):
    truth = Truth()
    suppliers = populate(Founder(SEED), 0.3).actif
    build(SEED, 2, suppliers, tmp_path / "inbox", tmp_path / "plans", truth)
    return {"expense_findings": truth.expense_findings}


def paid(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.method == "REAL"]


def declared(lines: list[Line]) -> Decimal:
    return sum((line.declared for line in lines), Decimal(0))


def test_clean_lines_keep_the_rules_of_amounts(project) -> None:
    for line in paid(project[0].lines):
        assert line.net + line.vat == line.gross
        assert line.declared <= line.gross * line.pct / 100
        if line.recoverable and line.category != "staff":
            assert line.declared <= line.net * line.pct / 100
        if line.certified is not None:
            assert line.certified + line.rejected == line.declared


def test_clean_lines_keep_the_rules_of_dates(project) -> None:
    for line in paid(project[0].lines):
        first, last = CLAIMS[line.claim - 1]
        assert START <= first <= line.invoice_date <= line.payment_date <= last <= END
        months = {month_of(line.invoice_date), month_of(line.payment_date)}
        if line.activity.startswith("3."):
            assert max(months) <= 8
        if line.activity[0] in "45":
            assert min(months) >= 9
        if line.activity == "2.2":
            assert min(months) >= 2 and max(months) <= 29


def test_clean_flat_rates(project) -> None:
    groups: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in project[0].lines:
        groups[line.partner.index, line.claim].append(line)
    for lines in groups.values():
        partner = lines[0].partner
        staff = declared([x for x in lines if x.category == "staff"])
        direct = declared([x for x in lines if x.category not in ("staff", "office")])
        if partner.staff_flat:
            assert staff == cents(direct * Decimal("0.20"))
        else:
            over = staff > (staff + direct) / 2
            assert over == (partner.index == 2)
        office = [x for x in lines if x.category == "office"]
        if partner.office_flat:
            assert declared(office) == cents(staff * Decimal("0.15"))


def test_clean_numbers_documents_and_words(project) -> None:
    lines = project[0].lines
    assert len({(x.partner.index, x.number) for x in lines}) == len(lines)
    invoices = [(x.supplier_id, x.invoice) for x in paid(lines)]
    assert len(invoices) == len(set(invoices))
    cups = [p.cup for p in project[0].partners if p.country == "IT"]
    assert len(set(cups)) == len(cups) and all(len(c) == 15 for c in cups)
    assert not any(p.cup for p in project[0].partners if p.country == "FR")
    assert not any(w in x.label.lower() for x in lines if x.category != "office" for w in FORBIDDEN)


def test_every_rule_is_planted_and_broken(project) -> None:
    made, ledger = project
    before = len(made.lines)
    found, on_partners = plant(made, ledger, stream(SEED, "test"))
    by_rule: dict[str, list] = defaultdict(list)
    for finding in found:
        for rule in finding.rules:
            by_rule[rule].append(finding)
    assert set(by_rule) >= {
        f"R{n:02d}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 14, 19, 20, 21, 22, 25, 26, 27, 28, 31)
    }
    assert {f.rule for f in on_partners} == {"R11", "R12", "R13", "R15"}
    assert len(made.lines) > before
    broken = {
        "R03": lambda x: x.payment_date.year == 2024,
        "R04": lambda x: x.payment_date < START,
        "R05": lambda x: x.payment_date < x.invoice_date,
        "R06": lambda x: x.payment_date is None and x.method == "REAL",
        "R07": lambda x: x.net + x.vat != x.gross,
        "R08": lambda x: x.recoverable and x.declared > x.net * x.pct / 100,
        "R09": lambda x: x.declared > x.gross,
        "R10": lambda x: x.certified > x.declared or x.certified + x.rejected != x.declared,
        "R16": lambda x: any(word in x.label.lower() for word in FORBIDDEN) and x.category != "office",
        "R19": lambda x: (x.partner.country == "IT") != bool(x.cup),
        "R20": lambda x: x.delegate not in {"", *(p.delegate for p in made.partners)},
        "R21": lambda x: x.activity == "6.1",
        "R22": lambda x: x.activity == "3.2" and month_of(x.invoice_date) > 8,
        "R25": lambda x: x.supplier in {p.name for p in made.partners},
        "R28": lambda x: x.currency == "CHF" and abs(x.gross / x.rate - x.declared) > 1,
    }
    for rule, check in broken.items():
        assert all(check(finding.line) for finding in by_rule[rule]), rule


def test_working_time_is_wrong_where_it_is_planted_only(project) -> None:
    made, ledger = project
    found, _ = plant(made, ledger, stream(SEED, "test"))
    twice, wrong = (f for f in found if f.rules == ("R14",))
    assert twice.line.pct + twice.related.pct > 100
    assert twice.line.invoice_date == twice.related.invoice_date and twice.line.supplier == twice.related.supplier
    told = [x for x in made.lines if " h x 25,00" in x.label]
    gives = {id(x): int(x.label.split("–")[-1].split()[0]) * 25 == x.declared for x in told}
    assert not gives.pop(id(wrong.line))
    assert list(gives.values()) == [True]


def test_a_document_in_two_projects_is_told(world_of_two) -> None:
    across = [f for f in world_of_two["expense_findings"] if f["note"] == "one document in two projects"]
    assert len(across) == 2
    assert all(f["file"] != f["related"]["file"] for f in across)


def test_pairs_are_pairs(project) -> None:
    made, ledger = project
    found, _ = plant(made, ledger, stream(SEED, "test"))
    notes = {f.note: f for f in found if f.related}
    again = notes["same row in two claims"]
    assert again.line.number == again.related.number and again.line.claim != again.related.claim
    same = notes["same invoice twice"]
    assert (same.line.supplier_id, same.line.invoice, same.line.gross) == (
        same.related.supplier_id, same.related.invoice, same.related.gross,
    )  # fmt: skip
    alike = [f for f in found if f.alike]
    assert len(alike) == 4
    for near in alike:
        assert near.line.number != near.related.number and near.line.invoice != near.related.invoice
        assert abs(near.line.gross - near.related.gross) <= Decimal("0.01")
        assert abs((near.line.invoice_date - near.related.invoice_date).days) <= 3
    shared = notes["parts of one invoice above 100 %"]
    assert shared.line.pct + shared.related.pct > 100
    assert shared.line.partner is not shared.related.partner


def test_harmless_oddities_are_there_and_not_findings(project) -> None:
    made, ledger = project
    found, _ = plant(made, ledger, stream(SEED, "test"))
    flagged = {id(f.line) for f in found} | {id(f.related) for f in found}
    assert any(x.declared < 0 and id(x) not in flagged for x in made.lines)
    swiss = [x for x in made.lines if x.currency == "CHF" and id(x) not in flagged]
    assert swiss and all(abs(x.gross / x.rate - x.declared) <= Decimal("0.005") for x in swiss)
    cut = [x for x in made.lines if x.rejected and id(x) not in flagged]
    assert cut and all(x.certified + x.rejected == x.declared for x in cut)


def test_claim_totals_truncate_erdf(project) -> None:
    made, _ = project
    for claim in (1, 2, 3, 4):
        for partner in made.partners:
            row = recap_row(made, claim, partner.index, "")
            assert row["feder"] == cents(row["certified"] * Decimal("0.85"))
            assert row["feder"] + row["cpn"] + row["own"] == row["certified"]
    assert recap_row(made, 5, 0, "")["feder"] is None
    assert recap_row(made, 1, 1, "R17")["feder"] > recap_row(made, 1, 1, "")["feder"]


def test_files_hold_the_lines_where_the_truth_says(world) -> None:
    books: dict[str, CalamineWorkbook] = {}
    lines = [f for f in world.truth["expense_findings"] if f["scope"] == "line"]
    assert len(lines) > 100
    for finding in lines:
        name = finding["file"]
        book = books.setdefault(name, CalamineWorkbook.from_path(str(world.folder / "synergie-inbox" / name)))
        row = book.get_sheet_by_name(finding["sheet"]).to_python(skip_empty_area=False)[finding["row"] - 1]
        assert finding["partner"] in row
        assert finding["expense_no"] in row


def test_files_show_the_ways_of_spreadsheets(world) -> None:
    inbox = world.folder / "synergie-inbox"
    texts = {}
    for path in inbox.glob("*.xlsx"):
        book = CalamineWorkbook.from_path(str(path))
        texts[path.name] = [
            [str(c) for c in row] for s in book.sheet_names for row in book.get_sheet_by_name(s).to_python()
        ]
    cells = [cell for rows in texts.values() for row in rows for cell in row]
    assert any(cell.startswith("Sous-total") for cell in cells)
    assert any(cell.startswith("Partenaire :") for cell in cells)
    assert "Fornittore" in cells and "Imponibile " in cells
    assert any("€" in cell for cell in cells)
    assert any(cell.endswith(":00:00Z") for cell in cells)
    plans = [CalamineWorkbook.from_path(str(p)) for p in (world.folder / "synergie-plans").glob("*.xlsx")]
    assert any("288.11" in map(str, row) for plan in plans for row in plan.get_sheet_by_index(0).to_python())


def test_a_formula_has_no_stored_result(world) -> None:
    import openpyxl

    (broken,) = world.defects("formula_without_value", "synergie")
    name, sheet, row = broken["key"].split("#")
    path = world.folder / "synergie-inbox" / name
    column = next(
        c for c in range(1, 40) if str(openpyxl.load_workbook(path)[sheet].cell(int(row), c).value).startswith("=Y")
    )
    assert openpyxl.load_workbook(path, data_only=True)[sheet].cell(int(row), column).value is None


def test_equipment_and_payslips_are_marked_for_attention(world) -> None:
    info = [f for f in world.truth["expense_findings"] if f.get("severity") == "info"]
    assert {r for f in info for r in f["rules"]} == {"R29", "R30"}
    assert EQUIPMENT == "equipment"
