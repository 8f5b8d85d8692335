"""The drop folder: complete files only, nothing followed, nothing removed."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.errors import BadConfig
from connectors.core.inbox import claim_files, read_unchanged, safe_name, shown_name
from connectors.core.landing import _SAFE_NAME


def _names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_only_quiet_regular_files_that_fit_are_claimed_oldest_first(tmp_path: Path) -> None:
    for name in ("b.xlsx", "a.XLSX", "c.csv", ".hidden.xlsx", "~$a.xlsx", "d.xlsx.part", "e.tmp"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "dir.xlsx").mkdir()
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "b.xlsx")
    os.mkfifo(tmp_path / "pipe.xlsx")
    os.utime(tmp_path / "a.XLSX", (1, 1))
    assert _names(claim_files(tmp_path, ["*.xlsx"], 0)) == ["a.XLSX", "b.xlsx"]
    assert claim_files(tmp_path, ["*.xlsx"], 60) == []
    later = time.time() + 61
    assert _names(claim_files(tmp_path, ["*.xlsx", "*.csv"], 60, now=lambda: later)) == ["a.XLSX", "b.xlsx", "c.csv"]
    assert (tmp_path / "b.xlsx").exists()


def test_an_old_file_that_was_just_copied_is_not_quiet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    os.utime(path, (1, 1))
    assert claim_files(tmp_path, ["*"], 30) == []


def test_a_file_whose_sender_lives_in_the_future_is_claimed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    os.utime(path, (32503680000, 32503680000))
    assert claim_files(tmp_path, ["*"], 30) == []
    later = time.time() + 31
    assert _names(claim_files(tmp_path, ["*"], 30, now=lambda: later)) == ["a.csv"]


def test_a_file_that_grows_is_claimed_once_whole(tmp_path: Path) -> None:
    path = tmp_path / "slow.csv"

    def write() -> None:
        with path.open("wb") as stream:
            for _ in range(8):
                stream.write(b"0123456789")
                stream.flush()
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[bytes] = []
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        seen = [read_unchanged(found, 1000) for found in claim_files(tmp_path, ["*"], 0.2)]
        time.sleep(0.02)
    writer.join()
    assert seen == [b"0123456789" * 8]


def test_a_missing_inbox_is_a_setting_to_correct(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="inbox_unreadable"):
        claim_files(tmp_path / "nowhere")


def test_links_and_giants_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "l").symlink_to(tmp_path / "a")
    assert read_unchanged(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="l"):
        read_unchanged(tmp_path / "l", 5)
    with pytest.raises(ValueError, match="at most 4"):
        read_unchanged(tmp_path / "a", 4)
    os.mkfifo(tmp_path / "p")
    with pytest.raises(OSError, match="regular"):
        read_unchanged(tmp_path / "p", 4)


@given(st.text(min_size=1, max_size=300), st.binary(max_size=20))
def test_any_name_becomes_a_safe_one_that_the_content_makes_unique(name: str, body: bytes) -> None:
    safe = safe_name(name, body)
    assert _SAFE_NAME.fullmatch(safe)
    assert "/" not in safe
    assert safe.split("-")[0] == safe_name("other", body).split("-")[0]


def test_names_for_people() -> None:
    assert safe_name("../../etc/Dépenses n°1.XLSX", b"").endswith("-Depenses-ndeg1.xlsx")
    assert shown_name("e\u0301te\u0301\x07\u202e.csv") == "été\ufffd\ufffd.csv"
    assert shown_name(os.fsdecode(b"caf\xe9.csv")) == "caf\ufffd.csv"
