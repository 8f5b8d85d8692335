"""Synergie-CTE: files drawn by hand and dropped into a folder."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from connectors.core.errors import BadConfig, Defect, Fatal, NotConfigured
from connectors.core.inbox import claim_files, read_unchanged, safe_name, shown_name
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream, UnreadRecord
from connectors.synergie import contents
from connectors.synergie.checks import check_records
from connectors.synergie.lines import SplitRule
from connectors.synergie.newer import Newer, as_record, base_key, is_replaced, keyed_records, newer_lines
from connectors.synergie.workbook import CONTRACTS, Settings, Sheet, read_workbook

MAX_FILE_BYTES = 200_000_000
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Every complete file of the inbox and every listed file, newest first.

    The same bytes under two names are taken once. A file that cannot be read as it is (still being written,
    no permission, too large) is noted under ``refused`` and does not stop the others.

    Raises:
        NotConfigured: this deployment names no file and no folder.
        BadConfig: the inbox is not a readable folder, or an entry of ``budgets`` is incomplete.
    """
    seen: dict[str, str] = {}
    refused: list[dict[str, str]] = []
    repeated: list[dict[str, str]] = []
    notices: list[str] = []
    context.notes.update({"refused": refused, "same_content": repeated, "notices": notices})
    for path, meta in _newest_first(_files(context.source.options)):
        shown = shown_name(path.name)
        try:
            dropped = _look_at(path)
            if dropped.digest in seen:
                repeated.append({"file": shown, "as": seen[dropped.digest]})
                continue
            url = f"file:{shown}"
            unchanged = context.validators.get(url, {}).get("etag") == f"{dropped.digest} {dropped.name}"
            body = b"" if unchanged else read_unchanged(path, MAX_FILE_BYTES)
            if not unchanged and hashlib.sha256(body).hexdigest() != dropped.digest:
                raise BlockingIOError(f"{path.name} changed while it was read")
        except (OSError, ValueError) as error:
            refused.append({"file": shown, "reason": str(error)})
            notices.append(f"file '{shown}' is left out: {error}")
            continue
        newer = list(seen.values())
        seen[dropped.digest] = dropped.name
        yield Part(
            name=dropped.name,
            body=body,
            media_type=dropped.media_type,
            url=url,
            meta={
                "fichier": shown, "modified_at": dropped.changed_at, "newer": newer, **meta,
                "validators": {"etag": f"{dropped.digest} {dropped.name}"},
            },
            unchanged=unchanged,
        )  # fmt: skip


class _Dropped(NamedTuple):
    """A file of the inbox as it is now."""

    digest: str
    name: str
    media_type: str
    changed_at: str


def _look_at(path: Path) -> _Dropped:
    """The file's content by its hash; every stream asks, and only the first one reads.

    Raises:
        OSError, ValueError: see ``read_unchanged``.
    """
    found = path.stat(follow_symlinks=False)
    return _look(path, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))


@functools.lru_cache(maxsize=512)
def _look(path: Path, state: tuple[int, int, int, int]) -> _Dropped:
    body = read_unchanged(path, MAX_FILE_BYTES)
    changed_at = datetime.fromtimestamp(state[2] / 1e9, UTC).isoformat(timespec="seconds")
    return _Dropped(hashlib.sha256(body).hexdigest(), safe_name(path.name, body), _media_type(body, path), changed_at)


def _files(options: Mapping[str, Any]) -> list[tuple[Path, dict[str, Any]]]:
    if not any(options.get(name) for name in ("inbox", "files", "budgets")):
        raise NotConfigured(
            "set 'inbox' (folder into which files are dropped), 'files' or 'budgets' under options",
            source="synergie",
            rule="inbox_missing",
        )
    plans: list[tuple[Path, dict[str, Any]]] = []
    for entry in options.get("budgets") or ():
        if not {"path", "project"} <= set(entry):
            raise BadConfig("each entry of 'budgets' needs 'path' and 'project'", source="synergie", rule="budgets")
        meta = {"project": str(entry["project"]), "columns": dict(entry.get("columns") or {})}
        plans.append((Path(entry["path"]), meta))
    paths = [Path(name) for name in options.get("files") or ()]
    if options.get("inbox"):
        paths += _quiet_files(Path(options["inbox"]), options)
    return plans + [(path, {}) for path in paths]


def _quiet_files(inbox: Path, options: Mapping[str, Any]) -> list[Path]:
    """Complete files; a file that just came is waited for, within bounds."""
    patterns, quiet = options.get("patterns", ["*"]), float(options.get("quiet_seconds", 2))
    if len(claim_files(inbox, patterns, 0)) > len(claim_files(inbox, patterns, quiet)):
        time.sleep(min(quiet, float(options.get("max_wait_seconds", 10))))
    return claim_files(inbox, patterns, quiet)


def _newest_first(files: list[tuple[Path, dict[str, Any]]]) -> list[tuple[Path, dict[str, Any]]]:
    def changed(entry: tuple[Path, dict[str, Any]]) -> tuple[int, str]:
        try:
            return entry[0].stat().st_mtime_ns, entry[0].name
        except OSError:  # reported when it is read
            return 0, entry[0].name

    return sorted(files, key=changed, reverse=True)


def _media_type(body: bytes, path: Path) -> str:
    if body.startswith(b"PK\x03\x04"):
        return _XLSX
    return "text/csv" if path.suffix.lower() in _TEXT_SUFFIXES else "application/octet-stream"


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord | UnreadRecord]:
    """The part's records; a file that cannot be read is one rejected record that says why.

    The whole file is read before the first record is given, so no half of a broken file is loaded. A line
    that a newer file of the same fetch holds as well is left out: the newer one counts. A file that shares no line
    with a newer one is told by its content, and read only where one of its records is new.
    """
    settings = _settings(source, part.meta)
    try:
        alone = contents.alone(part, settings)
        if alone is not None:
            yield from contents.unread(part, settings, stream.name, alone)
            return
        sheets = read_workbook(part.path, settings)
    except Fatal as error:
        if stream.name == "depenses":  # the other streams read the same file: one reject is enough
            where = f" ({error.where})" if error.where and error.where != part.path.name else ""
            defect = Defect("(file)", part.meta["fichier"], error.rule, error.message + where)
            yield RawRecord("file", {"fichier": part.meta["fichier"], "sha256_fichier": part.sha256}, (defect,))
        return
    kinds = CONTRACTS if stream.name == "controles" else (stream.name,)
    newer = {kind: newer_lines(part, settings, kind) for kind in kinds} if part.meta.get("newer") else {}
    if stream.name == "controles":
        yield from check_records(part, sheets, newer)
        return
    for sheet in sheets:
        if sheet.kind == stream.name:
            yield from _kept(part, sheet, newer.get(stream.name, {}))


def _settings(source: Source, meta: Mapping[str, Any]) -> Settings:
    rules = source.options.get("split") or ()
    splits = tuple(SplitRule(tuple(rule["columns"]), rule["separator"]) for rule in rules)
    return Settings(splits, meta.get("project"), meta.get("columns") or {})


def _kept(part: LandedPart, sheet: Sheet, newer: Newer) -> Iterator[RawRecord]:
    """The records of a sheet that no newer file holds; another expense under a number of a newer file stays."""
    if not newer:
        yield from (as_record(part, sheet, line) for line in sheet.lines)
        return
    for record, key in keyed_records(part, sheet):
        others = newer.get(base_key(key), ()) if key else ()
        if not others:
            yield record
        elif not is_replaced(record.data, others):
            yield record._replace(data={**record.data, "occurrence": record.data["occurrence"] + len(others)})
