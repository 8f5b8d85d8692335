"""A release is published whole or not at all, and the same bytes come out each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from frictionless import Package
from sqlalchemy import Engine, text

from publish import files
from publish.datapackage import write_datapackage
from publish.files import publish_release, table_columns
from publish.formats import PublishedFile
from schemas.canonical.model import load_model

RELEASE = "20261121t101500"
SCHEMA = f"release_{RELEASE}"


def visible(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_publishing_twice_gives_the_same_bytes_and_one_record_each(publisher: Engine, tmp_path: Path) -> None:
    first = publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    second = publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    assert [(file.path.name, file.sha256) for file in first] == [(file.path.name, file.sha256) for file in second]
    assert visible(tmp_path) == {RELEASE, "latest"}
    with publisher.connect() as connection:
        recorded = connection.execute(text("select path, rows, bytes, sha256 from ops.publication order by id")).all()
    assert [tuple(row) for row in recorded] == [(str(f.path), f.rows, f.bytes, f.sha256) for f in second]
    assert all(Path(row.path).stat().st_size == row.bytes for row in recorded)


def test_latest_leads_to_the_newest_release(publisher: Engine, tmp_path: Path) -> None:
    (tmp_path / "older").mkdir()
    (tmp_path / "latest").symlink_to("older")
    publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    assert (tmp_path / "latest").readlink() == Path(RELEASE)
    assert (tmp_path / "latest" / "index.html").exists()
    assert os.access(tmp_path / "latest", os.R_OK | os.X_OK)
    assert (tmp_path / RELEASE).stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("step", ["_write_tables", "write_datapackage", "write_site"])
def test_a_failure_in_the_middle_leaves_nothing_to_see(
    publisher: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(files, step, fail)
        with pytest.raises(OSError, match="disk full"):
            publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    assert visible(tmp_path) == set()
    publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "latest").iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(files, step, fail)
        with pytest.raises(OSError, match="disk full"):
            publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    assert visible(tmp_path) == {RELEASE, "latest"}
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "latest").iterdir()} == before


def test_a_table_outside_the_model_is_an_error(publisher: Engine, tmp_path: Path) -> None:
    with publisher.begin() as connection:
        connection.execute(text(f'create table "{SCHEMA}".stowaway (id int)'))
    with pytest.raises(LookupError, match="stowaway"):
        publish_release(publisher, RELEASE, SCHEMA, tmp_path)


def test_a_column_that_the_catalogue_could_not_describe_is_an_error(publisher: Engine, tmp_path: Path) -> None:
    with publisher.begin() as connection:
        connection.execute(text(f'alter table "{SCHEMA}".project add column secret_note text'))
    with pytest.raises(LookupError, match=r"'project'.*secret_note"):
        publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    assert visible(tmp_path) == set()


def test_a_release_that_is_older_than_a_table_is_published_without_it(
    publisher: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with publisher.begin() as connection:
        connection.execute(text(f'drop table "{SCHEMA}".activity'))
    publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    assert not (tmp_path / "latest" / "activity.csv").exists()
    monkeypatch.chdir(tmp_path / "latest")
    assert Package("datapackage.json").validate().valid


def test_rows_come_through_a_cursor_of_the_server_batch_by_batch(
    publisher: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BATCH_ROWS", 10)
    spec = load_model().tables["territory"]
    with publisher.connect() as connection:
        columns = table_columns(connection, SCHEMA)["territory"]
        batches = files._batches(connection, SCHEMA, spec, columns)
        sizes = [len(next(batches))]
        assert connection.execute(text("select count(*) from pg_cursors")).scalar_one() == 1
        sizes += [len(batch) for batch in batches]
    assert sizes == [10, 10, 10, 10, 10, 4]


def test_all_files_show_one_state(publisher: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that arrives while the files are being written is in none of them."""

    def disturbed(*arguments: object) -> list[PublishedFile]:
        with publisher.begin() as other:
            other.execute(text(f"delete from \"{SCHEMA}\".flow where flow_id = 'flow_3'"))
        return write_datapackage(*arguments)

    monkeypatch.setattr(files, "write_datapackage", disturbed)
    publish_release(publisher, RELEASE, SCHEMA, tmp_path)
    page = (tmp_path / "latest" / "index.html").read_text(encoding="utf-8")
    assert '"offers":3,"demands":1,' in page
