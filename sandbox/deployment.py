"""The settings that point a deployment of the platform at this sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sandbox.feeds import gogocarto, national_schema, news
from sandbox.generate import INBOX

_ATTRIBUTION = "Synthetic data of the Traforo sandbox"


def _instance(instance_id: str, family: str, path: str, country: str, language: str, **more: Any) -> dict[str, Any]:
    return {
        "id": instance_id, "family": family, "path": path, "licence": "CC0-1.0", "attribution": _ATTRIBUTION,
        "language": language, "country": country, "complete": True, **more,
    }  # fmt: skip


def instances() -> list[dict[str, Any]]:
    """The directories and feeds of third places that the sandbox serves."""
    return [
        _instance(
            gogocarto.INSTANCE, "gogocarto", "/tl/gogocarto/api/elements.json", "FR", "fr",
            mapping={gogocarto.WEBSITE: "site_web", gogocarto.HOST: "structure"},
        ),
        _instance(national_schema.INSTANCE, "national_schema", "/tl/schema-national/lieux.csv", "FR", "fr"),
        _instance(news.INSTANCES["wordpress"], "rss", "/tl/wordpress/feed", "FR", "fr", complete=False),
    ]  # fmt: skip


def settings(folder: Path, port: int) -> dict[str, Any]:
    """The deployment settings: source id → base URL, allowed hosts and options."""
    root = f"http://127.0.0.1:{port}"
    web: dict[str, Any] = {"hosts": [f"127.0.0.1:{port}"], "allow_loopback_http": True}
    return {
        "sources": {
            "actif": {"base_url": f"{root}/actif", **web},
            "elenco_sottoprodotti": {
                "base_url": f"{root}/elenco", **web, "options": {"province": ["TO", "CN", "AO", "IM"]},
            },
            "tiers_lieux": {"base_url": root, **web, "options": {"instances": instances()}},
            "synergie": {"options": {"inbox": str((folder / INBOX).resolve())}},
        }
    }  # fmt: skip


def write(folder: Path, port: int) -> Path:
    """Write ``traforo.yml`` into the sandbox's folder."""
    path = folder / "traforo.yml"
    text = "# Written by the sandbox: points the four sources at it.\n"
    path.write_text(
        text + yaml.safe_dump(settings(folder, port), allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return path
