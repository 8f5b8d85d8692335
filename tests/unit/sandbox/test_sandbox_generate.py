from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from stdnum.fr import siret

from sandbox import deployment
from sandbox.generate import generate, is_current
from sandbox.world.data import AREAS, activities, communes, materials

ROOT = Path(__file__).resolve().parents[3]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "traforo.yml"  # names its own folder
    }


def test_same_seed_gives_same_bytes_in_another_process(tmp_path: Path) -> None:
    generate(tmp_path / "here", 5, 0.2)
    for number, hash_seed in enumerate(("1", "77")):
        where = str(tmp_path / str(number))
        command = [sys.executable, "-m", "sandbox", "generate", "--dir", where, "--seed=5", "--scale=0.2"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Pacific/Auckland"}
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
        assert digests(tmp_path / str(number)) == digests(tmp_path / "here")


def test_another_seed_gives_another_world(tmp_path: Path) -> None:
    generate(tmp_path / "a", 1, 0.1)
    generate(tmp_path / "b", 2, 0.1)
    a, b = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert a["data/actif.json"] != b["data/actif.json"]
    assert a["data/news_atom.json"] != b["data/news_atom.json"]


def test_manifest_tells_whether_a_folder_is_current(tmp_path: Path) -> None:
    assert not is_current(tmp_path, 1, 0.1)
    generate(tmp_path, 1, 0.1)
    assert is_current(tmp_path, 1, 0.1)
    assert not is_current(tmp_path, 2, 0.1)
    assert not is_current(tmp_path, 1, 0.2)


def test_a_new_world_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    generate(tmp_path, 1, 2.0)
    assert len(list((tmp_path / "synergie-inbox").glob("*.xlsx"))) == 8
    generate(tmp_path, 1, 0.1)
    assert len(list((tmp_path / "synergie-inbox").glob("*.xlsx"))) == 4


def test_counts_at_scale_one(world) -> None:
    assert 950 <= len(world.data["actif"]) <= 1150
    assert 250 <= len(world.data["elenco"]) <= 320
    assert 400 <= sum(len(s["sottoprodotti"]) for s in world.data["elenco"]) <= 520
    assert 240 <= len(world.truth["third_places"]) <= 260
    assert len(world.truth["news"]) == 64
    companies = {
        o for o, e in world.truth["organisations"].items() if any(r["source"] == "actif" for r in e["records"])
    }
    assert 330 <= len(companies) <= 370


def test_public_share_of_actif(world) -> None:
    said = Counter(row["confidentialite"].strip().lower() for row in world.data["actif"])
    assert 0.4 <= said["public"] / len(world.data["actif"]) <= 0.5


def test_records_that_cannot_be_read_are_one_or_two_percent(world) -> None:
    for source, total in (("actif", 1000), ("elenco_sottoprodotti", 450), ("synergie", 400)):
        unreadable = sum(1 for u in world.truth["unreadable"] if u["source"] == source)
        assert 0.003 <= unreadable / total <= 0.025, source


def test_everything_invented_is_marked(world) -> None:
    assert all("(fictif)" in r["raison_sociale"] or "(fittizio)" in r["raison_sociale"] for r in world.data["actif"])
    assert all("(fittizio)" in s["denominazione"] for s in world.data["elenco"])
    assert all("(fictif)" in r["conseiller"] for r in world.data["actif"])


def test_reference_data_cover_the_nine_areas() -> None:
    assert len(communes()) >= 250
    assert {c.area for c in communes()} == set(AREAS)
    assert all(43 < c.latitude < 46.6 and 5 < c.longitude < 9 for c in communes())
    assert len({c.code for c in communes()}) == len(communes())
    assert all(len(c.code) == (5 if c.country == "FR" else 6) for c in communes())


def test_materials_are_consistent() -> None:
    assert len(materials()) >= 60
    texts = [t.lower() for m in materials().values() for t in (*m.fr, *m.it)]
    assert len(texts) == len(set(texts))
    for material in materials().values():
        assert material.fr and material.it
        assert set(material.sources) | set(material.users) <= set(activities())
        assert material.low is None or (len(material.low) == 6 and material.low.isdigit())


def test_organisations_stand_in_several_sources(world) -> None:
    shared = [{r["source"] for r in entry["records"]} for entry in world.truth["organisations"].values()]
    assert sum({"actif", "elenco_sottoprodotti"} <= s for s in shared) >= 20
    assert sum({"actif", "tiers_lieux"} <= s for s in shared) >= 5
    assert sum("synergie" in s and len(s) > 1 for s in shared) >= 10


def test_truth_speaks_of_records_that_are_served(world) -> None:
    flows = {row["id_flux"] for row in world.data["actif"]}
    products = {f"{s['id']}/{n}" for s in world.data["elenco"] for n in range(1, len(s["sottoprodotti"]) + 1)}
    spoilt_keys = {d["key"] for d in world.defects("key_missing", "actif")}
    for flow in world.truth["flows"]:
        known = flows | spoilt_keys if flow["source"] == "actif" else products
        assert flow["key"] in known
    texts = {row["id_flux"]: row["libelle_flux"] for row in world.data["actif"]}
    assert all(texts[f["key"]] == f["text"] for f in world.truth["flows"] if f["key"] in texts)


def test_matches_are_true_matches(world) -> None:
    flows = {(f["source"], f["key"]): f for f in world.truth["flows"]}
    assert len(world.truth["matches"]) > 200
    for match in world.truth["matches"]:
        offer, demand = (flows[(match[s]["source"], match[s]["key"])] for s in ("offer", "demand"))
        assert offer["direction"] == "offer" and demand["direction"] == "demand"
        assert offer["material"] == demand["material"] == match["material"]
        assert offer["country"] != demand["country"]
        assert offer["organisation"] != demand["organisation"]
        assert offer["public"] and demand["public"]


def test_third_places_repeat_across_directories(world) -> None:
    listed = [len(p["records"]) for p in world.truth["third_places"].values()]
    assert sum(n > 1 for n in listed) > 80
    keys = [r["key"] for p in world.truth["third_places"].values() for r in p["records"]]
    assert len(keys) == len(set(keys))


def test_valid_numbers_are_valid_and_broken_ones_broken(world) -> None:
    broken = {
        d["key"]
        for kind in ("siret_bad_key", "siren_in_siret", "siret_lost_zero", "siret_empty")
        for d in world.defects(kind)
    }
    rows = [r for r in world.data["actif"] if r["id_flux"] not in broken and "(fictif)" in r["raison_sociale"]]
    assert all(siret.is_valid(r["siret"]) for r in rows)
    bad = {d["key"] for d in world.defects("siret_bad_key", "actif")}
    assert bad
    assert not any(siret.is_valid(r["siret"]) for r in world.data["actif"] if r["id_flux"] in bad)


@pytest.mark.parametrize("source", ["actif", "elenco_sottoprodotti", "tiers_lieux", "synergie"])
def test_deployment_settings(world, source: str) -> None:
    settings = yaml.safe_load(deployment.write(world.folder, 4321).read_text(encoding="utf-8"))
    chosen = settings["sources"][source]
    if source == "synergie":
        assert Path(chosen["options"]["inbox"]).is_dir()
        assert all(Path(plan["path"]).is_file() for plan in chosen["options"]["budgets"])
    else:
        assert chosen["hosts"] == ["127.0.0.1:4321"]
        assert chosen["allow_loopback_http"] is True
        assert chosen["base_url"].startswith("http://127.0.0.1:4321")
