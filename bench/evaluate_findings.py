"""Recall and precision of the expense rules on synthetic exports with planted irregularities.

``make evaluate-money`` makes the exports of three seeds, reads and builds them in a scratch warehouse and compares
each finding with the hidden truth; ``--truth FILE --schema S`` judges what a warehouse holds already. Exit 1 when a
rule misses a planted irregularity or accuses a clean row, over all seeds together.

Documents entered twice by different hands are a rule of their own here (``R26~``): they only resemble each other.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from traforo.settings import Settings
from warehouse import dbt
from warehouse.cluster import Cluster, connect_cluster

Place = tuple[str, str, int]
ALIKE = "R26~"
"""Duplicates that only resemble each other, which the warehouse raises as warnings of R26."""
ALIKE_PRECISION, ALIKE_RECALL = 0.95, 0.90
_CATEGORIES = {
    "staff": "STAFF", "office": "OFFICE_ADMINISTRATION", "travel": "TRAVEL_ACCOMMODATION",
    "external": "EXTERNAL_EXPERTISE_SERVICES", "equipment": "EQUIPMENT",
}  # fmt: skip


@dataclass
class Score:
    """Counts of one rule."""

    expected: int = 0
    found: int = 0
    raised: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the planted irregularities that were found."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """Share of the findings that speak of a planted irregularity or of what follows from one."""
        return 1 - len(self.wrong) / self.raised if self.raised else 1.0


@dataclass(frozen=True)
class Raised:
    """One finding as the warehouse holds it."""

    rule: str
    severity: str
    places: frozenset[Place]
    partner: str | None
    claim: str | None
    category: str | None


def read_findings(connection: Connection, schema: str) -> list[Raised]:
    """Every finding of ``schema`` with all places it rests on."""
    rows = connection.execute(
        text(
            "select f.rule_code, f.finding_severity_code, f.evidence, p.partner_name, f.claim_number,"
            " f.cost_category_code, f.source_file_name, f.source_sheet_name, f.source_row_number"
            f' from "{schema}".expense_finding f left join "{schema}".partner p on p.partner_id = f.partner_id'
        )
    )
    found = []
    for rule, severity, evidence, partner, claim, category, file, sheet, row in rows:
        places = {(e["file"], e["sheet"], int(e["row"])) for e in evidence["rows"]}
        if file and row:
            places.add((file, sheet, int(row)))
        found.append(Raised(rule, severity, frozenset(places), partner, claim, category))
    return found


def _place(entry: Mapping[str, Any]) -> Place:
    return entry["file"], entry["sheet"], int(entry["row"])


def evaluate(truth: Mapping[str, Any], findings: Sequence[Raised]) -> dict[str, Score]:
    """The score of each rule."""
    scores: dict[str, Score] = defaultdict(Score)
    expected = truth["expense_findings"]
    for entry in expected:
        for rule in entry["rules"]:
            score = scores[ALIKE if entry.get("alike") else rule]
            score.expected += 1
            if any(_hits(entry, rule, finding) for finding in findings):
                score.found += 1
            else:
                score.missed.append(_told(entry))
    for finding in findings:
        score = scores[ALIKE if (finding.rule, finding.severity) == ("R26", "WARNING") else finding.rule]
        score.raised += 1
        if not any(_explains(entry, finding) for entry in expected):
            score.wrong.append(str(finding))
    return dict(scores)


def merged(runs: Iterable[Mapping[str, Score]]) -> dict[str, Score]:
    """The scores of several runs as one."""
    whole: dict[str, Score] = defaultdict(Score)
    for scores in runs:
        for rule, score in scores.items():
            for name in ("expected", "found", "raised", "wrong", "missed"):
                setattr(whole[rule], name, getattr(whole[rule], name) + getattr(score, name))
    return dict(whole)


def _hits(entry: Mapping[str, Any], rule: str, finding: Raised) -> bool:
    """The finding is the expected one: on the line and, where two lines make the fault, on both."""
    if finding.rule != rule:
        return False
    if entry["scope"] == "file":
        return _place(entry) in finding.places
    if entry["scope"] == "line":
        wanted = {_place(entry)} | ({_place(entry["related"])} if entry.get("related") else set())
        # One document entered twice is an error and no mere likeness.
        return wanted <= finding.places and (rule != "R26" or bool(entry["alike"]) or finding.severity == "ERROR")
    if finding.partner != entry["partner"]:
        return False
    if entry["claim"] is not None and finding.claim != str(entry["claim"]):
        return False
    category = _CATEGORIES.get(entry["category"] or "")
    return rule != "R24" or category is None or finding.category == category


def _explains(entry: Mapping[str, Any], finding: Raised) -> bool:
    """The finding is what the entry expects, or what it allows because the same fact breaks that rule too."""
    if finding.rule not in (*entry["rules"], *entry["also"]):
        return False
    if entry["scope"] == "file":
        return any(
            (file, sheet) == (entry["file"], entry["sheet"]) and entry["row"] in (None, row)
            for file, sheet, row in finding.places
        )
    if entry["scope"] == "line":
        if _place(entry) in finding.places or (entry.get("related") and _place(entry["related"]) in finding.places):
            return True
        return not finding.places and finding.partner == entry["partner"]
    if finding.partner != entry["partner"]:
        return False
    return entry["claim"] is None or finding.claim is None or finding.claim == str(entry["claim"])


def _told(entry: Mapping[str, Any]) -> str:
    keys = ("file", "row", "partner", "claim", "expense_no", "category", "note")
    return ", ".join(str(entry[key]) for key in keys if entry.get(key) is not None)


def passed(rule: str, score: Score) -> bool:
    """The bar: nothing missed and nothing wrong; for look-alikes a precision of 0.95 and a recall of 0.90."""
    if rule == ALIKE:
        return score.precision >= ALIKE_PRECISION and score.recall >= ALIKE_RECALL
    return not score.missed and not score.wrong


def report(name: str, scores: Mapping[str, Score]) -> bool:
    """Print a table; True when every rule passes."""
    sys.stdout.write(f"{name}\nrule  planted  found  raised  recall     bar  precision     bar\n")
    good = True
    for rule, score in sorted(scores.items()):
        good &= passed(rule, score)
        precision, recall = (ALIKE_PRECISION, ALIKE_RECALL) if rule == ALIKE else (1.0, 1.0)
        sys.stdout.write(
            f"{rule:4}  {score.expected:7d}  {score.found:5d}  {score.raised:6d}  {score.recall:6.3f}  {recall:6.2f}  "
            f"{score.precision:9.3f}  {precision:6.2f}{'' if passed(rule, score) else '  below the bar'}\n"
        )
        for line in score.missed:
            sys.stdout.write(f"      missed: {line}\n")
        for line in score.wrong:
            sys.stdout.write(f"      wrong: {line}\n")
    return good


def _load(cluster: Cluster, settings: Settings) -> None:
    """Read the exports into an empty warehouse and build what the findings need."""
    from traforo import pipeline

    pipeline.upgrade_database(settings)
    engine = cluster.engine("owner")
    with engine.begin() as connection:
        tables = connection.execute(
            text("select format('raw.%I', tablename) from pg_tables where schemaname = 'raw'")
        ).scalars()
        connection.execute(text(f"truncate {', '.join(tables)}, ops.source_state, ops.reject"))
    engine.dispose()
    result = pipeline.sync(settings, "synergie", {"by": "evaluation"})
    if result.outcome != "loaded":
        raise RuntimeError(f"the exports were not loaded: {result.outcome} {result.failures}")
    arguments = ("--exclude-resource-type", "test", "unit_test")
    built = dbt.build(cluster, "build_evaluation", settings.dbt_target, *arguments)
    if not built.ok:
        raise RuntimeError("; ".join(built.failures))


def _seed(settings: Settings, seed: int, scale: float, folder: Path) -> Mapping[str, Any]:
    """Make the exports of one seed and point the settings at them; gives the truth."""
    subprocess.run(
        [sys.executable, "-m", "sandbox", "generate", "--dir", str(folder), "--seed", str(seed), "--scale", str(scale)],
        check=True,
    )
    truth: Mapping[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return truth


def main(arguments: Iterable[str] | None = None) -> int:
    """The command; 0 when every rule passes on every seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1,2,3", help="seeds of the synthetic exports")
    parser.add_argument("--scale", type=float, default=3.0, help="number of projects in the synthetic exports")
    parser.add_argument("--truth", type=Path, help="judge an existing warehouse against this file")
    parser.add_argument("--schema", default="traforo_v1", help="schema of that warehouse")
    parser.add_argument("--home", type=Path, help="state folder; a temporary one by default")
    options = parser.parse_args(None if arguments is None else list(arguments))
    if options.truth:
        with connect_cluster(options.home) as cluster, cluster.engine("transformer").connect() as connection:
            truth = json.loads(options.truth.read_text(encoding="utf-8"))
            return 0 if report(str(options.truth), evaluate(truth, read_findings(connection, options.schema))) else 1
    home = options.home or Path(tempfile.mkdtemp(prefix="traforo-evaluation-"))
    runs = []
    try:
        with connect_cluster(home) as cluster:
            for seed in (int(seed) for seed in options.seeds.split(",")):
                folder = home / f"sandbox-{seed}"
                truth = _seed(Settings(home), seed, options.scale, folder)
                _load(cluster, Settings(home, folder / "traforo.yml"))
                with cluster.engine("transformer").connect() as connection:
                    runs.append(evaluate(truth, read_findings(connection, "build_evaluation")))
                sys.stdout.write(f"seed {seed}: {sum(score.raised for score in runs[-1].values())} findings\n")
                sys.stdout.flush()
    finally:
        if options.home is None:
            shutil.rmtree(home, ignore_errors=True)
    return 0 if report(f"seeds {options.seeds}", merged(runs)) else 1


if __name__ == "__main__":
    sys.exit(main())
