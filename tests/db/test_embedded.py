"""The embedded server: passwords, ports, and a home that was deleted under it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from warehouse import embedded
from warehouse.cluster import connect_cluster, embedded_cluster
from warehouse.secrets import FILE_NAME


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    embedded.destroy(tmp_path / "home")


def test_it_asks_for_a_password_and_ends_with_the_block(home: Path) -> None:
    with connect_cluster(home) as cluster:
        assert stat.S_IMODE((home / FILE_NAME).stat().st_mode) == 0o600
        engine = create_engine(cluster.admin_url())
        with engine.connect() as connection:
            assert connection.execute(text("show password_encryption")).scalar() == "scram-sha-256"
            assert connection.execute(text("show listen_addresses")).scalar() == "127.0.0.1"
        engine.dispose()
        wrong = create_engine(cluster.admin_url().set(password="guess"))
        with pytest.raises(OperationalError, match="password authentication failed"):
            wrong.connect()
        wrong.dispose()
        port = cluster.port
    assert embedded.running_port(home) is None
    with connect_cluster(home) as again:
        assert again.port == port


def test_a_home_that_was_deleted_does_not_block_the_next_start(home: Path) -> None:
    port, _ = embedded.start(home)
    assert embedded.running_port(home) == port
    shutil.rmtree(home)
    with connect_cluster(home) as cluster:
        engine = create_engine(embedded_cluster(home, cluster.port).admin_url())
        with engine.connect() as connection:
            assert connection.execute(text("select 1")).scalar() == 1
        engine.dispose()
