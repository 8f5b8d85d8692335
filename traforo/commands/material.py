"""``traforo material``: what the texts of flows mean, where the rules do not know."""

from __future__ import annotations

from typing import Annotated

import typer

from traforo import pipeline
from traforo.commands.context import Language, clear_errors, settings
from traforo.report import console
from warehouse.matching import material_decisions as materials

app = typer.Typer(no_args_is_help=True, help="Texts of flows to which no material was assigned: list, decide.")


@app.command("list")
def list_(
    language: Annotated[str | None, typer.Option(help="Only texts in this language (fr, it, en).")] = None,
    limit: Annotated[int, typer.Option(help="Texts shown.")] = 50,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the candidates' names.")] = Language.EN,
) -> None:
    """Texts that the last build left open, those of most flows first, each with what it may mean.

    A candidate has its score and where it comes from: FUZZY by its words, EMBEDDING by its meaning. The scores of the
    two do not compare.
    """
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.connect() as connection:
        waiting = materials.open_texts(connection, language, limit)
    for row in waiting:
        kinds = ", ".join(kind for kind in row["flow_types"] if kind) or "no kind"
        console.print(
            f"{row['language_code']}  {row['material_text']}  ({row['flows']} flows, {kinds})",
            highlight=False, soft_wrap=True, markup=False,
        )  # fmt: skip
        for candidate in row["proposed"]:
            told = f"{candidate[lang.value]}  {candidate['score']:.2f} {candidate['method']}"
            console.print(f"    {candidate['material_code']}  {told}", highlight=False, soft_wrap=True, markup=False)
    console.print(f"{len(waiting)} texts to look at")


@app.command()
def decide(
    text: Annotated[str, typer.Argument(help="The text, as the list shows it.")],
    material: Annotated[str, typer.Argument(help="Code of a material; 'none'; or 'open', to leave it to the rules.")],
    language: Annotated[str, typer.Option(help="Language of the text (fr, it, en).")],
    who: Annotated[str, typer.Option(help="Who decides.")] = "",
    why: Annotated[str, typer.Option(help="On what grounds.")] = "",
) -> None:
    """Say which material a text names. It holds for every later build and comes before every rule.

    It counts for all flows with these words in this language, whatever their case, accents and signs.
    """
    with clear_errors(), pipeline.engine_of(settings(), "publisher") as engine, engine.begin() as connection:
        flows = materials.keep(connection, text, language, material, who, why)
    console.print(
        f"kept, for {flows} flows: '{text}' is {material}; next: traforo harmonise", soft_wrap=True, markup=False
    )
