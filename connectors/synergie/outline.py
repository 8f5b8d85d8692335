"""What a dropped file holds, without what it says: how many records of each kind, and under which keys.

An export stays in its folder for years and nearly never changes. Its outline is kept in the landing beside the streams,
so that a file which was read once is not read again to learn that nothing in it is new. It is found by the file's
content, the deployment's settings and the code that reads; a name, a text or an amount is not in it.
"""

from __future__ import annotations

import functools
import hashlib
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from connectors.core.source import LandedPart

FOLDER = "_outlines"
_KEEP_S = 90 * 86_400
_KEY_FIELDS: Mapping[str, tuple[str, ...]] = {
    "depenses": ("code_projet", "partenaire", "numero_depense", "numero_demande"),
    "demandes": ("code_projet", "partenaire", "numero_demande"),
    "budgets": ("projet", "partenaire"),
    "postes": ("projet", "partenaire", "categorie"),
}


@dataclass(frozen=True)
class Outline:
    """One file.

    Attributes:
        counts: stream → number of its records.
        keys: kind of list → hashes of the keys of its lines. Two lines that are one expense always have the same; two
            others may have, which only costs a second look.
    """

    counts: Mapping[str, int]
    keys: Mapping[str, frozenset[int]]


def outline_of(counts: Mapping[str, int], lines: Mapping[str, Iterable[Mapping[str, Any]]]) -> Outline:
    """The outline of a file with so many records by stream and these lines by kind of list."""
    return Outline(
        counts, {kind: frozenset(_key(kind, values) for values in lines.get(kind, ())) for kind in _KEY_FIELDS}
    )


def _key(kind: str, data: Mapping[str, Any]) -> int:
    names = _KEY_FIELDS[kind]
    if kind == "depenses" and not data.get("numero_depense"):
        names = ("code_projet", "partenaire", "montant_declare")
    digest = hashlib.blake2b("\x1f".join(_plain(data.get(name)) for name in names).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def _plain(value: Any) -> str:
    """What two writings of one value have in common."""
    if isinstance(value, Decimal):
        return str(value.normalize())
    text = unicodedata.normalize("NFKC", str(value or "").replace("\0", "").replace("|", "/"))
    return " ".join(text.split()).casefold().encode(errors="replace").decode()


def recall(part: LandedPart, context: bytes) -> Outline | None:
    """The outline of this file, if it was read before under the same settings and by the same code."""
    path = _path(part, context)
    return _load(path) if path and path.exists() else None


def keep(part: LandedPart, context: bytes, outline: Outline) -> None:
    """Keep the outline for the next reading; a landing that cannot be written to only costs time."""
    path = _path(part, context)
    if path is None:
        return
    body = orjson.dumps(
        {
            "counts": dict(outline.counts),
            "keys": {kind: sorted(found) for kind, found in outline.keys.items()},
        }
    )
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".part")
        temporary.write_bytes(body)
        temporary.replace(path)
        for old in _unused(path.parent):
            old.unlink(missing_ok=True)


def _path(part: LandedPart, context: bytes) -> Path | None:
    """None for a file that lies outside a landing."""
    parents = part.path.parents
    if not (parents[0].name.startswith("run=") and parents[1].name.startswith("dt=")):
        return None
    return parents[3] / FOLDER / f"{hashlib.sha256(context + _reader()).hexdigest()}.json"


def _load(path: Path) -> Outline | None:
    try:
        found = orjson.loads(path.read_bytes())
        path.touch()
        return Outline(
            {stream: int(count) for stream, count in found["counts"].items()},
            {kind: frozenset(keys) for kind, keys in found["keys"].items()},
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError):  # half a file after a crash: read anew
        return None


def _unused(folder: Path) -> Iterator[Path]:
    oldest = time.time() - _KEEP_S
    return (path for path in folder.iterdir() if path.stat().st_mtime < oldest)


@functools.lru_cache(maxsize=1)
def _reader() -> bytes:
    """Digest of the code and word lists that read a file."""
    here = Path(__file__).resolve().parent
    core = (here.parent / "core").glob("formats*.py")
    contracts = (here.parents[1] / "schemas" / "sources" / name for name in ("base.py", "synergie.py"))
    digest = hashlib.sha256()
    for path in sorted([*here.glob("*.py"), *here.glob("*.yml"), *core, *contracts]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()
