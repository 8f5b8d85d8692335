"""The landing and cursors: nothing unfinished is read, nothing odd stops it, no date lies in the future."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.core.cursor import clamp, window
from connectors.core.errors import Fatal, Retriable
from connectors.core.landing import MANIFEST, finished_runs, is_finished, land, landed_entries, read_landed
from connectors.core.source import Part

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def part(name: str = "a.json", body: bytes = b"{}", **more: object) -> Part:
    return Part(name, body, "application/json", "https://a.example/list", 200, **more)


def test_what_was_landed_is_read_back_as_it_was(tmp_path: Path) -> None:
    chunks = (chunk for chunk in (b"one", b"two"))
    landed = land(tmp_path, "s", "t", "r1", [part("a"), Part("b", chunks, "", "file")], {"n": 1})
    assert [(p.name, p.path.read_bytes(), p.size) for p in landed.parts] == [("a", b"{}", 2), ("b", b"onetwo", 6)]
    assert read_landed(landed.folder) == landed
    assert list(finished_runs(tmp_path, "s", "t")) == [landed.folder]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.binary(max_size=9), kept=st.integers(0, 9), more=st.lists(st.binary(max_size=4), max_size=4))
def test_what_is_kept_of_an_older_part_does_not_show(
    tmp_path: Path, before: bytes, kept: int, more: list[bytes]
) -> None:
    first = land(tmp_path, "s", "t", "r1", [part("a", before)], {})
    chunks = [before[:kept], *more]
    second = land(tmp_path, "s", "t", "r2", [Part("a", iter(chunks), "", "file")], {}, first)
    alone = land(tmp_path, "s", "u", "r3", [part("a", b"".join(chunks))], {})
    assert second.parts[0].path.read_bytes() == b"".join(chunks)
    assert (second.digest, second.parts[0].size) == (alone.digest, alone.parts[0].size)
    assert first.parts[0].path.read_bytes() == before
    assert second.parts[0].path.samefile(first.parts[0].path) == (b"".join(chunks) == before)
    assert [path.name for path in second.folder.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize("name", ["../a", "/a", ".a", "a/b", "", "a\n", "x" * 200, "a.part", "é"])
def test_names_that_could_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Fatal, match="part_name"):
        land(tmp_path, "s", "t", "r", [part(name)], {})
    assert list(finished_runs(tmp_path, "s", "t")) == []


def test_an_unfinished_second_try_does_not_pass_for_the_first(tmp_path: Path) -> None:
    first = land(tmp_path, "s", "t", "r", [part("a", b"1")], {})

    def broken() -> Iterator[Part]:
        yield part("a", b"2")
        raise Retriable("cut", rule="truncated_body")

    with pytest.raises(Retriable) as caught:
        land(tmp_path, "s", "t", "r", broken(), {})
    assert caught.value.source == "s"
    assert not is_finished(first.folder)


def test_a_part_that_is_gone_or_cut_is_noticed(tmp_path: Path) -> None:
    landed = land(tmp_path, "s", "t", "r", [part("a", b"12345")], {})
    landed.parts[0].path.write_bytes(b"12")
    with pytest.raises(Fatal, match="landing_damaged"):
        read_landed(landed.folder)
    landed.parts[0].path.unlink()
    with pytest.raises(Fatal, match="landing_damaged"):
        read_landed(landed.folder)


def test_unchanged_parts_are_linked_and_carry_their_validators_on(tmp_path: Path) -> None:
    first = land(tmp_path, "s", "t", "r1", [part("a", b"1", headers={"etag": '"x"'})], {})
    assert first.parts[0].meta["validators"] == {"etag": '"x"'}
    second = land(tmp_path, "s", "t", "r2", [part("a", b"", unchanged=True)], {}, first)
    assert second.digest == first.digest
    assert second.parts[0].meta["validators"] == {"etag": '"x"'}
    assert second.parts[0].path.samefile(first.parts[0].path)
    third = land(tmp_path, "s", "t", "r3", [part("a", b"22")], {}, second)
    assert first.parts[0].path.read_bytes() == b"1"
    assert third.digest != first.digest
    with pytest.raises(Fatal, match="never landed"):
        land(tmp_path, "s", "t", "r4", [part("b", b"", unchanged=True)], {}, first)


def test_same_bytes_are_kept_once_and_a_new_version_leaves_the_old_alone(tmp_path: Path) -> None:
    first = land(tmp_path, "s", "t", "r1", [part("a", b"same")], {})
    second = land(tmp_path, "s", "t", "r2", [part("a", b"same")], {}, first)
    assert second.parts[0].path.samefile(first.parts[0].path)
    land(tmp_path, "s", "t", "r2", [part("a", b"other")], {})
    assert first.parts[0].path.read_bytes() == b"same"


def test_file_systems_without_links_get_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = land(tmp_path, "s", "t", "r1", [part("a", b"1")], {})

    def refuse(*_args: object) -> None:
        raise OSError(errno.EXDEV, "another device")

    monkeypatch.setattr(os, "link", refuse)
    second = land(tmp_path, "s", "t", "r2", [part("a", b"", unchanged=True)], {}, first)
    assert second.parts[0].path.read_bytes() == b"1"


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Retriable, match=r"s · a: cannot be kept: No space left on device \[landing_write\]"):
        land(tmp_path, "s", "t", "r", [part("a")], {})
    assert list(finished_runs(tmp_path, "s", "t")) == []


def test_headers_and_notes_that_no_table_could_hold_are_made_storable(tmp_path: Path) -> None:
    odd = part("a", headers={"etag": "\ud800\x00"}, meta={"k\x00": ["\udfff", {"x": "\x00"}]})
    landed = land(tmp_path, "s", "t", "r", [odd], {"n": ("\ud800",)})
    text = (landed.folder / MANIFEST).read_text(encoding="utf-8")
    assert "\\u0000" not in text
    assert landed_entries(landed)[0]["headers"] == {"etag": "\ufffd\ufffd"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2999-12-31", "2026-11-21"),
        ("2026-11-20", "2026-11-20"),
        ("2999-12-31T00:00:00Z", "2026-11-21T12:00:00+00:00"),
        ("2026-11-21T13:00:00+02:00", "2026-11-21T13:00:00+02:00"),
        ("2026-11-21T15:00:00+02:00", "2026-11-21T12:00:00+00:00"),
        ("2999-12-31 00:00", "2026-11-21T12:00:00"),
        ("9999-99-99", "9999-99-99"),
        ("page 2999-12-31", "page 2999-12-31"),
        (2999, 2999),
        (None, None),
    ],
)
def test_a_cursor_never_lies_in_the_future(sent: object, expected: object) -> None:
    assert clamp(sent, NOW) == expected
    assert clamp({"a": [{"b": sent}], "n": 1}, NOW) == {"a": [{"b": expected}], "n": 1}


@pytest.mark.parametrize(
    ("cursor", "start"),
    [
        ("2026-11-20T10:00:00+02:00", "2026-11-18T08:00:00+00:00"),
        ("2026-11-20T10:00:00", "2026-11-18T10:00:00+00:00"),
        ("2026-11-20", "2026-11-18T00:00:00+00:00"),
        ("2999-12-31T00:00:00Z", "2026-11-19T12:00:00+00:00"),
    ],
)
def test_what_came_late_is_asked_for_again(cursor: str, start: str) -> None:
    assert window(cursor, timedelta(days=2), NOW) == start


@given(st.datetimes(timezones=st.just(UTC)))
def test_clamping_twice_is_clamping_once(moment: datetime) -> None:
    once = clamp(moment.isoformat(), NOW)
    assert clamp(once, NOW) == once
    assert datetime.fromisoformat(once) <= NOW
