"""A small world with known answers, loaded into the real raw tables and built by dbt once for the session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from schemas.sources.actif import Flux
from schemas.sources.elenco_sottoprodotti import Iscrizione
from schemas.sources.synergie import Budget, Depense
from schemas.sources.tiers_lieux import Actualite, Lieu
from tests.db.rows import put
from warehouse import dbt
from warehouse.cluster import Cluster, connect_cluster

CIDER = {
    "siret": "73282932000074", "raison_sociale": "Cidrerie des Cimes SARL (fictif)", "code_naf": "11.03Z",
    "adresse": "3 av. du Lac", "code_postal": "73000", "commune": "Chambéry", "code_insee": "73065",
    "sens": "sortant", "type_flux": "matière", "libelle_flux": "marc de pomme", "quantite": "120,5",
    "unite": "t/an", "saisonnalite": "sept-déc", "confidentialite": "public", "derived_latitude": "45.57",
    "derived_longitude": "5.91", "date_maj": "2026-01-02",
}  # fmt: skip
DAIRY = {
    "ragione_sociale": "Caseificio Alpino S.r.l. (fittizio)", "codice_fiscale": "00743110157", "n_rea": "CN-12345",
    "indirizzo": "Via Roma 1", "cap": "12100", "comune": "Coni", "provincia": "CN", "qualifica": "PRODUTTORE",
    "codice_ateco": "10.51.20", "nome_commerciale_sottoprodotto": "Siero di latte", "stato": "ISCRITTA",
    "descrizione_sottoprodotto": "circa 1200 q all'anno, tel. 0171 123456", "data_iscrizione": "2019-05-01",
    "derived_quantity": "1200", "derived_quantity_unit": "q", "derived_quantity_period": "year",
}  # fmt: skip
PLACE = {
    "instance": "demo", "nom": "La Fabrique des Cimes (fictif)", "types": ["Coworking et fablab"],
    "adresse": "1 rue du Lac", "code_postal": "74000", "commune": "Annecy", "pays": "FR", "latitude": "45.9",
    "longitude": "6.12", "licence": "CC0-1.0", "attribution": "Demo", "telephone": "04 50 11 22 33",
    "courriels": ["jean@cimes.example", "contact@cimes.example"], "services": ["impression 3D"],
}  # fmt: skip
LINE = {
    "fichier": "f.xlsx", "ligne": 1, "sha256_fichier": "0" * 64, "code_projet": "3971", "acronyme": "DEMO",
    "partenaire": "Chambre des Cimes (fictif)", "role_partenaire": "LP", "pays": "France", "numero_demande": "1",
    "montant_declare": "100.50", "statut": "Certifiée",
}  # fmt: skip
PLAN = {
    "fichier": "b.csv", "ligne": 1, "sha256_fichier": "0" * 64, "projet": "DEMO", "montant_total": "422517.30",
    "taux_feder": "85", "type_ligne": "partenaire", "pays": "FRANCE",
}  # fmt: skip


def world() -> list[tuple[str, Any]]:
    """Raw table and record, in the order of arrival."""
    return [
        ("actif__flux", Flux(id_flux="F1", **CIDER)),
        ("actif__flux", Flux(id_flux="F2", **{**CIDER, "confidentialite": "réseau CCI", "libelle_flux": "lies"})),
        ("actif__flux", Flux(id_flux="F3", **{**CIDER, "siret": "351040", "raison_sociale": "Cidrerie des Cimes"})),
        (
            "actif__flux",
            Flux(id_flux="F4", **{**CIDER, "siret": "84456932400018", "raison_sociale": "Secrète SAS (fictif)",
                                  "confidentialite": "privé"}),
        ),
        ("elenco_sottoprodotti__iscrizioni", Iscrizione(id_iscrizione="1", **DAIRY)),
        (
            "elenco_sottoprodotti__iscrizioni",
            Iscrizione(id_iscrizione="2", **{**DAIRY, "qualifica": "UTILIZZATORE", "stato": "CANCELLATA"}),
        ),
        (
            "elenco_sottoprodotti__iscrizioni",
            Iscrizione(id_iscrizione="3", **{**DAIRY, "ragione_sociale": "Rossi Mario (fittizio)",
                                             "codice_fiscale": "RSSMRA80A01F205X"}),
        ),
        ("tiers_lieux__lieux", Lieu(identifiant="2", **PLACE)),
        (
            "tiers_lieux__lieux",
            Lieu(identifiant="1", **{**PLACE, "instance": "other", "nom": "la fabrique des cîmes (Fictif)",
                                     "code_postal": None, "commune": None, "structure_porteuse": "Cidrerie des Cimes",
                                     "siret": "73282932000074"}),
        ),
        (
            "tiers_lieux__actualites",
            Actualite(instance="demo", guid="n1", titre="Ouverture", lieu_reference="2", licence="CC0-1.0",
                      attribution="Demo", date_publication="2026-01-01T10:00:00+01:00"),
        ),
        (
            "synergie__depenses",
            Depense(numero_depense="1", categorie="Frais de personnel", type_piece="Bulletin de paie",
                    fournisseur="Jean Exemple", libelle="Salaire de Jean", **LINE),
        ),
        (
            "synergie__depenses",
            Depense(numero_depense="2", categorie="Compétences et services externes", type_piece="Facture",
                    fournisseur="Cidrerie des Cimes", fournisseur_id="FR44732829320", libelle="Cidre",
                    delegataire="Délégué (fictif)", **LINE),
        ),
        ("synergie__budgets", Budget(partenaire="Chambre des Cimes (fictif)", **PLAN)),
        ("synergie__budgets", Budget(partenaire="Total", **{**PLAN, "type_ligne": "total"})),
    ]  # fmt: skip


@dataclass(frozen=True)
class Built:
    """A built release and a way to ask it.

    Attributes:
        result: what dbt did.
        rows: statement with ``{s}`` for the build's schema → rows as dictionaries.
    """

    result: dbt.DbtResult
    rows: Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def cluster(server_home: Path) -> Iterator[Cluster]:
    with connect_cluster(server_home) as found:
        yield found


@pytest.fixture(scope="module")
def built(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The world above, built with every test of the project."""
    owner, transformer = cluster.engine("owner"), cluster.engine("transformer")
    put(owner, world())
    result = dbt.build(cluster, "build_small", tmp_path_factory.mktemp("dbt"))

    yield Built(result, lambda statement: _rows(transformer, statement, "build_small"))
    with transformer.begin() as connection:
        connection.execute(
            text("drop schema if exists build_small, build_small_bi, build_other, build_other_bi cascade")
        )
    owner.dispose()
    transformer.dispose()


@pytest.fixture
def records() -> list[tuple[str, Any]]:
    """The world's records in their order of arrival."""
    return world()


class Rebuild:
    """Builds other records into a schema of their own, without tests; gives a way to ask it."""

    def __init__(self, cluster: Cluster, target: Path) -> None:
        self.cluster, self.target = cluster, target
        self.owner, self.transformer = cluster.engine("owner"), cluster.engine("transformer")

    def __call__(self, records: Sequence[tuple[str, Any]]) -> Callable[[str], Any]:
        """Replace the raw rows by ``records`` and build from nothing, or nearly: lists and answers are there."""
        dbt._swap_kept(self.cluster, None)
        put(self.owner, records)
        self.build("build_other")
        return lambda statement: _rows(self.transformer, statement, "build_other")

    def build(self, schema: str) -> dict[str, str]:
        """Build what lies in ``raw``; returns what PostgreSQL said of each model."""
        with self.transformer.connect() as connection:
            has_lists = connection.execute(text("select to_regclass('reference.unit_term')")).scalar()
        left_out = ("test", "unit_test", "seed") if has_lists else ("test", "unit_test")
        result = dbt.build(self.cluster, schema, self.target, "--exclude-resource-type", *left_out)
        assert result.failures == []
        ran = json.loads((self.target / "run_results.json").read_text(encoding="utf-8"))["results"]
        return {node["unique_id"].split(".")[-1]: str(node["message"]) for node in ran}

    def difference(self, one: str, other: str) -> dict[str, int]:
        """Rows that only one of two builds has, by table, where there are any; every table of every schema."""
        found = {}
        with self.transformer.connect() as connection:
            for part in ("", "_bi", "_finance"):
                names = connection.execute(
                    text("select tablename from pg_tables where schemaname in (:one, :other)"),
                    {"one": one + part, "other": other + part},
                ).scalars()
                for name in sorted(set(names)):
                    here, there = f"table {one}{part}.{name}", f"table {other}{part}.{name}"
                    apart = f"({here} except all {there}) union all ({there} except all {here})"
                    found[f"{part}.{name}"] = connection.execute(text(f"select count(*) from ({apart}) d")).scalar_one()
        assert len(found) > 40
        return {name: rows for name, rows in found.items() if rows}


@pytest.fixture
def rebuild(cluster: Cluster, tmp_path: Path) -> Iterator[Rebuild]:
    """Build other records beside the world."""
    found = Rebuild(cluster, tmp_path / "dbt")
    yield found
    with found.transformer.begin() as connection:
        for schema in ("build_other", "build_whole"):
            connection.execute(text(f"drop schema if exists {schema}, {schema}_bi, {schema}_finance cascade"))
    with found.owner.begin() as connection:
        connection.execute(text("truncate ops.identity_decision"))
    found.owner.dispose()
    found.transformer.dispose()


def _rows(engine: Engine, statement: str, schema: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text(statement.format(s=schema)))]
