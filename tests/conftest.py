"""Fixtures that several suites share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.db.rows import empty
from traforo.pipeline import upgrade_database
from traforo.settings import Settings
from warehouse import embedded
from warehouse.cluster import Cluster, connect_cluster


class FolderScheduling(LoadScopeScheduling):
    """Keeps a folder of tests (or a file of slow ones) in one process, where it shares what it has built."""

    def _split_scope(self, nodeid: str) -> str:
        return "/".join(nodeid.partition("::")[0].split("/")[:3])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FolderScheduling:
    """How ``make test`` shares the tests out."""
    return FolderScheduling(config, log)


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State folder whose embedded PostgreSQL is migrated and runs for the whole session."""
    home = tmp_path_factory.mktemp("home")
    with connect_cluster(home):
        upgrade_database(Settings(home))
        yield home
        embedded.stop(home, mode="immediate")  # the data are thrown away: no checkpoint is worth waiting for
    shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


@pytest.fixture
def warehouse(server_home: Path) -> Iterator[Cluster]:
    """The migrated warehouse with every table of ``ops`` and ``raw`` empty."""
    with connect_cluster(server_home) as cluster:
        empty(cluster)
        yield cluster


@pytest.fixture(scope="module")
def emptied_home(server_home: Path) -> Path:
    """State folder of the shared server, emptied once for a module that keeps a history of its own."""
    with connect_cluster(server_home) as cluster:
        empty(cluster)
    return server_home
