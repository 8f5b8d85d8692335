"""Synthetic flows in any number, put into ``raw`` as the loader would have: companies, places and texts as in life.

A company has ten flows on average, on one or two sites. Three in five flows are ACTIF's, the others the register's.
Labels are terms of the concept list, a third of them with words around. One number in twenty is damaged, one name in
ten is written another way, so that the matching has something to weigh.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from stdnum import luhn

from schemas.sources.actif import Flux
from schemas.sources.elenco_sottoprodotti import Iscrizione

SEEDS = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds" / "reference"
FLOWS_A_COMPANY, ACTIF_SHARE = 10, 0.6
_START = ("Al", "Bar", "Cal", "Dor", "Es", "Fer", "Gal", "Lam", "Mon", "Nor", "Or", "Pel", "Ros", "Sal", "Tor", "Val")
_MIDDLE = ("a", "be", "di", "fo", "gu", "le", "mi", "no", "pe", "ra", "ro", "se", "ti", "vo", "zu", "che")
_END = ("lin", "mont", "nard", "nero", "quet", "rand", "ssi", "tella", "vier", "zza", "ret", "lli", "gne", "det")
_TRADES = {
    "FR": ("Scierie", "Fromagerie", "Menuiserie", "Cidrerie", "Fonderie", "Imprimerie", "Brasserie", "Carrière"),
    "IT": ("Segheria", "Caseificio", "Falegnameria", "Cantina", "Fonderia", "Tipografia", "Birrificio", "Cava"),
}
_FORMS = {"FR": ("SARL", "SAS", "SA", ""), "IT": ("S.r.l.", "S.p.A.", "S.n.c.", "")}
_STREETS = {"FR": ("rue du Lac", "avenue de la Gare", "chemin des Prés"), "IT": ("Via Roma", "Corso Italia", "Via Po")}
_AROUND = {
    "FR": ("{} en vrac", "{} de production", "restes de {}", "{}, fin de série", "{} propre"),
    "IT": ("{} sfuso", "{} di produzione", "resti di {}", "{}, fine serie", "{} pulito"),
}
_UNITS = ("t/an", "kg/mois", "t", "m3/an", "palettes")
_SEASONS = ("", "sept-déc", "toute l'année", "octobre à mars")


@dataclass(frozen=True)
class Town:
    """A municipality of the programme area."""

    code: str
    name: str
    province: str
    postcode: str


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a reference seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


class World:
    """Flow number n of the world, the same whenever it is asked for; a version changes quantity, label and date."""

    def __init__(self) -> None:
        postcodes = {row["lau_code"]: row["postcode"] for row in rows("postcode_lau")}
        self.towns: dict[str, list[Town]] = {"FR": [], "IT": []}
        for row in rows("territory_lau"):
            code = row["lau_code"]
            town = Town(code, row["name_official"], row["department_or_province"], postcodes.get(code, ""))
            self.towns[row["country_code"]].append(town)
        self.terms = {
            country: [r["term"] for r in rows("material_concept_term") if r["language"] == country.lower()]
            for country in ("FR", "IT")
        }

    def company(self, number: int) -> dict[str, Any]:
        """Company of this number."""
        pick = random.Random(f"company {number}")
        country = "FR" if pick.random() < ACTIF_SHARE else "IT"
        name = "".join(pick.choice(part) for part in (_START, _MIDDLE, _MIDDLE, _END))
        second = "".join(pick.choice(part) for part in (_START, _MIDDLE, _END))
        digits = f"{number + 10_000_000:08d}" if country == "FR" else f"{number + 1:07d}001"
        return {
            "country": country,
            "name": " ".join(f"{pick.choice(_TRADES[country])} {name} {second} {pick.choice(_FORMS[country])}".split()),
            "number": digits + luhn.calc_check_digit(digits),
            "towns": [pick.choice(self.towns[country]) for _ in range(pick.choice((1, 1, 2)))],
            "street": f"{pick.randint(1, 90)} {pick.choice(_STREETS[country])}",
        }

    def flow(self, number: int, version: int = 0) -> Flux | Iscrizione:
        """Flow of this number."""
        pick = random.Random(f"flow {number}")
        company = self.company(number // FLOWS_A_COMPANY)
        country, town = company["country"], pick.choice(company["towns"])
        name, given = company["name"], company["number"]
        if pick.random() < 0.1:
            name = name.upper() if pick.random() < 0.5 else name.replace("r", "rr", 1)
        if pick.random() < 0.05:
            given = given[:-2] + given[-1]
        new = random.Random(f"flow {number} version {version}")
        label = new.choice(self.terms[country])
        if new.random() < 0.33:
            label = new.choice(_AROUND[country]).format(label)
        name += " (fictif)" if country == "FR" else " (fittizio)"
        tonnes = new.randint(2, 900)
        if country == "IT":
            return Iscrizione(
                id_iscrizione=str(number), ragione_sociale=name, codice_fiscale=given, indirizzo=company["street"],
                cap=town.postcode, comune=town.name, provincia=town.province, codice_ateco="10.51.20",
                qualifica=pick.choice(("PRODUTTORE", "UTILIZZATORE")), nome_commerciale_sottoprodotto=label,
                descrizione_sottoprodotto=f"{label}, circa {tonnes} t/anno", stato="ISCRITTA",
                data_iscrizione="2021-03-04", derived_quantity=tonnes, derived_quantity_unit="t",
                derived_quantity_period="year",
            )  # fmt: skip
        site = f"{given}{company['towns'].index(town) + 1:04d}"
        return Flux(
            id_flux=f"F{number}", siret=site + luhn.calc_check_digit(site) if len(site) == 13 else site,
            raison_sociale=name, code_naf="16.10A", adresse=company["street"], code_postal=town.postcode,
            commune=town.name, code_insee=town.code, sens=pick.choice(("entrant", "sortant")), type_flux="déchet",
            libelle_flux=label, quantite=str(new.randint(1, 5000)), unite=new.choice(_UNITS),
            saisonnalite=pick.choice(_SEASONS), confidentialite="public", date_maj="2026-01-02",
        )  # fmt: skip


_RAW = {Flux: "actif__flux", Iscrizione: "elenco_sottoprodotti__iscrizioni"}
_COLUMNS = "record_key, payload, raw_hash, payload_hash, run_id, first_run_id, part, position, fetched_at"


def put(dsn: str, records: Iterator[Flux | Iscrizione], run: str) -> int:
    """Insert the records into ``raw``, replacing those of the same key; returns how many."""
    count = 0
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table in _RAW.values():
            cursor.execute(f"create temp table new_{table} (like raw.{table} including defaults) on commit drop")
        lines: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _RAW.values()}
        for record in records:
            count += 1
            payload = json.dumps(record.model_dump(mode="json"))
            digest = hashlib.sha256(payload.encode()).digest()
            table = lines[_RAW[type(record)]]
            table.append((record.record_key(), payload, digest, digest, run, run, "part", f"row {count}", "2026-01-02"))
            if len(table) == 20_000:
                _flush(cursor, lines)
        _flush(cursor, lines)
        for table in _RAW.values():
            cursor.execute(
                f"insert into raw.{table} ({_COLUMNS}) select {_COLUMNS} from new_{table}"
                " on conflict (record_key) do update set payload = excluded.payload, raw_hash = excluded.raw_hash,"
                " payload_hash = excluded.payload_hash, run_id = excluded.run_id"
            )
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in _RAW.values():
            connection.execute(f"vacuum analyze raw.{table}")
    return count


def _flush(cursor: psycopg.Cursor[Any], lines: dict[str, list[tuple[Any, ...]]]) -> None:
    for table, waiting in lines.items():
        with cursor.copy(f"copy new_{table} ({_COLUMNS}) from stdin") as copy:
            for line in waiting:
                copy.write_row(line)
        waiting.clear()
