"""Settings of one installation, from the environment only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from connectors.core.errors import BadConfig
from connectors.core.registry import get_source, source_ids
from connectors.core.source import Source

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Where the state lives and what is connected.

    Attributes:
        home: state folder (``TRAFORO_HOME``, default ``var`` in the project): landing, published files, logs,
            passwords, the embedded server's data unless started by root.
        config: deployment file (``TRAFORO_CONFIG``) with the settings of the sources.
        database_url: administrator's URL of another PostgreSQL (``TRAFORO_DATABASE_URL``); None = embedded.
    """

    home: Path
    config: Path | None = None
    database_url: str | None = None

    @property
    def landing(self) -> Path:
        """Folder of the bytes as they came."""
        return self.home / "landing"

    @property
    def published(self) -> Path:
        """Folder of the published files."""
        return self.home / "published"

    @property
    def data_docs(self) -> Path:
        """Folder of Great Expectations' Data Docs; holds no values of records."""
        return self.home / "data_docs"

    @property
    def dbt_target(self) -> Path:
        """Folder of dbt's artifacts."""
        return self.home / "dbt"

    def source(self, source_id: str) -> Source:
        """The source with this deployment's settings.

        Raises:
            BadConfig: there is no such source, or its settings are wrong.
        """
        return get_source(source_id, self._overlays().get(source_id))

    def _overlays(self) -> Mapping[str, Mapping[str, Any]]:
        if self.config is None:
            return {}
        try:
            data = yaml.safe_load(self.config.read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            raise BadConfig(f"cannot be read: {error}", where=str(self.config), rule="config_file") from error
        sources = data.get("sources", {}) if isinstance(data, dict) else None
        if not isinstance(sources, dict) or set(data) - {"sources"}:
            raise BadConfig("must hold 'sources:' and nothing else", where=str(self.config), rule="config_file")
        unknown = sorted(set(sources) - set(source_ids()))
        if unknown:
            raise BadConfig(f"no such source: {', '.join(unknown)}", where=str(self.config), rule="unknown_source")
        return sources


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (the process's own by default)."""
    env = os.environ if environment is None else environment
    config = env.get("TRAFORO_CONFIG")
    return Settings(
        home=Path(env.get("TRAFORO_HOME") or PROJECT / "var").resolve(),
        config=Path(config).resolve() if config else None,
        database_url=env.get("TRAFORO_DATABASE_URL") or None,
    )
