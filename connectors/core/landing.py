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
from typing import Any

from connectors.core.errors import Fatal
from connectors.core.source import LandedPart, Part

MANIFEST = "_manifest.json"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")


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
    """
    folder = root / source_id / stream / f"dt={datetime.now(UTC):%Y-%m-%d}" / f"run={run_id}"
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Any]] = []
    known = {part.name: part for part in previous.parts} if previous else {}
    seen: set[str] = set()
    for part in parts:
        if part.name in seen or not _SAFE_NAME.fullmatch(part.name):
            raise Fatal(f"part name '{part.name}' is repeated or not safe", source=source_id, rule="part_name")
        seen.add(part.name)
        target = folder / part.name
        if part.unchanged:
            if part.name not in known:
                raise Fatal(
                    f"'{part.name}' is said to be unchanged but was never landed",
                    source=source_id,
                    rule="part_unknown",
                )
            digest, size = _link(known[part.name], target)
        else:
            digest, size = _write(target, part.body)
            if part.name in known and known[part.name].sha256 == digest:
                _link(known[part.name], target)  # the same bytes are kept once
        entries.append(
            {
                "name": part.name, "media_type": part.media_type, "url": part.url, "status": part.status,
                "headers": dict(part.headers), "meta": dict(part.meta), "sha256": digest, "size": size,
                "unchanged": part.unchanged, "landed_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            }
        )  # fmt: skip
    manifest = {
        "source": source_id,
        "stream": stream,
        "run_id": run_id,
        "notes": dict(notes),
        "parts": entries,
    }
    temporary = folder / (MANIFEST + ".part")
    temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    temporary.replace(folder / MANIFEST)
    return read_landed(folder)


def read_landed(folder: Path) -> Landed:
    """The finished run in ``folder``.

    Raises:
        Fatal: the folder has no manifest, so the run did not finish landing.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise Fatal(
            "landing folder has no manifest: the fetch did not finish",
            where=str(folder),
            rule="landing_unfinished",
        )
    manifest = json.loads(path.read_text(encoding="utf-8"))
    parts = tuple(
        LandedPart(folder / e["name"], e["name"], e["media_type"], e["url"], e["sha256"], e["size"], e["meta"])
        for e in manifest["parts"]
    )
    digest = hashlib.sha256("\n".join(f"{p.name} {p.sha256}" for p in parts).encode()).hexdigest()
    return Landed(
        folder, manifest["run_id"], manifest["source"], manifest["stream"], digest, parts, manifest["notes"]
    )  # fmt: skip


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


def _write(target: Path, body: bytes | Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    temporary = target.with_name(target.name + ".part")
    with temporary.open("wb") as stream:
        for chunk in [body] if isinstance(body, bytes) else body:
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(target)
    return digest.hexdigest(), size


def _link(part: LandedPart, target: Path) -> tuple[str, int]:
    target.unlink(missing_ok=True)
    os.link(part.path, target)
    return part.sha256, part.size
