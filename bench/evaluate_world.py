"""A synthetic world with its hidden truth, and what the pipeline made of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, text

from connectors.core.registry import source_ids
from traforo import pipeline
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings
from warehouse import embedded
from warehouse.cluster import connect_cluster

Record = tuple[str, str]


@dataclass(frozen=True)
class World:
    """The truth of one seed and the harmonised rows it is compared with.

    Attributes:
        truth: the sandbox's ``truth.json``.
        payloads: (source, key of the truth) → payload of the raw record.
        keys: (source, record key of the warehouse) → key of the truth.
        tables: name → rows of the queries in ``QUERIES``.
    """

    truth: Mapping[str, Any]
    payloads: Mapping[Record, Mapping[str, Any]]
    keys: Mapping[Record, str]
    tables: Mapping[str, list[dict[str, Any]]]


QUERIES = {
    "mention": (
        "select m.mention_id, m.source_id, m.record_key,"
        " case when m.role like 'partner:%' then 'partner' else m.role end as role,"
        " o.organisation_id, p.lau_code, p.country_code, p.geocode_method_code"
        " from intermediate.int_organisation_mention_record m"
        " join intermediate.int_organisation_member o using (mention_id)"
        " left join intermediate.int_place p on p.place_id = m.place_id"
    ),
    "listing": (
        "select l.source_id, l.record_key, c.third_place_id, p.lau_code, p.country_code, p.geocode_method_code"
        " from intermediate.int_tiers_lieux__third_place l"
        " join intermediate.int_third_place_cluster c using (record_key)"
        " left join intermediate.int_place p on p.place_id = l.place_id"
    ),
    "private_line": "select record_key from intermediate.int_synergie__expense where is_sensitive",
    "flow": (
        "select f.source_id, f.record_key, f.material_text, f.material_language_code, f.material_code,"
        " f.flow_type_code, f.material_match_method_code, f.material_match_score, c.material_family_code, f.low_code,"
        " r.low_code_given, f.quantity_given, f.unit_given, f.quantity_t_per_year, f.quantity_m3_per_year,"
        " f.quantity_mwh_per_year, array(select p ->> 'material_code' from jsonb_array_elements(m.alternatives) p)"
        " as proposed"
        " from intermediate.int_flow f join intermediate.int_flow_record r using (source_id, record_key)"
        " left join intermediate.int_flow_value v using (source_id, record_key)"
        " left join intermediate.material_text_match m using (text_hash)"
        " left join reference.material_concept c on c.material_code = f.material_code"
    ),
}


@contextmanager
def evaluated(home: Path, seed: int, scale: float, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[World]:
    """Generate a world, run the whole pipeline on it up to a built release, and read what came out.

    Args:
        more: queries beside ``QUERIES``, by the name of their table.

    Raises:
        RuntimeError: a source failed or the release could not be built.
    """
    settings = Settings(home)
    try:
        with connect_cluster(home) as cluster:
            with running_sandbox(settings, seed=seed, scale=scale) as config:
                settings = replace(settings, config=config)
                pipeline.upgrade_database(settings)
                for source_id in source_ids():
                    _take_in(settings, source_id)
            built = pipeline.build_release(settings, {"by": "evaluation"})
            if built.status != "built":
                raise RuntimeError(f"seed {seed}: no release: {'; '.join(built.failures)}")
            engine = cluster.engine("transformer")
            with engine.connect() as connection:
                yield read_world(connection, home / "sandbox" / "truth.json", more)
            engine.dispose()
    finally:
        shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


def _take_in(settings: Settings, source_id: str) -> None:
    """Small worlds have too few records for the batch gate's shares: a held batch is looked at and taken in."""
    result = pipeline.sync(settings, source_id, {"by": "evaluation"})
    if result.outcome == "held":
        result = pipeline.approve(settings, result.run_id)
    if result.outcome != "loaded":
        raise RuntimeError(f"{source_id}: {result.outcome}: {'; '.join(result.failures)}")


def read_world(connection: Connection, truth: Path, more: Mapping[str, str] = MappingProxyType({})) -> World:
    """The rows of a built release beside the truth."""
    payloads: dict[Record, Mapping[str, Any]] = {}
    keys: dict[Record, str] = {}
    for source, table in (
        ("actif", "actif__flux"),
        ("elenco_sottoprodotti", "elenco_sottoprodotti__iscrizioni"),
        ("tiers_lieux", "tiers_lieux__lieux"),
        ("synergie", "synergie__depenses"),
    ):
        rows = connection.execute(
            text(f"select record_key, payload, position from raw.{table} where deleted_at is null")
        )
        for record_key, payload, position in rows:
            key = _truth_key(source, record_key, payload, position)
            payloads[source, key] = payload
            keys[source, record_key] = key
    tables = {
        name: [dict(row) for row in connection.execute(text(query)).mappings()]
        for name, query in (QUERIES | dict(more)).items()
    }
    return World(json.loads(truth.read_text(encoding="utf-8")), payloads, keys, tables)


def _truth_key(source: str, record_key: str, payload: Mapping[str, Any], position: str) -> str:
    """The truth names records by their place in what was served, the warehouse by what does not move."""
    if source == "elenco_sottoprodotti":
        found = re.search(r"by-product (\d+)", position)
        return f"{payload['id_iscrizione']}/{found[1] if found else payload['ordine']}"
    if source == "synergie":
        return f"{payload['fichier']}#{payload['feuille']}#{payload['ligne']}"
    return record_key
