"""One dropped file: which list each of its sheets is, and what the sheets say about each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.core.errors import Fatal
from connectors.synergie.budget import category_checks, plan_checks, type_line, without_rate
from connectors.synergie.cells import as_text
from connectors.synergie.headings import Columns, Profile, is_scaled, normalise, profile
from connectors.synergie.lines import Line, SplitRule
from connectors.synergie.lists import ListReader
from connectors.synergie.readings import settle_expense, settle_plan
from connectors.synergie.tables import Table, find_heading, load_tables
from connectors.synergie.totals import TOLERANCE, Check
from schemas.sources.synergie import Budget, Demande, Depense, Poste

CONTRACTS: dict[str, type[Depense] | type[Demande] | type[Budget] | type[Poste]] = {
    "depenses": Depense,
    "demandes": Demande,
    "postes": Poste,
    "budgets": Budget,
}
_NOT_CONTENT = frozenset(("section", "ligne_masquee", "extrait_le", "occurrence"))
_SHOWN_HEADINGS = 8
_PLANS = ("postes", "budgets")
_PLAN_COLUMNS = frozenset(("code_projet",))
_FROM_LINES = ("code_projet", "acronyme")
_FROM_CLAIM_LINES = ("periode_debut", "periode_fin")


@dataclass
class Sheet:
    """One sheet.

    Attributes:
        kind: stream whose records it holds; None when no heading is known.
        rate: ERDF rate in the heading of a plan, percent.
        context: what its rows above the heading say.
    """

    table: Table
    kind: str | None = None
    columns: Columns | None = None
    lines: list[Line] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    rate: Decimal | None = None
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """What the deployment says about a file.

    Attributes:
        splits: rules for several values in one cell.
        project: project of a financing plan that does not name it.
        headings: heading → field, for a plan with headings of its own.
    """

    splits: tuple[SplitRule, ...] = ()
    project: str | None = None
    headings: Mapping[str, str] = field(default_factory=dict)


def read_workbook(path: Path, settings: Settings) -> list[Sheet]:
    """All sheets of a file, read.

    Raises:
        Fatal: the file cannot be read (see ``load_tables``), or no sheet has a known heading
            (``no_heading``).
    """
    sheets = [_classify(table, settings) for table in load_tables(path)]
    if not any(sheet.kind for sheet in sheets):
        raise Fatal(_no_heading(sheets), rule="no_heading")
    for sheet in sheets:
        if sheet.kind and sheet.columns:
            _read(sheet, sheet.columns, settings)
    of_kind = {kind: [s for s in sheets if s.kind == kind] for kind in CONTRACTS}
    _tell_sheets_apart(of_kind["depenses"])
    _complete_plans(of_kind)
    for sheet in of_kind["demandes"]:
        _complete_claims(sheet, of_kind["depenses"])
        sheet.checks += _claim_checks(sheet.lines, _lines(of_kind["depenses"]))
    for sheet in of_kind["budgets"]:
        sheet.checks += plan_checks(sheet.lines, sheet.rate)
        sheet.checks += category_checks(_lines(of_kind["postes"]), sheet.lines)
    return sheets


def _lines(sheets: Iterable[Sheet]) -> list[Line]:
    return [line for sheet in sheets for line in sheet.lines]


def _classify(table: Table, settings: Settings) -> Sheet:
    for kind in CONTRACTS:
        headings = settings.headings if kind in _PLANS else {}
        bare, rate = without_rate(table) if kind in _PLANS else (table, None)
        columns = find_heading(bare, _with_headings(profile(kind), headings)).columns
        if columns:
            return Sheet(bare, kind, columns, rate=rate)
    return Sheet(table)


def _with_headings(kind: Profile, headings: Mapping[str, str]) -> Profile:
    own = {normalise(text): (name, None) for text, name in headings.items()}
    return replace(kind, aliases={**kind.aliases, **own}) if own else kind


def _no_heading(sheets: list[Sheet]) -> str:
    searches = [find_heading(sheet.table, profile(kind)).nearest for kind in CONTRACTS for sheet in sheets]
    nearest = [columns for columns in searches if columns]
    message = (
        "no sheet holds the heading of an expense list (a declared amount, one of number, label, supplier, "
        "document or category, at least three known columns), of a claim list or of a financing plan"
    )
    if nearest:
        best = max(nearest, key=lambda columns: len(columns.columns))
        message += f". Row {best.row} comes nearest and has: {', '.join(sorted(set(best.columns.values())))}"
        strange = [
            f"'{text}' (in thousands or millions: write units)" if is_scaled(text) else f"'{text}' (is it '{near}'?)"
            for text, near, _ in best.unknown.values()
        ]
        if strange:
            message += (
                f". Not known there: {', '.join(strange[:_SHOWN_HEADINGS])}. Rename them, or add them to aliases.yml"
            )
    return message


def _read(sheet: Sheet, columns: Columns, settings: Settings) -> None:
    kind = str(sheet.kind)
    fields = frozenset(CONTRACTS[kind].model_fields)
    is_plan = kind in _PLANS
    reader = ListReader(
        sheet.table,
        columns,
        fields | (_PLAN_COLUMNS if is_plan else frozenset()),
        () if is_plan else settings.splits,
        totals_are_lines=kind == "budgets",
    )
    sheet.lines, sheet.context = list(reader.lines()), reader.context
    sheet.checks = reader.checks
    for line in sheet.lines:
        if kind == "budgets":
            settle_plan(line)
            type_line(line, sheet.rate, settings.project)
        elif kind == "depenses":
            settle_expense(line)
        elif kind == "postes":
            line.values["projet"] = line.values.pop("code_projet", None) or settings.project
        for name in ("section", "ligne_masquee"):
            if name not in fields:
                line.values.pop(name, None)
    _count_occurrences(kind, sheet.lines)


def _count_occurrences(kind: str, lines: list[Line]) -> None:
    """1, or n for the n-th line of the sheet with the same key; see ``Depense.record_key``."""
    seen: Counter[str] = Counter()
    for line in lines:
        key = _line_key(kind, line)
        seen[key] += 1
        line.values["occurrence"] = seen[key]


def _line_key(kind: str, line: Line) -> str:
    key_fields = {
        "demandes": ("code_projet", "partenaire", "numero_demande"),
        "budgets": ("projet", "type_ligne", "partenaire"),
        "postes": ("projet", "partenaire", "categorie", "code_wp", "annee", "version"),
    }
    names: Iterable[str] = key_fields.get(kind, Depense.KEY_FIELDS)
    if kind == "depenses" and not line.values.get("numero_depense"):
        names = sorted(set(line.values) - _NOT_CONTENT)
    return repr([(name, str(line.values.get(name) or "")) for name in names])


def _tell_sheets_apart(sheets: list[Sheet]) -> None:
    """Count on where another sheet uses a number for another expense, as lists that begin at 1 on every sheet do.

    A line that stands on two sheets with the same content keeps its one key, so its amount is not taken twice.
    """
    held: dict[str, dict[int, int]] = defaultdict(dict)
    for sheet in sheets if len(sheets) > 1 else ():
        before = {key: dict(contents) for key, contents in held.items()}
        for line in sheet.lines:
            key = _line_key("depenses", line)
            content = hash(repr([line.values[name] for name in sorted(set(line.values) - _NOT_CONTENT)]))
            same = before.get(key, {}).get(content)
            line.values["occurrence"] = same or max(held[key].values(), default=0) + 1
            held[key][content] = line.values["occurrence"]


def _complete_plans(of_kind: Mapping[str, list[Sheet]]) -> None:
    """Give a plan that names no project the only one that the other sheets of its file name."""
    others = [line for kind in ("postes", "depenses", "demandes") for line in _lines(of_kind[kind])]
    project = _only(line.values.get("projet") or line.values.get("code_projet") for line in others)
    for line in _lines(of_kind["budgets"]):
        if project is not None and line.values.get("projet") is None:
            line.values["projet"] = project
            line.notes.append({"champ": "projet", "regle": "repris_du_classeur", "valeur": as_text(project)})


def _complete_claims(sheet: Sheet, expense_sheets: list[Sheet]) -> None:
    """Give a claim sheet what only the expense sheets of the same file say: project, period, filing day."""
    lines = _lines(expense_sheets)
    whole = {name: value for name in _FROM_LINES if (value := _only(line.values.get(name) for line in lines))}
    for line in sheet.lines:
        number = line.values.get("numero_demande")
        own = [other for other in lines if other.values.get("numero_demande") == number]
        found = dict(whole)
        for name in _FROM_CLAIM_LINES:
            found[name] = _only(other.values.get(name) for other in own)
        # The day stands above a list; it is this claim's when the list holds no other claim.
        days = [
            s.context.get("date_depot")
            for s in expense_sheets
            if {other.values.get("numero_demande") for other in s.lines} == {number}
        ]
        found["date_depot"] = _only(days)
        for name, value in found.items():
            if value is not None and line.values.get(name) is None:
                line.values[name] = value
                line.notes.append({"champ": name, "regle": "repris_du_classeur", "valeur": as_text(value)})


def _only(values: Iterable[Any]) -> Any:
    """The one value that is there, None for none or several."""
    distinct = {value for value in values if value is not None}
    return distinct.pop() if len(distinct) == 1 else None


def _claim_checks(claims: list[Line], lines: list[Line]) -> Iterator[Check]:
    """The sums of a claim against the expense lines of the same file, where they are in it."""
    sums: dict[tuple[Any, Any, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        for name in ("montant_declare", "montant_certifie"):
            key = (line.values.get("partenaire"), line.values.get("numero_demande"), name)
            sums[key] += line.amount(name) or 0
    for claim in claims:
        partner, number = claim.values.get("partenaire"), claim.values.get("numero_demande")
        for name, summed in (("montant_demande", "montant_declare"), ("montant_certifie", "montant_certifie")):
            printed = claim.amount(name)
            if printed is not None and (partner, number, summed) in sums:
                expected = sums[partner, number, summed]
                label = f"{number} {partner}"
                yield Check("demande", name, claim.row, expected, printed, label, TOLERANCE)
