"""Ratios beside their bars, as a table for people and for ``bench/README.md``."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.ingest.database import Measured


@dataclass
class Report:
    """The lines of a run; ``good`` while every bar holds."""

    rows: int
    good: bool = True
    lines: list[str] = field(default_factory=list)

    def head(self, title: str) -> None:
        """A section."""
        self._print(f"\n{title}")
        self._print(f"{'':<46}{'seconds':>9}{'CPU s':>8}{'rows/s':>10}{'MB':>6}{'ratio':>8}{'CPU':>7}  bar")

    def line(
        self, name: str, found: Measured, base: Measured | None = None, bar: float | None = None, at_least: bool = False
    ) -> None:
        """One measurement; its ratio to ``base`` in seconds and in CPU seconds, and whether it keeps the bar."""
        base = base or found
        ratio, cpu = found.seconds / base.seconds, found.cpu / base.cpu if base.cpu else 0.0
        if at_least:
            ratio, cpu = 1 / ratio, 1 / cpu if cpu else 0.0
        holds = bar is None or (ratio >= bar if at_least else ratio <= bar)
        self.good = self.good and holds
        shown = "" if bar is None else f"{'≥' if at_least else '≤'} {bar:g}" + ("" if holds else "  MISSED")
        memory = f"{found.memory_mb:6.0f}" if found.memory_mb else " " * 6
        self._print(
            f"{name:<46}{found.seconds:>9.2f}{found.cpu:>8.2f}{self.rows / found.seconds:>10,.0f}{memory}"
            f"{ratio:>8.2f}{cpu:>7.2f}  {shown}"
        )

    def memory(self, name: str, found: Measured, base: Measured, bar: float | None = None) -> None:
        """Peak memory, and its ratio to that of ``base``."""
        ratio = found.memory_mb / base.memory_mb
        holds = bar is None or ratio <= bar
        self.good = self.good and holds
        shown = "" if bar is None else f"≤ {bar:g}" + ("" if holds else "  MISSED")
        self._print(
            f"{name:<46}{found.seconds:>9.2f}{found.cpu:>8.2f}{'':>10}{found.memory_mb:6.0f}{ratio:>8.2f}{'':>9}{shown}"
        )

    def bound(self, name: str, found: Measured, megabytes: float) -> None:
        """Peak memory beside its bound in MB."""
        holds = found.memory_mb <= megabytes
        self.good = self.good and holds
        shown = f"≤ {megabytes:g} MB" + ("" if holds else "  MISSED")
        rate = self.rows / found.seconds
        self._print(
            f"{name:<46}{found.seconds:>9.2f}{found.cpu:>8.2f}{rate:>10,.0f}{found.memory_mb:6.0f}{'':>17}{shown}"
        )

    def _print(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)


def median(rounds: Sequence[Measured]) -> Measured:
    """Medians of several rounds, value by value."""
    return Measured(
        *(statistics.median(getattr(one, name) for one in rounds) for name in ("seconds", "cpu", "memory_mb"))
    )


def medians(rounds: int, measures: dict[str, Callable[[], Measured]]) -> dict[str, Measured]:
    """Each measure in turn, so many rounds: a machine that is slow for a while is slow for all of them."""
    found: dict[str, list[Measured]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return {name: median(one) for name, one in found.items()}
