"""The table of fields says what the SQL does, and the page made from it is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.core.registry import get_contract, get_source, source_ids
from schemas.canonical.model import load_model
from schemas.compiler.coverage import Field, build, load, problems

MODELS = Path(__file__).resolve().parents[3] / "dbt_project" / "models"
STREAMS = [(source_id, stream.name) for source_id in source_ids() for stream in get_source(source_id).streams]


def contract_name(source_id: str, stream: str) -> str:
    return f"{source_id}__{get_contract(get_source(source_id).stream(stream)).__name__.lower()}"


def words_read(staging: str) -> set[str]:
    """Every word that models reading this staging model use, names given to columns and comments aside."""
    texts = [path.read_text(encoding="utf-8") for path in MODELS.rglob("*.sql")]
    reading = [re.sub(r"--.*|\bas \w+", "", text) for text in texts if f"ref('{staging}')" in text]
    assert reading
    return {word for text in reading for word in re.findall(r"\w+", text)}


def test_every_stream_has_its_table_of_fields() -> None:
    assert set(load()) == {contract_name(*stream) for stream in STREAMS}


@pytest.mark.parametrize(("source_id", "stream"), STREAMS)
def test_what_is_said_to_be_read_is_read_and_nothing_else(source_id: str, stream: str) -> None:
    read = words_read(f"stg_{source_id}__{stream}")
    fields = load()[contract_name(source_id, stream)]
    # Parts of the record's key reach the published row through the key.
    in_key = {f.name for f in fields if any(column.endswith("source_record_key") for column in f.columns)}
    assert {f.name for f in fields if f.kind != "ignored"} - read - in_key == set()
    assert {f.name for f in fields if f.kind == "ignored"} & read == set()


def test_missing_unknown_and_unpublished_names_are_found() -> None:
    coverage = {"synergie__poste": [*load()["synergie__poste"][1:], Field("nouveau", "mapped", ("flow.nowhere",))]}
    assert list(problems(load_model(), coverage)) == [
        "coverage.yml: synergie__poste.fichier is missing",
        "coverage.yml: synergie__poste.nouveau is not in the contract",
        "coverage.yml: synergie__poste.nouveau goes to flow.nowhere, which is not published",
    ]


def test_the_page_has_a_row_for_every_field_and_question() -> None:
    ((path, text),) = build(load_model()).items()
    assert path == "docs/reference/coverage.md"
    assert all(f"| `{field.name}` |" in text for fields in load().values() for field in fields)
    assert "| organisations: pairs of records |" in text
    growth = text.partition("## What a build costs")[2].partition("<a id")[0]
    assert len(re.findall(r"(?m)^\| [\d,]+ \| [\d.]+ \|", growth)) >= 3
