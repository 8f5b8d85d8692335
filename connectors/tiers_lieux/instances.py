"""The instances a deployment reads: one map, one file or one feed each, under ``options.instances``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.core.errors import BadConfig
from connectors.core.source import Source
from connectors.tiers_lieux.mapping import FieldMapping

MAPPINGS = Path(__file__).resolve().parent / "mappings"


class Instance(BaseModel):
    """One instance of a platform family.

    Attributes:
        id: prefix of the keys of its records; never change it, or all its records become new ones.
        family: platform family, a module of ``connectors.tiers_lieux.families``.
        enabled: read it or not; families that are off by default need an explicit ``true``.
        url: where it is asked; relative to the source's ``base_url`` or absolute.
        path: local file, for families that read files; instead of ``url``.
        mapping: rules of this instance, laid over those of its family.
        mapping_file: the same in a file: a path, or the name of a file in ``mappings/``.
        extends: start from the mapping of the family; false to start from nothing.
        licence: terms of reuse, by name; ``licence_url`` where they are.
        attribution: words to show beside its data.
        redistributable: its licence lets others receive the records.
        language: ISO 639-1 code its owner declares for it.
        country: ISO 3166 code given to places that state none.
        perimetre: what its listing covers, in words; the query itself where nothing is said.
        complete: its answer lists everything, so absence means deletion; the family's default when None.
        unknown_columns: what happens to a record with a column the mapping does not know.
        encoding: of a text file whose encoding is known to differ from what it says.
        delimiter: of a text table; found when None.
        params: parameters of the request that are not secret.
        token_env: environment variable that holds an access token; ``token_param`` is the parameter's name.
        default_coordinates: (latitude, longitude) pairs it uses when it does not know the place.
        lieu_reference: place all news of this feed are about, ``<instance>:<identifiant>``.
        options: what only this family understands.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    family: str
    enabled: bool | None = None
    url: str | None = None
    path: Path | None = None
    mapping: FieldMapping | None = None
    mapping_file: str | None = None
    extends: bool = True
    licence: str = Field(min_length=1)
    licence_url: str | None = None
    attribution: str = Field(min_length=1)
    redistributable: bool = True
    language: str | None = None
    country: str | None = None
    perimetre: str | None = None
    complete: bool | None = None
    unknown_columns: Literal["warn", "reject"] = "warn"
    encoding: str | None = None
    delimiter: str | None = None
    params: dict[str, str] = Field(default_factory=dict)
    token_env: str | None = None
    token_param: str = "token"  # noqa: S105 - a parameter's name, not a secret
    default_coordinates: tuple[tuple[Decimal, Decimal], ...] = ()
    lieu_reference: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_place(self) -> Instance:
        if (self.url is None) == (self.path is None):
            raise ValueError("give either url or path")
        if self.mapping is not None and self.mapping_file is not None:
            raise ValueError("give either mapping or mapping_file")
        return self

    def secret(self) -> dict[str, str]:
        """The access token as a request parameter, empty without one.

        Raises:
            BadConfig: the environment variable is not set.
        """
        if self.token_env is None:
            return {}
        value = os.environ.get(self.token_env)
        if not value:
            raise BadConfig(f"environment variable {self.token_env} is not set", where=self.id, rule="token_missing")
        return {self.token_param: value}


def load_instances(source: Source) -> list[Instance]:
    """All configured instances, also those that are switched off.

    Raises:
        BadConfig: the list is malformed; the message names every problem.
    """
    entries = source.options.get("instances", [])
    if not isinstance(entries, list):
        raise BadConfig("options.instances must be a list", source=source.id, rule="instances")
    instances, problems = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            instances.append(Instance.model_validate(entry))
        except ValidationError as error:
            name = entry.get("id", number) if isinstance(entry, Mapping) else number
            problems += [f"{name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    ids = [instance.id for instance in instances]
    problems += [f"{name}: the id is used twice" for name in sorted({i for i in ids if ids.count(i) > 1})]
    if problems:
        raise BadConfig("; ".join(problems), source=source.id, rule="instances")
    return instances


def instance_mapping(instance: Instance, family_file: str | None) -> FieldMapping:
    """The rules of an instance over those of its family.

    Args:
        family_file: name of the family's file in ``mappings/``, None where it has none.

    Raises:
        BadConfig: a file is missing or malformed, or no rule says where id and name come from.
    """
    mapping = FieldMapping()
    if instance.extends and family_file:
        mapping = read_mapping(MAPPINGS / family_file)
    if instance.mapping_file:
        given = Path(instance.mapping_file)
        bundled = MAPPINGS / instance.mapping_file
        mapping = read_mapping(bundled if bundled.is_file() else given).over(mapping)
    if instance.mapping:
        mapping = instance.mapping.over(mapping)
    missing = sorted({"identifiant", "nom"} - set(mapping.fields))
    if missing:
        raise BadConfig(f"the mapping says nothing about {' and '.join(missing)}", where=instance.id, rule="mapping")
    return mapping


def read_mapping(path: Path) -> FieldMapping:
    """A mapping file.

    Raises:
        BadConfig: there is none at ``path``, or it is malformed.
    """
    try:
        return FieldMapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise BadConfig(f"cannot be read: {error}", where=str(path), rule="mapping") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadConfig(problems, where=str(path), rule="mapping") from error
