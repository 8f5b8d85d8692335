"""A build takes over what has not changed, and comes out row for row as if it had taken over nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from schemas.sources.actif import Flux
from schemas.sources.elenco_sottoprodotti import Iscrizione
from schemas.sources.tiers_lieux import Lieu
from tests.db.dbt.conftest import CIDER, DAIRY, PLACE
from tests.db.rows import put
from warehouse import dbt
from warehouse.cluster import Cluster

pytestmark = [pytest.mark.db, pytest.mark.timeout(600)]
ALP = {**DAIRY, "ragione_sociale": "Malga Senza Numero (fittizio)", "codice_fiscale": None, "comune": "Aosta"}


def changed(records: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The world with a record changed, one that says no more who it is of, one come, some gone."""
    gone = {"F3", "F4"}
    rest = [
        (table, record)
        for table, record in records
        if not (isinstance(record, Flux) and record.id_flux in gone | {"F1"})
        and not (isinstance(record, Iscrizione) and record.id_iscrizione == "3")
        and not (isinstance(record, Lieu) and record.instance == "other")
    ]
    new = {
        "siret": "55208131766522",
        "raison_sociale": "Scierie du Col SARL (fictif)",
        "libelle_flux": "sciure de bois",
        "adresse": "Z.I. du Col, 12",
    }
    trader = {"ragione_sociale": "Bianchi Anna (fittizio)", "codice_fiscale": "BNCNNA80A41F205W", "comune": "Cuneo"}
    return [
        *rest,
        ("actif__flux", Flux(id_flux="F1", **{**CIDER, "quantite": "7", "unite": "t", "commune": "Annecy",
                                              "code_insee": "74010", "code_postal": "74000"})),
        ("actif__flux", Flux(id_flux="F5", **{**CIDER, **new})),
        ("elenco_sottoprodotti__iscrizioni", Iscrizione(id_iscrizione="3", **{**DAIRY, **trader})),
        ("elenco_sottoprodotti__iscrizioni", Iscrizione(id_iscrizione="4", **ALP)),
        # It named its operator before; now it does not.
        ("tiers_lieux__lieux", Lieu(identifiant="1", **{**PLACE, "instance": "other", "code_postal": None})),
    ]  # fmt: skip


def relabelled(records: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The changed world with another name of a by-product: its entry, of a firm without a number, has another key."""
    entry = Iscrizione(id_iscrizione="4", **{**ALP, "nome_commerciale_sottoprodotto": "Scotta"})
    return [
        (table, entry if isinstance(record, Iscrizione) and record.id_iscrizione == "4" else record)
        for table, record in changed(records)
    ]


def test_a_changed_world_equals_a_whole_rebuild(cluster: Cluster, rebuild: Any, records: list[tuple[str, Any]]) -> None:
    rebuild(records)
    put(rebuild.owner, changed(records))
    with rebuild.owner.begin() as connection:
        first, second = sorted(
            f"{table.split('__')[0]}|{record.record_key()}|operator"
            for table, record in changed(records)
            if isinstance(record, Flux) and record.id_flux in ("F1", "F5")
        )
        connection.execute(
            text(
                "insert into ops.identity_decision (entity, one, other, decision, decided_by, reason)"
                " values ('organisation', :one, :other, 'merge', 'test', 'one house')"
            ),
            {"one": first, "other": second},
        )
    said = rebuild.build("build_other")
    # One new, one changed; the tables were not made again.
    assert said["int_actif__flow"] == said["int_actif__organisation"] == "INSERT 0 2"
    assert said["int_flow_value"] == "INSERT 0 4"
    assert said["int_tiers_lieux__organisation"] == "INSERT 0 0"
    assert said["int_street"] == "INSERT 0 1"
    put(rebuild.owner, relabelled(records))
    assert rebuild.build("build_other")["int_flow_value"] == "INSERT 0 1"
    dbt.forget(cluster)
    assert rebuild.build("build_whole")["int_actif__flow"].startswith("SELECT")
    assert rebuild.difference("build_other", "build_whole") == {}


class Dbt:
    """Stands in for dbt's process: remembers how it was started and leaves the results it is told."""

    def __init__(self) -> None:
        self.status = "success"
        self.arguments: list[str] = []

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.arguments = command
        target = Path(command[command.index("--target-path") + 1])
        (target / "run_results.json").write_text(
            f'{{"results": [{{"unique_id": "model.traforo.a", "status": "{self.status}", "message": ""}}]}}'
        )
        return subprocess.CompletedProcess(command, 0 if self.status == "success" else 1, "", "")


def test_rows_are_kept_only_after_a_whole_good_build_with_the_same_code(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, digest = Dbt(), ["one"]
    monkeypatch.setattr(dbt.subprocess, "run", ran)
    monkeypatch.setattr(dbt, "code_digest", lambda: digest[0])

    def is_whole(*arguments: str) -> bool:
        dbt.build(cluster, "build_x", tmp_path, *arguments)
        return "--full-refresh" in ran.arguments

    dbt._swap_kept(cluster, None)
    assert is_whole()
    assert not is_whole()
    digest[0] = "another list or rule"
    assert is_whole()
    ran.status = "error"
    assert not is_whole()
    ran.status = "success"
    assert is_whole()
    assert not is_whole("--select", "int_flow_value")
    assert is_whole()
    dbt._swap_kept(cluster, None)


def test_digest_covers_models_lists_and_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("dbt_project", "schemas/canonical", "warehouse/matching"):
        shutil.copytree(dbt.PROJECT / folder, tmp_path / folder)
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)
    monkeypatch.setattr(dbt, "PROJECT_DIR", tmp_path / "dbt_project")
    seen = {dbt.code_digest()}
    for name in (
        "dbt_project/models/intermediate/enriched/int_unit.sql", "dbt_project/macros/keys.sql",
        "dbt_project/models/intermediate/mapped/actif/_map_actif__sens.sql", "dbt_project/dbt_project.yml",
        "dbt_project/seeds/reference/unit_term.csv", "warehouse/matching/words.yml",
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(dbt.code_digest())
    assert len(seen) == 7
