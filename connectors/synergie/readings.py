"""Ambiguous amounts that the other amounts of the same line decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import product

from connectors.synergie.lines import Line

_CENT = Decimal("0.01")
Relation = Callable[[Mapping[str, Decimal]], bool]


def settle(line: Line, names: tuple[str, ...], holds: Relation) -> None:
    """Choose between the readings of a line's ambiguous amounts by a relation that must hold between amounts.

    Only when exactly one combination of readings fulfils the relation is it taken, with the note
    ``montant_tranche``; the reading that was set aside stays as the alternative.

    Args:
        line: changed in place.
        names: the amounts that the relation needs; nothing happens where one is missing.
        holds: the relation.
    """
    amounts = {name: amount for name in names if (amount := line.amount(name)) is not None}
    doubtful = [name for name in names if name in line.alternatives]
    if not doubtful or len(amounts) < len(names):
        return
    fitting = []
    for choice in product(*[(amounts[name], line.alternatives[name]) for name in doubtful]):
        chosen = {**amounts, **dict(zip(doubtful, choice, strict=True))}
        if holds(chosen):
            fitting.append(chosen)
    if len(fitting) != 1:
        return
    for name in doubtful:
        if fitting[0][name] != amounts[name]:
            line.values[name], line.alternatives[name] = fitting[0][name], amounts[name]
        line.notes.append({"champ": name, "regle": "montant_tranche", "valeur": str(fitting[0][name])})


def settle_expense(line: Line) -> None:
    """Net and VAT make gross; what is declared is the charged share of the gross or the net amount."""
    settle(
        line,
        ("montant_ht", "montant_tva", "montant_ttc"),
        lambda a: abs(a["montant_ht"] + a["montant_tva"] - a["montant_ttc"]) <= _CENT,
    )
    rate = line.amount("taux_affectation")
    if rate is None:
        return
    for base in ("montant_ttc", "montant_ht"):
        if base not in line.alternatives or _settled(line, base):
            settle(
                line,
                ("montant_declare", base),
                lambda a, base=base: abs(a[base] * rate / 100 - a["montant_declare"]) <= _CENT,  # type: ignore[misc]  # bound on purpose
            )


def settle_plan(line: Line) -> None:
    """ERDF, national counterpart and own funds make the total."""
    settle(
        line,
        ("montant_total", "feder", "cpn", "autofinancement"),
        lambda a: abs(a["feder"] + a["cpn"] + a["autofinancement"] - a["montant_total"]) <= _CENT,
    )


def _settled(line: Line, name: str) -> bool:
    return any(note["champ"] == name and note["regle"] == "montant_tranche" for note in line.notes)
