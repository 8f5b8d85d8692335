"""``traforo decide``: what a person knows about which records are one."""

from __future__ import annotations

from typing import Annotated

import typer

from traforo import pipeline
from traforo.commands.context import clear_errors, settings
from traforo.report import console
from warehouse.matching import decisions


def decide(
    one: Annotated[str | None, typer.Argument(help="Organisation (org_…), third place (tp_…) or a record.")] = None,
    other: Annotated[str | None, typer.Argument(help="The other one.")] = None,
    decision: Annotated[str | None, typer.Argument(help="merge or distinct.")] = None,
    who: Annotated[str, typer.Option(help="Who decides.")] = "",
    why: Annotated[str, typer.Option(help="On what grounds.")] = "",
    limit: Annotated[int, typer.Option(help="Pairs shown.")] = 50,
) -> None:
    """Say that two organisations or third places are one ('merge') or are not ('distinct').

    Without arguments: the pairs that the last build left to a person, the likeliest first. A decision holds for every
    later build and outweighs all evidence; the last one on a pair counts. It takes effect with 'traforo harmonise'.
    """
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.begin() as connection:
        if one is None:
            pairs = decisions.open_pairs(connection, limit)
            for pair in pairs:
                # One record a line, unwrapped: they are copied into the next call.
                console.print(
                    f"{pair['score_bits']:+} bits ({pair['held_because']}: {', '.join(pair['reasons'])})\n"
                    f"  {pair['one']}  {pair['one_name']}\n  {pair['other']}  {pair['other_name']}",
                    highlight=False, soft_wrap=True, markup=False,
                )  # fmt: skip
            console.print(f"{len(pairs)} pairs to look at")
            return
        if other is None or decision is None:
            raise ValueError("write: traforo decide ONE OTHER merge|distinct --who NAME --why REASON")
        entity, first, second = decisions.keep(connection, one, other, decision, who, why)
        said = "are one" if decision == "merge" else "are two"
        console.print(
            f"kept: {first} and {second} {said} ({entity.replace('_', ' ')}); next: traforo harmonise", soft_wrap=True
        )
