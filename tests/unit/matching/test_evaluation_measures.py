"""The measures of the evaluation on cases that can be counted by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def measures() -> ModuleType:
    path = Path(__file__).resolve().parents[3] / "bench" / "evaluate_measures.py"
    spec = importlib.util.spec_from_file_location("evaluate_measures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluate_measures"] = module
    spec.loader.exec_module(module)
    return module


def test_pairs(measures: ModuleType) -> None:
    truth = {1: "a", 2: "a", 3: "a", 4: "b", 5: "b", 6: "c"}
    found = {1: "x", 2: "x", 3: "y", 4: "y", 5: "z"}
    score = measures.pairwise(truth, found)
    assert (score.right, score.said, score.wanted) == (1, 2, 4)
    assert (score.precision, score.recall) == (0.5, 0.25)
    assert score.f1 == pytest.approx(1 / 3)


def test_a_record_without_answer_stands_alone(measures: ModuleType) -> None:
    score = measures.pairwise({1: "a", 2: "a", 3: "b"}, {})
    assert (score.right, score.said, score.wanted) == (0, 0, 1)
    assert score.precision == 1


def test_pairs_across_groups(measures: ModuleType) -> None:
    truth = {1: "a", 2: "a", 3: "a"}
    score = measures.pairwise_across(truth, dict.fromkeys(truth, "x"), {1: "s", 2: "s", 3: "t"})
    assert (score.right, score.said, score.wanted) == (2, 2, 2)


def test_assignment(measures: ModuleType) -> None:
    truth = {1: "a", 2: "b", 3: None, 4: "c"}
    score = measures.assignment(truth, {1: "a", 2: "x", 3: "y", 4: None})
    assert (score.right, score.said, score.wanted) == (1, 3, 3)
