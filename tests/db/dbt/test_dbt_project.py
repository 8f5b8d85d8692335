"""The dbt project's files: they agree with the contracts and with the identity cards of the sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from connectors.core.registry import get_contract, get_source, source_ids

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
STREAMS = [(source_id, stream.name) for source_id in source_ids() for stream in get_source(source_id).streams]


@pytest.mark.parametrize(("source_id", "stream"), STREAMS)
def test_staging_reads_every_field_of_the_contract(source_id: str, stream: str) -> None:
    contract = get_contract(get_source(source_id).stream(stream))
    sql = (PROJECT / "models" / "staging" / source_id / f"stg_{source_id}__{stream}.sql").read_text(encoding="utf-8")
    read = set(re.findall(r"\('payload', '(\w+)'\)|payload -> '(\w+)'", sql))
    assert {first or second for first, second in read} == set(contract.model_fields)


@pytest.mark.parametrize("source_id", source_ids())
def test_allowance_is_that_of_the_source(source_id: str) -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert variables["stale_after_hours"][source_id] == get_source(source_id).stale_after_hours


def test_every_macro_has_a_stand_in_for_the_linter() -> None:
    import importlib.util

    path = PROJECT / "sqlfluff_library" / "__init__.py"
    spec = importlib.util.spec_from_file_location("sqlfluff_library", path)
    assert spec is not None
    assert spec.loader is not None
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    assert library.normalise_text("x") == "normalise_text(x)"
    assert library.lineage_columns() == "record_key"
    assert not hasattr(library, "generate_schema_name")
