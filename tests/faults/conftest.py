"""A server of its own for the fault tests: they stop it, and reset it between tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from traforo.pipeline import upgrade_database
from traforo.settings import Settings
from warehouse import embedded

sys.path.insert(0, str(Path(__file__).parent))  # fault_chain is shared with the soak, which is a script

from fault_chain import Chain


@pytest.fixture(scope="session")
def fault_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State folder of a migrated server that any process may start and stop."""
    home = tmp_path_factory.mktemp("faults")
    embedded.start(home)
    upgrade_database(Settings(home))
    chain = Chain(home, home)
    with chain.engine("owner") as engine, engine.begin() as connection:
        connection.execute(text("select ops.create_stream('trial', 'things')"))
    yield home
    embedded.stop(home, mode="immediate")
    shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


@pytest.fixture
def chain(fault_home: Path, tmp_path: Path) -> Chain:
    """An empty warehouse, and folders of its own."""
    embedded.start(fault_home)
    made = Chain(fault_home, tmp_path)
    made.reset()
    return made
