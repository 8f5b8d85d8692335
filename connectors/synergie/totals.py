"""Totals printed in a list, compared with the lines above them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TOLERANCE = Decimal("0.01")
"""Largest difference, in the unit of the amount, that is put down to rounding."""


@dataclass(frozen=True)
class Check:
    """One printed sum beside what its lines give; field names as in ``schemas.sources.synergie:Controle``."""

    nature: str
    champ: str
    ligne: int
    attendu: Decimal | None
    trouve: Decimal | None
    libelle: str | None = None
    tolerance: Decimal = TOLERANCE

    @property
    def difference(self) -> Decimal | None:
        """Printed minus expected."""
        if self.attendu is None or self.trouve is None:
            return None
        return self.trouve - self.attendu

    @property
    def conforme(self) -> bool:
        """The difference is within the tolerance."""
        return self.difference is not None and abs(self.difference) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """Fields for the contract."""
        return {
            "nature": self.nature,
            "champ": self.champ,
            "ligne": self.ligne,
            "libelle": self.libelle,
            "attendu": self.attendu,
            "trouve": self.trouve,
            "difference": self.difference,
            "tolerance": self.tolerance,
            "conforme": self.conforme,
        }


class Ledger:
    """Running sums of the lines of one table.

    A file does not say which lines a subtotal stands for. It is held against every run of lines that ends
    above it and begins at a boundary (an earlier subtotal, a section heading, the start of the table); the
    run that gives the printed sum is meant. When none does, the lines since the last boundary are.
    """

    def __init__(self) -> None:
        self._blocks: list[defaultdict[str, Decimal]] = [defaultdict(Decimal)]
        self._filled = [0]

    def add(self, amounts: Mapping[str, Decimal]) -> None:
        """One line."""
        for name, amount in amounts.items():
            self._blocks[-1][name] += amount
        self._filled[-1] += 1

    def boundary(self) -> None:
        """A section begins."""
        if self._filled[-1]:
            self._blocks.append(defaultdict(Decimal))
            self._filled.append(0)

    def total(
        self,
        nature: str,
        row: int,
        label: str,
        printed: Mapping[str, Decimal | None],
        *,
        bare: bool = False,
    ) -> list[Check]:
        """The checks of one total row.

        Args:
            nature: ``total`` stands for all lines of the table, ``sous_total`` for some run of them.
            row: its number.
            label: its text.
            printed: field → printed sum, None where it could not be read.
            bare: the label says "total" and no more; it may stand for any run, for all lines in doubt.
        """
        checks = []
        for name, found in printed.items():
            runs = self._runs(name)
            expected = runs[-1] if nature == "total" or bare else runs[0]
            near = [run for run in runs if found is not None and abs(run - found) <= TOLERANCE]
            if nature == "sous_total" and near:
                expected = near[0]
            checks.append(Check(nature, name, row, expected, found, label))
        self.boundary()
        return checks

    def is_sum(self, printed: Mapping[str, Decimal], at_least: int) -> bool:
        """The amounts are, each of them, the sum of one run of so many lines or more that ends here."""
        running: defaultdict[str, Decimal] = defaultdict(Decimal)
        lines = 0
        for block, filled in zip(reversed(self._blocks), reversed(self._filled), strict=True):
            lines += filled
            for name in printed:
                running[name] += block[name]
            if lines >= at_least and any(printed.values()) and all(running[n] == found for n, found in printed.items()):
                return True
        return False

    def _runs(self, name: str) -> list[Decimal]:
        """Sums of the runs of lines up to here, the shortest non-empty run first."""
        sums, running = [], Decimal(0)
        for block, filled in zip(reversed(self._blocks), reversed(self._filled), strict=True):
            running += block[name]
            if filled:
                sums.append(running)
        return sums or [Decimal(0)]
