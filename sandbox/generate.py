"""Make the whole simulated world and write it into a folder, byte for byte the same every time."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from sandbox.feeds import (
    actif,
    census,
    ckan,
    communecter,
    elenco,
    gogocarto,
    legacy_csv,
    national_schema,
    news,
    synergie,
    worldwide,
    yeswiki,
)
from sandbox.truth import Row, Truth, published
from sandbox.world.chance import share
from sandbox.world.flows import true_matches
from sandbox.world.news import news_items
from sandbox.world.organisations import Founder, populate
from sandbox.world.places import third_places
from sandbox.world.wording import marked

INBOX, PLANS = "synergie-inbox", "synergie-plans"
PACKAGE = Path(__file__).resolve().parent
Dataset = dict[str, Any]


def _clean(value: Any) -> Any:
    """Rows without the fields that only their making needed, at every depth."""
    if isinstance(value, dict):
        return {name: _clean(item) for name, item in published(value).items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def build(seed: int, scale: float, folder: Path) -> tuple[dict[str, Dataset], Truth]:
    """Make the sources' content: data sets by name, and the truth; Synergie's files go into ``folder``."""
    truth, founder = Truth(), Founder(seed)
    population = populate(founder, scale)
    advisers = [marked(f"{founder.numbers.first_name('FR')} {founder.numbers.surname('FR')}", "FR") for _ in range(9)]
    flows, offered = actif.build(seed, population.actif, advisers, truth)
    sheets, registered = elenco.build(seed, population.elenco, population.branches, truth)
    truth.matches = true_matches(offered + registered)
    places = third_places(seed, scale, founder, population)
    items = news_items(seed, scale, places)
    identity, general = census.build(seed, places, truth)
    data: dict[str, list[Row]] = {
        "actif": flows,
        "elenco": sheets,
        "gogocarto": gogocarto.build(seed, places, founder.numbers, truth),
        "national": national_schema.build(seed, places, truth),
        "communecter": communecter.build(seed, places, truth),
        "yeswiki": yeswiki.build(seed, places, truth),
        "ckan": ckan.build(seed, places, truth),
        "census": identity,
        "census_general": general,
        "fablabs": worldwide.labs(seed, places, truth),
        "legacy": legacy_csv.build(seed, places, truth),
        "overpass": worldwide.elements(seed, places, truth),
        **{f"news_{feed}": rows for feed, rows in news.build(seed, items, truth).items()},
    }
    suppliers = sorted({o.id: o for o in population.actif + population.elenco}.values(), key=lambda o: o.id)
    synergie.build(seed, share(1, scale), suppliers, folder / INBOX, folder / PLANS, truth)
    return {name: _clean(rows) for name, rows in data.items()}, truth


def _dump(path: Path, value: Any) -> None:
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def fingerprint() -> str:
    """Digest of this package's code and data: a change of the generator makes a new world."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".csv", ".yml"}:
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def manifest(seed: int, scale: float) -> dict[str, Any]:
    """What identifies a generated world."""
    return {"seed": seed, "scale": scale, "generator": fingerprint()}


def is_current(folder: Path, seed: int, scale: float) -> bool:
    """True if the folder holds the complete world of this seed, scale and generator."""
    path = folder / "manifest.json"
    return path.is_file() and orjson.loads(path.read_bytes()) == manifest(seed, scale)


def generate(folder: Path, seed: int, scale: float) -> None:
    """Write ``data/*.json``, ``truth.json`` and the drop folder; the manifest comes last.

    Files of an earlier world are removed first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    for name in ("data", INBOX, PLANS):
        shutil.rmtree(folder / name, ignore_errors=True)
    data, truth = build(seed, scale, folder)
    (folder / "data").mkdir()
    for name, rows in data.items():
        _dump(folder / "data" / f"{name}.json", rows)
    summary = {
        "records": {name: len(rows) for name, rows in data.items()},
        "defects": dict(sorted(Counter(d["kind"] for d in truth.defects).items())),
        "unreadable": len(truth.unreadable),
    }
    _dump(folder / "truth.json", {**manifest(seed, scale), "summary": summary, **vars(truth)})
    _dump(folder / "manifest.json", manifest(seed, scale))


def load(folder: Path) -> dict[str, Dataset]:
    """The data sets of a generated world."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted((folder / "data").glob("*.json"))}
