"""Keeps every answer of a source untouched, before anything parses it.

Layout: ``<root>/<source>/<stream>/dt=<YYYY-MM-DD>/run=<run_id>/<part>`` and beside the parts a
``_manifest.json``, written last and by rename: a run folder without it is unfinished and is never read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from connectors.core.errors import ConnectorError, Fatal, Retriable
from connectors.core.formats_text import storable
from connectors.core.source import LandedPart, Part

MANIFEST = "_manifest.json"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")
_UNFINISHED = ".part"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Landed:
    """A finished run folder.

    Attributes:
        digest: sha256 over names and hashes of the parts, in order: equal digests mean equal content.
        parts: in the order in which they were fetched.
        notes: what the connector noted (declared totals, perimeter).
    """

    folder: Path
    run_id: str
    source_id: str
    stream: str
    digest: str
    parts: tuple[LandedPart, ...]
    notes: Mapping[str, Any]


def land(
    root: Path, source_id: str, stream: str, run_id: str, parts: Iterable[Part], notes: Mapping[str, Any],
    previous: Landed | None = None,
) -> Landed:  # fmt: skip
    """Write ``parts`` to the landing and return the finished run.

    ``notes`` is read after the last part, so a connector may fill it while it fetches. A part marked
    ``unchanged`` is linked from ``previous``.

    Raises:
        Fatal: two parts have the same name, a name is not safe, or an unchanged part is not in ``previous``.
        Retriable: the landing cannot be written (disk full).
    """
    folder = root / source_id / stream / f"dt={datetime.now(UTC):%Y-%m-%d}" / f"run={run_id}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)  # a second try of the same run starts unfinished
    known = {part.name: part for part in previous.parts} if previous else {}
    entries: dict[str, dict[str, Any]] = {}
    try:
        for part in parts:
            if part.name in entries or not _SAFE_NAME.fullmatch(part.name) or part.name.endswith(_UNFINISHED):
                raise Fatal(f"part name '{part.name}' is repeated or not safe", rule="part_name")
            entries[part.name] = _land_part(folder / part.name, part, known.get(part.name))
    except ConnectorError as error:
        error.source = error.source or source_id
        raise
    manifest = {
        "source": source_id,
        "stream": stream,
        "run_id": run_id,
        "notes": dict(notes),
        "parts": list(entries.values()),
    }
    _write(folder / MANIFEST, json.dumps(_storable(manifest), ensure_ascii=False, indent=1).encode())
    return read_landed(folder)


def _land_part(target: Path, part: Part, known: LandedPart | None) -> dict[str, Any]:
    """Write or link one part and return its entry of the manifest."""
    if part.unchanged:
        if known is None:
            raise Fatal(f"'{part.name}' is said to be unchanged but was never landed", rule="part_unknown")
        digest, size = _link(known, target)
    else:
        digest, size = _write(target, part.body, known)
    return {
        "name": part.name, "media_type": part.media_type, "url": part.url, "status": part.status,
        "headers": dict(part.headers), "meta": {**part.meta, **_validators(part, known)}, "sha256": digest,
        "size": size, "unchanged": part.unchanged, "landed_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }  # fmt: skip


def _validators(part: Part, known: LandedPart | None) -> dict[str, Any]:
    """What the next run's conditional request needs, kept with every part; a 304 may repeat none of it."""
    before = known.meta.get("validators", {}) if known and part.unchanged else {}
    sent = {
        name: part.headers[header]
        for name, header in (("etag", "etag"), ("last_modified", "last-modified"))
        if part.headers.get(header)
    }
    found = {**before, **sent, **part.meta.get("validators", {})}
    return {"validators": found} if found else {}


def _storable(value: Any) -> Any:
    """``value`` with texts that files and PostgreSQL can hold; headers and URLs come from outside."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): _storable(inner) for name, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list | tuple) else value


def read_landed(folder: Path) -> Landed:
    """The finished run in ``folder``.

    Raises:
        Fatal: the folder has no manifest, so the run did not finish landing, or it no longer holds what the
            manifest lists.
    """
    if not is_finished(folder):
        raise Fatal(
            "landing folder has no manifest: the fetch did not finish",
            where=str(folder),
            rule="landing_unfinished",
        )
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    parts = tuple(
        LandedPart(folder / e["name"], e["name"], e["media_type"], e["url"], e["sha256"], e["size"], e["meta"])
        for e in manifest["parts"]
    )
    damaged = [part.name for part in parts if not part.path.is_file() or part.path.stat().st_size != part.size]
    if damaged:
        raise Fatal(f"'{damaged[0]}' is gone or has another size", where=str(folder), rule="landing_damaged")
    digest = hashlib.sha256("\n".join(f"{p.name} {p.sha256}" for p in parts).encode()).hexdigest()
    return Landed(
        folder, manifest["run_id"], manifest["source"], manifest["stream"], digest, parts, manifest["notes"]
    )  # fmt: skip


def is_finished(folder: Path) -> bool:
    """Whether the run in ``folder`` landed completely; only then may it be read."""
    return (folder / MANIFEST).is_file()


def landed_entries(landed: Landed) -> list[dict[str, Any]]:
    """The manifest's entries as written, for ``ops.fetch``."""
    entries: list[dict[str, Any]] = json.loads((landed.folder / MANIFEST).read_text(encoding="utf-8"))["parts"]
    return entries


def finished_runs(root: Path, source_id: str, stream: str) -> Iterator[Path]:
    """Folders of the stream's finished runs, oldest first."""
    base = root / source_id / stream
    yield from sorted(
        (p.parent for p in base.glob(f"dt=*/run=*/{MANIFEST}")),
        key=lambda folder: (folder / MANIFEST).stat().st_mtime_ns,
    )


def _write(target: Path, body: bytes | Iterable[bytes], known: LandedPart | None = None) -> tuple[str, int]:
    """Write by rename, so that a name never stands for half a file; the bytes of ``known`` are kept once."""
    target.unlink(missing_ok=True)  # it may be a link to an older run's bytes
    try:
        with _Draft(target.with_name(target.name + _UNFINISHED), known) as draft:
            for chunk in [body] if isinstance(body, bytes) else body:
                draft.add(chunk)
            if known and draft.is_all_of_known:
                return _link(known, target)
            digest = draft.finish()
        draft.path.replace(target)
    except OSError as error:
        raise Retriable(f"cannot be kept: {error.strerror}", where=target.name, rule="landing_write") from error
    return digest, draft.size


class _Draft:
    """A file that is written, and hashed, only once it differs from an older one: the same bytes have the same hash."""

    def __init__(self, path: Path, known: LandedPart | None) -> None:
        self.path, self.size, self._hash = path, 0, hashlib.sha256()
        self._old = known.path.open("rb") if known and known.path.is_file() else None
        self._new: BinaryIO | None = None

    def __enter__(self) -> _Draft:
        return self

    def __exit__(self, *_error: object) -> None:
        for stream in (self._old, self._new):
            if stream:
                stream.close()

    @property
    def is_all_of_known(self) -> bool:
        """Nothing differed, and nothing is left of the older file."""
        return self._new is None and self._old is not None and not self._old.read(1)

    def add(self, chunk: bytes) -> None:
        """Further bytes."""
        if self._new is None and (self._old is None or self._old.read(len(chunk)) != chunk):
            self._new = self._begun()
        if self._new is not None:
            self._new.write(chunk)
            self._hash.update(chunk)
        self.size += len(chunk)

    def finish(self) -> str:
        """Bring everything to the disk; returns its hash."""
        stream = self._new = self._new or self._begun()
        stream.flush()
        os.fsync(stream.fileno())
        return self._hash.hexdigest()

    def _begun(self) -> BinaryIO:
        """The file with what was the same so far."""
        stream, left = self.path.open("wb"), self.size
        if self._old is not None:
            self._old.seek(0)
            while left and (chunk := self._old.read(min(left, _CHUNK))):
                stream.write(chunk)
                self._hash.update(chunk)
                left -= len(chunk)
        return stream


def _link(part: LandedPart, target: Path) -> tuple[str, int]:
    """The older part under a new name: a hard link, or a copy where the file system has none."""
    target.unlink(missing_ok=True)
    try:
        os.link(part.path, target)
    except FileNotFoundError:
        raise Fatal(f"'{part.name}' is unchanged but no longer in the landing", rule="part_unknown") from None
    except OSError:
        _write(target, part.path.read_bytes())
    return part.sha256, part.size
