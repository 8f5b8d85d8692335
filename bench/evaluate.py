"""Precision and recall of the harmonisation against the hidden truth of synthetic worlds.

Generates the sandbox for each seed in a folder of its own, runs the whole pipeline up to a built release, and compares
what it says with what is true. Exits 1 when a figure is below its bar.

    python bench/evaluate.py --seeds 1 2
    python bench/evaluate.py --seeds 1 --scale 0.3 --misses 20
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evaluate_answers import concepts, municipalities, organisations, quantities, third_places, waste_codes
from evaluate_measures import Score, assignment, pairwise, pairwise_across
from evaluate_world import World, evaluated


@dataclass(frozen=True)
class Figure:
    """One measured score with the least it must reach; 0 where it is shown only."""

    name: str
    score: Score
    precision_bar: float = 0.0
    recall_bar: float = 0.0

    @property
    def passed(self) -> bool:
        """Both bars are reached."""
        return self.score.precision >= self.precision_bar and self.score.recall >= self.recall_bar


def measure(world: World) -> list[Figure]:
    """All figures of one world."""
    truth, found, left_out = organisations(world)
    source = {record: record[0] for record in truth}
    places, placed = third_places(world)
    directory = {record: record[1].split(":")[0] for record in places}
    texts = concepts(world)
    return [
        Figure("organisations: pairs of records", pairwise(truth, found), 0.98, 0.92),
        Figure("organisations: pairs across sources", pairwise_across(truth, found, source)),
        Figure("  … travel and staff lines counted as well", pairwise({**truth, **left_out}, found)),
        Figure("third places: pairs of listings", pairwise(places, placed), 0.98, 0.92),
        Figure("third places: pairs across directories", pairwise_across(places, placed, directory)),
        Figure("municipality", assignment(*municipalities(world)), 0.0, 0.99),
        Figure("concept: all texts of materials", assignment(*texts.all)),
        Figure("concept: texts that do not stand in the list", assignment(*texts.unlisted), 0.0, 0.85),
        Figure("  … with damaged spelling", assignment(*texts.damaged)),
        Figure("  … in words of their own", assignment(*texts.own_words)),
        Figure("  … with the first candidate where left open", assignment(*texts.first)),
        Figure("  … left open: among the candidates proposed", assignment(*texts.proposed)),
        Figure("services, energy, transport kept from materials", assignment(*texts.not_material), 0.0, 1.0),
        Figure("List of Waste code", assignment(*waste_codes(world)), 0.98, 0.98),
        Figure("yearly quantity", assignment(*quantities(world)), 0.98, 0.98),
    ]


def report(seed: int, scale: float, figures: list[Figure], seconds: float) -> str:
    """Table of one world."""
    lines = [f"seed {seed}, scale {scale:g} ({seconds:.0f} s)"]
    lines += [f"  {'':50}{'precision':>10}{'recall':>8}{'F1':>8}{'right/said/true':>20}  bar"]
    for figure in figures:
        score = figure.score
        bars = [f"{what} ≥ {bar:g}" for what, bar in (("P", figure.precision_bar), ("R", figure.recall_bar)) if bar]
        verdict = ("ok: " if figure.passed else "BELOW: ") + ", ".join(bars) if bars else ""
        counts = f"{score.right}/{score.said}/{score.wanted}"
        lines.append(
            f"  {figure.name:50}{score.precision:10.4f}{score.recall:8.4f}{score.f1:8.4f}{counts:>20}  {verdict}"
        )
    return "\n".join(lines)


def misses(world: World, limit: int) -> str:
    """Examples of what went wrong, for whoever improves it."""
    texts = concepts(world)
    lines = [
        f"  {text!r}: wanted {sorted(texts.accepted[text])}, got {texts.all[1].get(text) or 'nothing'}"
        for text in texts.all[0]
        if texts.all[1].get(text) is None or texts.all[1][text] != texts.all[0][text]
    ]
    return "\n".join(lines[:limit])


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is about 2,500 records")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--misses", type=int, default=0, help="show so many texts that were assigned wrongly or not")
    arguments = parser.parse_args()
    everything: dict[str, Mapping[str, Any]] = {}
    passed = True
    for seed in arguments.seeds:
        started = time.monotonic()
        with (
            tempfile.TemporaryDirectory(prefix="traforo-evaluate-") as home,
            evaluated(Path(home), seed, arguments.scale) as world,
        ):
            figures = measure(world)
            print(report(seed, arguments.scale, figures, time.monotonic() - started), flush=True)
            if arguments.misses:
                print(misses(world, arguments.misses), flush=True)
        passed &= all(figure.passed for figure in figures)
        everything[str(seed)] = {
            figure.name.strip(" …"): {
                "precision": figure.score.precision,
                "recall": figure.score.recall,
                "precision_bar": figure.precision_bar,
                "recall_bar": figure.recall_bar,
            }
            for figure in figures
        }
    if arguments.json:
        measured = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "scale": arguments.scale, "seeds": everything}
        text = json.dumps(measured, indent=1, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print("all bars reached" if passed else "below a bar")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
