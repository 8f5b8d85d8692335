"""The rules of dbt-project-evaluator, read from the manifest: dbt's package lies in no registry that we install from.

Every exception stands with its reason in ``project_exceptions.yml``. Left out are rules on taste (fan-out of models and
sources, rejoining of upstream concepts: a star joins its dimensions again) and on what other tests ask (coverage of
sources, freshness).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

EXCEPTIONS = yaml.safe_load(Path(__file__).with_name("project_exceptions.yml").read_text(encoding="utf-8"))
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_", "_map_"), "marts": ("",)}
MOST_INPUTS, LONGEST_CHAIN = 7, 5


class Project:
    """Models of a manifest by name, with what they read."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        nodes = manifest["nodes"]
        self.models = {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}
        self.layer = {name: node["fqn"][1] for name, node in self.models.items()}
        self.inputs = {name: list(node["depends_on"]["nodes"]) for name, node in self.models.items()}
        self.sources = {name: [i for i in inputs if i.startswith("source.")] for name, inputs in self.inputs.items()}
        self.reads = {
            name: [i.split(".")[-1] for i in inputs if i.startswith("model.")] for name, inputs in self.inputs.items()
        }
        self.tests: dict[str, list[str]] = defaultdict(list)
        for node in nodes.values():
            if node["resource_type"] == "test":
                for unique_id in node["depends_on"]["nodes"]:
                    self.tests[unique_id.split(".")[-1]].append((node.get("test_metadata") or {}).get("name", ""))

    def in_layer(self, *layers: str) -> Iterator[str]:
        return (name for name, layer in self.layer.items() if layer in layers)

    def reads_layer(self, name: str, layer: str) -> bool:
        return any(self.layer[read] == layer for read in self.reads[name])

    def is_view(self, name: str) -> bool:
        return bool(self.models[name]["config"]["materialized"] in ("view", "ephemeral"))

    def chain(self, name: str) -> int:
        """Views on views below and including this one."""
        return 1 + max((self.chain(read) for read in self.reads[name]), default=0) if self.is_view(name) else 0

    def has_key(self, name: str) -> bool:
        node = self.models[name]
        indexed = any(index.get("unique") for index in node["config"].get("indexes") or [])
        declared = any(constraint["type"] == "primary_key" for constraint in node["constraints"])
        return indexed or declared or "unique" in self.tests[name]

    def is_explained(self, name: str) -> bool:
        """By its properties, or at the head of its file, where whoever changes the SQL reads it."""
        head = re.split(r"(?m)^\s*(?:with|select)\b", self.models[name]["raw_code"], maxsplit=1)[0]
        return bool(self.models[name]["description"]) or "\n--" in f"\n{head}"


RULES = {
    "direct_join_to_source": lambda p: [n for n in p.models if p.sources[n] and len(p.inputs[n]) > len(p.sources[n])],
    "multiple_sources_joined": lambda p: [n for n in p.models if len(p.sources[n]) > 1],
    "source_read_past_staging": lambda p: [n for n in p.in_layer("intermediate", "marts") if p.sources[n]],
    "staging_reads_model": lambda p: [n for n in p.in_layer("staging") if p.reads[n]],
    "staging_read_by_mart": lambda p: [n for n in p.in_layer("marts") if p.reads_layer(n, "staging")],
    "intermediate_reads_mart": lambda p: [n for n in p.in_layer("intermediate") if p.reads_layer(n, "marts")],
    "root_model": lambda p: [n for n in p.models if not p.inputs[n] and not n.startswith("_map_")],
    "too_many_inputs": lambda p: [n for n in p.models if len(p.inputs[n]) > MOST_INPUTS],
    "long_chain_of_views": lambda p: [n for n in p.models if p.chain(n) > LONGEST_CHAIN],
    "name_of_another_layer": lambda p: [
        n
        for n in p.models
        if not n.startswith(PREFIXES[p.layer[n]]) or (p.layer[n] == "marts" and n.startswith(("stg_", "int_", "_map_")))
    ],
    "never_read": lambda p: [
        n for n in p.in_layer("staging", "intermediate") if not any(n in reads for reads in p.reads.values())
    ],
    "no_key": lambda p: [n for n in p.in_layer("intermediate", "marts") if not p.is_view(n) and not p.has_key(n)],
    "not_explained": lambda p: [n for n in p.in_layer("intermediate", "marts") if not p.is_explained(n)],
    "mart_without_contract": lambda p: [
        n for n in p.in_layer("marts") if not p.models[n]["config"]["contract"]["enforced"]
    ],
    "mart_without_test": lambda p: [n for n in p.in_layer("marts") if not p.tests[n] and not p.has_key(n)],
}


@pytest.fixture(scope="module")
def project(built: Any) -> Project:
    return Project(json.loads((built.result.target / "manifest.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds_but_for_listed_exceptions(project: Project, rule: str) -> None:
    assert set(RULES[rule](project)) == set(EXCEPTIONS.get(rule, {}))


def test_every_exception_names_a_rule_and_a_reason() -> None:
    assert set(EXCEPTIONS) <= set(RULES)
    assert all(len(reason) > 20 for reasons in EXCEPTIONS.values() for reason in reasons.values())


def test_a_broken_rule_is_found() -> None:
    def model(name: str, layer: str, *inputs: str) -> dict[str, Any]:
        return {
            "name": name, "resource_type": "model", "fqn": ["traforo", layer, name], "depends_on": {"nodes": inputs},
            "config": {"materialized": "table", "contract": {"enforced": False}}, "constraints": [],
            "description": "", "raw_code": "select 1",
        }  # fmt: skip

    nodes = [
        model("stg_a", "staging", "source.traforo.a.a"),
        model("flows", "intermediate", "source.traforo.a.a", "model.traforo.stg_a"),
        model("int_flow", "marts", "model.traforo.flows", "model.traforo.stg_a"),
    ]
    broken = Project({"nodes": {node["name"]: node for node in nodes}})
    found = {rule: RULES[rule](broken) for rule in RULES}
    assert found["direct_join_to_source"] == ["flows"]
    assert found["source_read_past_staging"] == ["flows"]
    assert found["staging_read_by_mart"] == ["int_flow"]
    assert found["name_of_another_layer"] == ["flows", "int_flow"]
    assert found["no_key"] == found["not_explained"] == ["flows", "int_flow"]
    assert found["mart_without_contract"] == found["mart_without_test"] == ["int_flow"]
