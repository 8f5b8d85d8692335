"""The records of one file by stream, read once for all streams, and not at all where each of them is known."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.core.errors import Fatal
from connectors.core.source import LandedPart, RawRecord, UnreadRecord
from connectors.synergie.checks import check_records
from connectors.synergie.lines import Line
from connectors.synergie.newer import as_record
from connectors.synergie.outline import Outline, keep, outline_of, recall
from connectors.synergie.workbook import CONTRACTS, Settings, Sheet, read_workbook

_SMALL = 200
"""So many records of a stream stay in memory for the streams that are read after it."""


@dataclass(frozen=True)
class _File:
    """A landed file under the settings that it is read with.

    Attributes:
        content: which bytes, read how; every stream's copy is the same file.
        shown: its name as people know it.
    """

    content: bytes
    shown: str
    part: LandedPart = field(compare=False)
    settings: Settings = field(compare=False)


@dataclass(frozen=True)
class _Contents:
    """A file that has been read: by kind the lines with their sheets, and its checks."""

    lines: Mapping[str, list[tuple[Sheet, Line]]]
    checks: list[RawRecord]


def alone(part: LandedPart, settings: Settings) -> Outline | None:
    """The outline of a file that shares no line with a newer file of its fetch; None where it may share one.

    Raises:
        Fatal: the file cannot be read.
    """
    mine = _outline(_file(part, settings))
    for name in part.meta.get("newer", ()):
        other = LandedPart(part.path.with_name(name), name, "", "", "", 0, {"fichier": name})
        try:
            theirs = _outline(_file(other, Settings(settings.splits)))
        except Fatal:  # it holds nothing, and is refused by its own name
            continue
        if any(not keys.isdisjoint(theirs.keys[kind]) for kind, keys in mine.keys.items()):
            return None
    return mine


def unread(part: LandedPart, settings: Settings, stream: str, outline: Outline) -> Iterator[UnreadRecord]:
    """The records of one stream of a file that stands for itself."""
    file = _file(part, settings)
    context = file.content + f" {part.sha256} {file.shown}".encode()
    for number in range(outline.counts.get(stream, 0)):
        text = b"%b %d" % (stream.encode(), number)
        yield UnreadRecord(f"record {number + 1}", context, text, functools.partial(_record, file, stream, number))


def _file(part: LandedPart, settings: Settings) -> _File:
    plan = sorted(settings.headings.items())
    # The name begins with the hash of the content.
    content = repr((part.name, settings.splits, settings.project, plan)).encode()
    return _File(content, part.meta["fichier"], part, settings)


def _record(file: _File, stream: str, number: int) -> RawRecord:
    small = _small(file)
    if stream in small:
        return small[stream][number]
    contents = _contents(file)
    return contents.checks[number] if stream == "controles" else as_record(file.part, *contents.lines[stream][number])


@functools.lru_cache(maxsize=512)
def _outline(file: _File) -> Outline:
    known = recall(file.part, file.content)
    if known is None:
        contents = _contents(file)
        counts = {kind: len(found) for kind, found in contents.lines.items()}
        known = outline_of(
            {**counts, "controles": len(contents.checks)},
            {kind: (line.values for _, line in found) for kind, found in contents.lines.items()},
        )
        keep(file.part, file.content, known)
    return known


@functools.lru_cache(maxsize=1)
def _contents(file: _File) -> _Contents:
    """The file as if there were no other."""
    sheets = read_workbook(file.part.path, file.settings)
    lines = {
        kind: [(sheet, line) for sheet in sheets if sheet.kind == kind for line in sheet.lines] for kind in CONTRACTS
    }
    checks = list(check_records(file.part, sheets, {}))
    small = _small(file)
    for kind, found in lines.items():
        if len(found) <= _SMALL:
            small[kind] = [as_record(file.part, *pair) for pair in found]
    if len(checks) <= _SMALL:
        small["controles"] = checks
    return _Contents(lines, checks)


@functools.lru_cache(maxsize=256)
def _small(file: _File) -> dict[str, list[RawRecord]]:
    """Filled when the file is read; lists of claims, plans and checks are short."""
    del file
    return {}
