"""Synergie-CTE: expense exports and a programme budget in a drop folder, with the findings they must give."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from sandbox.feeds.synergie_alike import plant_across
from sandbox.feeds.synergie_budget import write_plan
from sandbox.feeds.synergie_cases import Finding
from sandbox.feeds.synergie_findings import PartnerFinding, new_number, plant
from sandbox.feeds.synergie_xlsx import Broken, Placed, WrongTotal, write_files
from sandbox.truth import Truth
from sandbox.world.chance import stream
from sandbox.world.organisations import Organisation
from sandbox.world.project import EQUIPMENT, EXTERNAL, STAFF, TRAVEL, Line, Project, projects

SOURCE, STREAM = "synergie", "depenses"
_RECAP_FAULTS = {(1, 1): "R17", (3, 2): "R18", (2, 3): "R23"}
_BROKEN = (
    (1, "number", "key_missing"), (2, "gross", "amount_is_text"), (2, "payment_date", "date_impossible"),
    (3, "declared", "formula_without_value"), (4, "net", "error_cell"),
)  # fmt: skip
_OVERSPENT = {(0, TRAVEL): Decimal("1.10"), (1, EQUIPMENT): Decimal("1.35")}


def _broken(project: Project, taken: list[Line], rng: Random) -> list[Broken]:
    """Cells that no reader can make sense of, on lines from which no flat rate and no overspent budget is told."""
    found = []
    for claim, column, kind in _BROKEN:
        options = [
            x for x in project.lines
            if x.claim == claim and x.partner.index in (0, 1) and x.category == EXTERNAL
            and not x.delegate and not any(x is y for y in taken) and x.document == "Facture"
        ]  # fmt: skip
        line = rng.choice(options)
        taken.append(line)
        found.append(Broken(line, column, kind))
    return found


def _where(place: Placed) -> dict[str, Any]:
    return {
        "file": place.file, "sheet": place.sheet, "row": place.row, "partner": place.line.partner.name,
        "expense_no": place.line.number, "claim": place.line.claim,
    }  # fmt: skip


def key_of(project: Project, place: Placed) -> str:
    """Key of a line in the truth: file, sheet and row, which no defect can spoil."""
    return f"{place.file}#{place.sheet}#{place.row}"


def _tell_lines(project: Project, places: dict[int, Placed], broken: list[Broken], truth: Truth) -> None:
    for place in places.values():
        line, key = place.line, key_of(project, place)
        if line.organisation:
            truth.saw_organisation(line.organisation, SOURCE, STREAM, key, "supplier")
        info = "R30" if line.category == STAFF and line.document else "R29" if line.category == EQUIPMENT else ""
        if info:
            truth.expense_findings.append({
                "scope": "line", "project": project.code, **_where(place), "rules": [info], "also": [],
                "severity": "info", "note": "personal data" if info == "R30" else "durability",
            })  # fmt: skip
    for cell in broken:
        place = places[id(cell.line)]
        key = key_of(project, place)
        truth.spoilt(SOURCE, STREAM, key, cell.column, cell.kind)
        if cell.kind != "key_missing":  # such a line can be read; it only cannot be told from another
            truth.unreadable.append(
                {"source": SOURCE, "stream": STREAM, "key": key, "field": cell.column, "kind": cell.kind}
            )


def _tell_findings(
    project: Project, places: dict[int, Placed], found: list[Finding], on_partners: list[PartnerFinding], truth: Truth
) -> None:
    for finding in found:
        entry = {
            "scope": "line", "project": project.code, **_where(places[id(finding.line)]),
            "rules": list(finding.rules), "also": list(finding.also), "severity": "finding", "note": finding.note,
            "alike": finding.alike,
        }  # fmt: skip
        if finding.related is not None:
            entry["related"] = _where(places[id(finding.related)])
        truth.expense_findings.append(entry)
    for item in on_partners:
        truth.expense_findings.append({
            "scope": "partner", "project": project.code, "partner": item.partner.name, "claim": item.claim,
            "category": item.category, "rules": [item.rule], "also": [], "severity": "finding", "note": item.note,
        })  # fmt: skip


def _partner_level(project: Project) -> list[PartnerFinding]:
    """Findings in the claim totals and against the budget."""
    notes = {"R17": "ERDF at 86 %", "R18": "parts do not add up to the total", "R23": "header is not the sum of lines"}
    found = [
        PartnerFinding(project.partners[i], rule, notes[rule], claim) for (claim, i), rule in _RECAP_FAULTS.items()
    ]
    found += [
        PartnerFinding(project.partners[i], "R24", f"{ratio:.0%} of the budget used", None, category)
        for (i, category), ratio in _OVERSPENT.items()
    ]
    return found


@dataclass
class _Planted:
    """A project with its irregularities; ``taken`` are the lines that hold one."""

    project: Project
    rng: Random
    found: list[Finding]
    on_partners: list[PartnerFinding]
    taken: list[Line]


def build(seed: int, count: int, suppliers: list[Organisation], inbox: Path, plans: Path, truth: Truth) -> list[str]:
    """Write the exports of ``count`` projects into ``inbox`` and their financing plans into ``plans``.

    Gives the names of all files.
    """
    inbox.mkdir(parents=True, exist_ok=True)
    plans.mkdir(parents=True, exist_ok=True)
    made = projects(seed, count, suppliers)
    totals: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    names: list[str] = []
    planted: list[_Planted] = []
    for number, (project, ledger) in enumerate(made, start=1):
        rng = stream(seed, f"synergie-{number}")
        found, on_partners = plant(project, ledger, rng)
        if planted:
            found += plant_across(planted[-1].project, project, new_number, planted[-1].taken)
        taken = [x.line for x in found] + [x.related for x in found if x.related]
        planted.append(_Planted(project, rng, found, on_partners + _partner_level(project), taken))
    places: dict[int, Placed] = {}
    for spoilt in planted:
        project = spoilt.project
        broken = _broken(project, spoilt.taken, spoilt.rng)
        written = write_files(inbox, project, broken, _RECAP_FAULTS, spoilt.rng)
        own = {id(place.line): place for place in written.lines}
        places |= own
        names += list(dict.fromkeys(place.file for place in written.lines))
        _tell_lines(project, own, broken, truth)
        _tell_findings(project, places, spoilt.found, spoilt.on_partners, truth)
        _tell_files(project, own, broken, written.wrong_totals, truth)
        for line in project.lines:
            totals[(project.code, line.partner.index, line.category)] += line.declared
        names.append(write_plan(plans, project, totals, _OVERSPENT, truth))
    return names


def _tell_files(
    project: Project, places: dict[int, Placed], broken: list[Broken], wrong_totals: list[WrongTotal], truth: Truth
) -> None:
    """Wrong totals, and what follows for the sums of a claim or a file from a line that cannot be read."""
    for total in wrong_totals:
        truth.expense_findings.append({
            "scope": "file", "project": project.code, "file": total.file, "sheet": total.sheet, "row": total.row,
            "rules": ["R32"], "also": [], "severity": "finding", "note": total.note,
        })  # fmt: skip
    for cell in broken:
        place = places[id(cell.line)]
        told = {"project": project.code, "rules": [], "severity": "finding", "note": "a line cannot be read"}
        truth.expense_findings.append({
            **told, "scope": "partner", "partner": cell.line.partner.name, "claim": cell.line.claim, "category": None,
            "also": ["R23", "R11", "R12", "R24"],
        })  # fmt: skip
        truth.expense_findings.append(
            {**told, "scope": "file", "file": place.file, "sheet": place.sheet, "row": None, "also": ["R32"]}
        )
