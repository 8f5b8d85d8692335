"""Two dozen invented records in four sources that hang together in every way the matching knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from schemas.sources.actif import Flux
from schemas.sources.elenco_sottoprodotti import Iscrizione
from schemas.sources.synergie import Depense
from schemas.sources.tiers_lieux import Lieu
from tests.db.rows import TABLES, put
from warehouse import dbt
from warehouse.cluster import Cluster, connect_cluster

Record = tuple[str, Any]


def flux(number: int, **values: Any) -> Record:
    base = {
        "siret": "73282932000074", "raison_sociale": "Cidrerie des Cimes SARL (fictif)", "adresse": "3 av. du Lac",
        "code_postal": "73000", "commune": "Chambéry", "code_insee": "73065", "sens": "sortant", "type_flux": "déchet",
        "libelle_flux": "marc de pomme", "quantite": "120,5", "unite": "t/an", "confidentialite": "public",
        "date_maj": "2026-01-02",
    }  # fmt: skip
    return "actif__flux", Flux(id_flux=f"F{number}", **{**base, **values})


def entry(number: int, **values: Any) -> Record:
    base = {
        "ragione_sociale": "Caseificio Valle Stretta S.r.l. (fittizio)", "codice_fiscale": "00743110157",
        "indirizzo": "Via Roma 1", "cap": "12100", "comune": "Cuneo", "provincia": "CN", "qualifica": "PRODUTTORE",
        "nome_commerciale_sottoprodotto": "Siero di latte", "stato": "ISCRITTA", "data_iscrizione": "2019-05-01",
    }  # fmt: skip
    return "elenco_sottoprodotti__iscrizioni", Iscrizione(id_iscrizione=str(number), **{**base, **values})


def place(number: int, **values: Any) -> Record:
    base = {
        "instance": "demo", "nom": "La Fabrique des Cimes (fictif)", "types": ["fablab"], "adresse": "1 rue du Lac",
        "code_postal": "74000", "commune": "Annecy", "pays": "FR", "licence": "CC0-1.0", "attribution": "Demo",
    }  # fmt: skip
    return "tiers_lieux__lieux", Lieu(identifiant=str(number), **{**base, **values})


def line(number: int, **values: Any) -> Record:
    base = {
        "fichier": "f.xlsx", "ligne": number, "sha256_fichier": "0" * 64, "code_projet": "3971", "acronyme": "DEMO",
        "partenaire": "Chambre des Cimes (fictif)", "role_partenaire": "LP", "pays": "France", "numero_demande": "1",
        "montant_declare": "100.50", "statut": "Certifiée", "categorie": "Compétences et services externes",
        "type_piece": "Facture", "libelle": "Prestation",
    }  # fmt: skip
    return "synergie__depenses", Depense(numero_depense=str(number), **{**base, **values})


def world() -> list[Record]:
    """Raw table and record, in the order of arrival."""
    return [
        flux(1),
        flux(2, siret="73282932", adresse=None, libelle_flux="Marc de pommme"),
        flux(3, siret=None, raison_sociale="CIDRERIE DES CIMES", libelle_flux="drêches d&#39;orge"),
        flux(4, siret="35600000000048", raison_sociale="Scierie du Lac SAS (fictif)", commune="Nice",
             code_postal="06000", code_insee="06088", libelle_flux="Sciure de bois"),
        flux(5, siret="35600000000048", raison_sociale="Scierie du Lac",
             libelle_flux="gardiennage", type_flux="service"),
        flux(6, siret=None, raison_sociale="Boulangerie Martin (fictif)", libelle_flux="pain rassis"),
        flux(7, siret=None, raison_sociale="Boulangerie Martin (fictif)", commune="Nice", code_postal="06000",
             code_insee="06088", libelle_flux="marc", sens="entrant"),
        flux(8, sens="entrant", type_flux="matière", libelle_flux="lactosérum"),
        entry(1),
        entry(2, codice_fiscale="743110157", comune="Torino", cap="10100", provincia="TO", telefono="0171 123456"),
        entry(3, codice_fiscale=None, ragione_sociale="CASEIFICIO VALLE STRETTA", telefono="0171/123456",
              nome_commerciale_sottoprodotto="scotta di siero"),
        entry(4, ragione_sociale="Cidrerie des Cimes - sede secondaria italiana (fittizio)",
              codice_fiscale="01234560017", comune="Aosta", cap="11100", provincia="AO",
              nome_commerciale_sottoprodotto="Sansa di mele"),
        entry(5, ragione_sociale="Segheria Bosco Nero (fittizio)", codice_fiscale="80001070178",
              nome_commerciale_sottoprodotto="segatura"),
        place(2),
        place(1, instance="other", nom="Tiers-lieu la fabrique des cîmes", structure_porteuse="Cidrerie des Cimes",
              siret="73282932000074", telephone="04 50 11 22 33"),
        place(3, instance="other", nom="La Fabrique des Cimes", adresse="9 rue Haute", code_postal="73000",
              commune="Chambéry"),
        place(4, nom="Coworking Annecy", adresse="4 rue Basse"),
        place(5, nom="Fablab Annecy", adresse="8 place Haute"),
        line(1, fournisseur="Cidrerie des Cimes", fournisseur_id="FR44732829320"),
        line(2, fournisseur="Caseificio Valle Stretta", fournisseur_id="IT00743110157"),
        line(3, fournisseur="Imprimerie Sans Numéro"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The world's records in their order of arrival."""
    return world()


@pytest.fixture(scope="module")
def cluster(server_home: Path) -> Iterator[Cluster]:
    with connect_cluster(server_home) as found:
        yield found


@pytest.fixture(scope="module")
def build(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Sequence[Record]], None]]:
    """Load records and build them, without tests, into a schema of its own."""
    owner, transformer = cluster.engine("owner"), cluster.engine("transformer")
    target = tmp_path_factory.mktemp("dbt")
    skipped = ["test", "unit_test"]

    def run(records: Sequence[Record]) -> None:
        put(owner, records)
        arguments = [word for kind in skipped for word in ("--exclude-resource-type", kind)]
        result = dbt.build(cluster, "build_matching", target, *arguments)
        assert result.failures == []
        if "seed" not in skipped:
            skipped.append("seed")

    yield run
    with transformer.begin() as connection:
        connection.execute(text("drop schema if exists build_matching, build_matching_bi cascade"))
    with owner.begin() as connection:
        emptied = (*(f"raw.{table}" for table in TABLES), "ops.identity_decision", "ops.material_decision")
        connection.execute(text(f"truncate {', '.join(emptied)}"))
    owner.dispose()
    transformer.dispose()


@pytest.fixture(scope="module")
def built(build: Callable[[Sequence[Record]], None], records: list[Record]) -> None:
    """The world as it arrived, built once for the tests of a module."""
    build(records)
