"""Our rules beside Splink: who is one organisation, which listings are one place.

Splink (Fellegi and Sunter's model, weights learnt from the data without labels) gets the very fields that our rules
weigh, prepared by our own code, blocking rules that lose nothing that ours find, and the threshold that suits it best
of five on the truth itself: an advantage that a real deployment would not have. Needs the dependency group ``linkage``.

    make bench-linkage
    python -m bench.linkage --seeds 1 2 --third-places cget_tiers_lieux_2019.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import splink.comparison_library as cl
from evaluate_answers import organisations, third_places
from evaluate_measures import Score, pairwise
from evaluate_world import World, evaluated
from splink import Linker, SettingsCreator
from splink.backends.duckdb import DuckDBAPI

from warehouse.matching import organisation_step, run
from warehouse.matching import third_places as place_rules
from warehouse.matching.listings import Listing, listing_of
from warehouse.matching.mentions import Mention, mention_of

THRESHOLDS = (0.5, 0.8, 0.95, 0.99, 0.999)
JUDGED = Path(__file__).resolve().parent / "third_place_pairs.csv"
_BLOCKS = ("number", "phone", "host", "street", "first_words", "place_word")


def _row(item: Mention | Listing, numbers: Iterable[str]) -> dict[str, Any]:
    words = sorted(item.words)
    latitude, longitude = getattr(item, "point", None) or (None, None)
    return {
        "unique_id": item.key, "name": " ".join(words), "number": min(numbers, default=None), "country": item.country,
        "place": item.place, "street": f"{item.place} {item.street}" if item.place and item.street else None,
        "phone": item.phone, "host": min(item.hosts, default=None), "latitude": latitude, "longitude": longitude,
        "first_words": " ".join(words[:2]) or None, "house": getattr(item, "house", None),
        "place_word": f"{item.place} {words[0][:4]}" if item.place and words else None,
    }  # fmt: skip


def predict(rows: Sequence[Mapping[str, Any]], *, points: bool) -> tuple[Linker, Any]:
    """Splink's model, trained on the rows themselves, and its pairs."""
    import pandas as pd

    comparisons: list[Any] = [
        cl.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.75]).configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds("number", 1),
        cl.ExactMatch("place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("street"), cl.ExactMatch("phone"),
        cl.ExactMatch("host").configure(term_frequency_adjustments=True),
    ]  # fmt: skip
    if points:
        comparisons[1] = cl.DistanceInKMAtThresholds("latitude", "longitude", [0.25, 3, 9])
    settings = SettingsCreator(
        link_type="dedupe_only", comparisons=comparisons,
        blocking_rules_to_generate_predictions=[f"l.{name} = r.{name}" for name in _BLOCKS],
    )  # fmt: skip
    frame = pd.DataFrame(rows)
    text = [name for name in frame.columns if name not in ("latitude", "longitude")]
    frame = frame.astype({**dict.fromkeys(text, "string"), "latitude": "float64", "longitude": "float64"})
    linker = Linker(DuckDBAPI().register(frame), settings, log_level=50)
    sure = ["l.number = r.number", "l.phone = r.phone and l.name = r.name"]
    if points:
        sure = ["l.name = r.name and l.place = r.place"]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for name in ("place", "name"):
        linker.training.estimate_parameters_using_expectation_maximisation(f"l.{name} = r.{name}")
    return linker, linker.inference.predict(threshold_match_probability=min(THRESHOLDS))


def clusters(linker: Linker, pairs: Any, threshold: float) -> dict[str, str]:
    """Row → cluster, through pairs from the threshold on."""
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=threshold)
    return {str(row["unique_id"]): str(row["cluster_id"]) for row in found.as_record_list()}


def best(linker: Linker, pairs: Any, judge: Any) -> tuple[float, Score]:
    """The threshold of the best F1 and its score."""
    scores = [(threshold, judge(clusters(linker, pairs, threshold))) for threshold in THRESHOLDS]
    return max(scores, key=lambda item: item[1].f1)


def on_truth(world: World) -> dict[str, dict[str, Any]]:
    """Both on the records of a world whose truth is known."""
    truth, ours, _ = organisations(world)
    places, placed = third_places(world)
    mention = {
        (row["source_id"], world.keys.get((row["source_id"], row["record_key"])), row["role"]): row["mention_id"]
        for row in world.tables["mention"]
    }
    mentions = [mention_of(row) for row in world.tables["mention_row"]]
    listings = [listing_of(row) for row in world.tables["listing_row"]]
    listed = {key: f"{key[0]}|{raw}" for (source, raw), key in _listing_keys(world)}
    anchors = {item.anchor: item.key for item in listings}

    def judge_mentions(found: Mapping[str, str]) -> Score:
        return pairwise(truth, {record: found[mention[record]] for record in truth if mention.get(record) in found})

    def judge_listings(found: Mapping[str, str]) -> Score:
        return pairwise(places, {record: found[anchors[listed[record]]] for record in places})

    at, theirs = best(*predict([_row(m, m.numbers | m.damaged) for m in mentions], points=False), judge_mentions)
    at_place, their_places = best(*predict([_row(p, ()) for p in listings], points=True), judge_listings)
    return {
        "organisations": _side(pairwise(truth, ours), theirs, at),
        "third places": _side(pairwise(places, placed), their_places, at_place),
    }


def _listing_keys(world: World) -> Iterable[tuple[tuple[str, str], tuple[str, str]]]:
    return (((source, raw), (source, key)) for (source, raw), key in world.keys.items() if source == "tiers_lieux")


def _side(ours: Score, theirs: Score, threshold: float) -> dict[str, Any]:
    return {
        who: {"precision": score.precision, "recall": score.recall, "f1": score.f1}
        for who, score in (("traforo", ours), ("splink", theirs))
    } | {"splink_threshold": threshold}


def real_listings(path: Path) -> list[Listing]:
    """Listings of the CGET census of 2019 (Licence Ouverte 2.0); a point geocoded below 0.6 is not a point."""
    with path.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    return [
        listing_of(
            {
                "record_key": f"{int(row['ID']):05}", "source_id": "census", "name": row["NOM_TL"],
                "country_code": "FR",
                "street_address": row["ADRESSE"] or None, "place_country_code": "FR",
                "lau_code": _not_zero(row["INSEEMETRO"]) or _not_zero(row["INSEECOM"]),
                "municipality_name": row["NOMCOM"], "websites": [row["WEB"]] if row["WEB"] else [],
                "latitude": row["LAT"] or None, "longitude": row["LONG"] or None,
                "point_origin_code": "SOURCE" if float(row["PRECISION"] or 0) >= 0.6 else "GUESS",
            }
        )
        for row in rows
    ]  # fmt: skip


def _not_zero(code: str) -> str | None:
    return None if code in ("", "0") else code


def on_real_places(path: Path) -> dict[str, Any]:
    """Both on real listings: pairs that each finds, and how many of them a reader judged right.

    ``third_place_pairs.csv`` holds a reader's verdict on every pair that either method finds or leaves to a person, by
    the ids of the census: 1 one place, 0 two, ? not to be told from the records, which counts for neither. Recall is
    among the pairs known so: what everybody misses, nobody has counted.
    """
    listings = real_listings(path)
    ours = place_rules.resolve(listings)
    linker, pairs = predict([_row(item, ()) for item in listings], points=True)
    with JUDGED.open(encoding="utf-8") as stream:
        verdict = {(row["one"], row["other"]): row["same"] for row in csv.DictReader(stream)}
    found = {"traforo": _pairs(ours.basis)} | {
        f"splink from {threshold:g}": _pairs(clusters(linker, pairs, threshold)) for threshold in THRESHOLDS[2:]
    }
    review = {(pair.one, pair.other) for pair, _ in ours.clustering.review}
    right = {pair for pair, said in verdict.items() if said == "1"}
    told = {pair for pair, said in verdict.items() if said != "?"}
    return {
        "listings": len(listings),
        "pairs nobody judged": sorted(set().union(*found.values()) - verdict.keys()),
        "left to a person": len(review),
        "of these right": len(review & right),
        "methods": {
            name: {
                "pairs": len(some),
                "right": len(some & right),
                "wrong": len(some & told - right),
                "precision": round(len(some & right) / max(1, len(some & told)), 4),
                "recall": round(len(some & right) / len(right), 4),
            }
            for name, some in found.items()
        },
    }


def _pairs(cluster: Mapping[str, Hashable]) -> set[tuple[str, str]]:
    members: dict[Hashable, list[str]] = defaultdict(list)
    for key, value in cluster.items():
        members[value].append(key)
    return {pair for keys in members.values() for pair in combinations(sorted(keys), 2)}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--third-places", type=Path, help="the CGET census of third places as CSV")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    measured: dict[str, Any] = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "seeds": {}}
    for seed in options.seeds:
        more = {"mention_row": organisation_step.MENTIONS, "listing_row": run.LISTINGS}
        with (
            tempfile.TemporaryDirectory(prefix="traforo-linkage-") as home,
            evaluated(Path(home), seed, options.scale, more) as world,
        ):
            measured["seeds"][str(seed)] = on_truth(world)
    if options.third_places:
        measured["real third places"] = on_real_places(options.third_places)
    text = json.dumps(measured, indent=1, ensure_ascii=False) + "\n"
    print(text)
    if options.json:
        options.json.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
