"""The DAG folder as the DAG processor sees it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty Airflow home; set before Airflow is imported for the first time."""
    home = tmp_path_factory.mktemp("airflow")
    kept = {name: os.environ.pop(name, None) for name in ("TRAFORO_CONFIG", "TRAFORO_HOME")}
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
        "TRAFORO_HOME": str(home / "traforo"),
    }
    yield home
    os.environ |= {name: value for name, value in kept.items() if value is not None}


@pytest.fixture(scope="session")
def dags(airflow_home: Path) -> dict[str, Any]:
    """The DAGs of the repository by id; a file that cannot be imported fails the test."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)
