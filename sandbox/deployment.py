"""The settings that point a deployment of the platform at this sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sandbox.feeds import census, ckan, communecter, gogocarto, legacy_csv, national_schema, news, worldwide, yeswiki
from sandbox.generate import INBOX, PLANS
from sandbox.server import datagouv

ALPS = (43.4, 5.4, 46.6, 8.6)
"""South, west, north and east of the nine areas, in degrees."""
_ATTRIBUTION = "Synthetic data of the Traforo sandbox"


def _instance(instance_id: str, family: str, url: str, country: str, language: str, **more: Any) -> dict[str, Any]:
    return {
        "id": instance_id, "family": family, "url": url, "licence": "CC0-1.0", "attribution": _ATTRIBUTION,
        "country": country, "language": language, "complete": True, **more,
    }  # fmt: skip


def _directories() -> list[dict[str, Any]]:
    """The directories of places."""
    kinds = {code: kind.lower() for kind, code in yeswiki.CODES.items()}
    census_modules = list(datagouv.MODULES)
    return [
        _instance(
            gogocarto.INSTANCE, "gogocarto", "/tl/gogocarto/api/elements.json", "FR", "fr",
            mapping={"fields": {
                "sites_web": [gogocarto.WEBSITE, "website"], "structure_porteuse": gogocarto.HOST,
            }},
        ),
        _instance(
            national_schema.INSTANCE, "national_schema", "/tl/schema-national/lieux.csv", "FR", "fr",
        ),
        _instance(
            communecter.INSTANCE, "communecter", "/tl/communecter/co2/search/globalautocomplete", "FR", "fr",
            params={"costumSlug": communecter.SLUG},
        ),
        _instance(
            yeswiki.INSTANCE, "yeswiki", f"/tl/yeswiki/?api/forms/{yeswiki.FORM}/entries", "FR", "fr",
            mapping={"fields": {"types": {"column": yeswiki.KINDS, "cut": ",", "translate": kinds}}},
        ),
        _instance(
            ckan.INSTANCE, "ckan", "/tl/ckan/api/3/action", "IT", "it", options={"resource_id": ckan.RESOURCE},
            mapping={"fields": {
                "identifiant": "id_spazio", "nom": "denominazione", "types": {"column": "tipologia", "cut": "/"},
                "adresse": "indirizzo", "code_postal": "cap", "commune": "comune", "departement": "provincia",
                "code_commune": "codice_istat", "latitude": "latitudine", "longitude": "longitudine",
                "structure_porteuse": "gestore", "siret": "partita_iva", "sites_web": "sito_web",
                "telephone": "telefono", "courriels": "email", "horaires": "orari",
                "date_maj": "data_aggiornamento",
            }, "ignore": ["_id"]},
        ),
        _instance(
            census.INSTANCE, "datagouv", f"/tl/datagouv/api/1/datasets/{datagouv.DATASET}/", "FR", "fr",
            options={"main": {"id": census_modules[0]}, "join": [{"id": census_modules[1]}]},
            mapping={"ignore": [name for name in census.GENERAL if name != "ID_UNIQUE"]},
        ),
        _instance(
            legacy_csv.INSTANCE, "generic_csv", "/tl/annuaire/spaces.csv", "EU", "und",
            default_coordinates=[[float(c) for c in legacy_csv.DEFAULT_POINT]],
            mapping={"fields": {
                "identifiant": "id", "nom": "name", "adresse": "street", "code_postal": "postal", "commune": "city",
                "departement": "state", "pays": "country", "latitude": "lat", "longitude": "lng",
                "telephone": "phone", "sites_web": "web", "types": "type",
            }, "ignore": ["source", "date"]},
        ),
        _instance(
            worldwide.FABLABS, "fablabs_io", "/tl/fablabs/0/labs.json", "EU", "en", redistributable=False,
            enabled=True,
        ),
        _instance(
            worldwide.OVERPASS, "overpass", "/tl/overpass/api/interpreter", "EU", "und",
            options={"bbox": list(ALPS)},
        ),
    ]  # fmt: skip


def _news() -> list[dict[str, Any]]:
    """The news feeds: each shows its latest items only."""
    feeds: tuple[tuple[str, str, str, str, str, dict[str, Any]], ...] = (
        ("wordpress", "feed", "/tl/wordpress/feed", "FR", "fr", {}),
        ("atom", "feed", "/tl/atom/feed.atom", "FR", "fr", {}),
        ("jsonfeed", "feed", "/tl/jsonfeed/feed.json", "IT", "it", {"options": {"paged": True}}),
        ("wpjson", "wordpress_rest", "/tl/wp-json/wp/v2/posts", "FR", "fr", {}),
        ("bazar", "feed", "/tl/yeswiki/?api/forms/9/entries/rss", "FR", "fr", {}),
    )
    return [
        _instance(news.INSTANCES[name], family, url, country, language, **{**more, "complete": False})
        for name, family, url, country, language, more in feeds
    ]


def instances() -> list[dict[str, Any]]:
    """Every directory and feed of third places that the sandbox serves."""
    return _directories() + _news()


def _plans(folder: Path) -> list[dict[str, str]]:
    return [
        {"path": str(path.resolve()), "project": path.stem.removeprefix("Plan_financement_")}
        for path in sorted((folder / PLANS).glob("*.xlsx"))
    ]


def settings(folder: Path, port: int) -> dict[str, Any]:
    """The deployment settings: source id → base URL, allowed hosts and options."""
    root, host = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"

    def web(base: str) -> dict[str, Any]:
        return {"base_url": base, "hosts": [host], "allow_loopback_http": True}

    return {
        "sources": {
            "actif": web(f"{root}/actif"),
            "elenco_sottoprodotti": {**web(f"{root}/elenco"), "options": {"province": ["TO", "CN", "AO", "IM"]}},
            "tiers_lieux": {**web(root), "options": {"instances": instances()}},
            "synergie": {"options": {"inbox": str((folder / INBOX).resolve()), "budgets": _plans(folder)}},
        }
    }


def write(folder: Path, port: int) -> Path:
    """Write ``traforo.yml`` into the sandbox's folder."""
    path = folder / "traforo.yml"
    body = yaml.safe_dump(settings(folder, port), allow_unicode=True, sort_keys=False)
    path.write_text("# Written by the sandbox: points the four sources at it.\n" + body, encoding="utf-8")
    return path
