"""Plain data of the canonical model and ``load_model``, the one way to read it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

LANGUAGES = ("fr", "it", "en")
CANONICAL = Path(__file__).parent

PersonalData = Literal["none", "organisation", "natural_person"]
Status = Literal["stable", "planned", "deprecated"]
Layer = Literal["core", "bi", "operations"]


class ModelError(ValueError):
    """The YAML of the model is wrong. ``problems`` lists every fault found, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("canonical model:\n" + "\n".join(f"  - {problem}" for problem in problems))


@dataclass(frozen=True)
class Text:
    """One text in the three languages."""

    fr: str
    it: str
    en: str

    def get(self, language: str) -> str:
        """The text in ``language``.

        Raises:
            KeyError: the language is not one of ``LANGUAGES``.
        """
        if language not in LANGUAGES:
            raise KeyError(language)
        text: str = getattr(self, language)
        return text

    def as_dict(self) -> dict[str, str]:
        """Language code → text, in the order of ``LANGUAGES``."""
        return {language: self.get(language) for language in LANGUAGES}


@dataclass(frozen=True)
class Code:
    """One value of a code list.

    Attributes:
        standard_code: the equivalent in the standard that the list names.
        uri: address of the concept in a public vocabulary.
    """

    code: str
    label: Text
    definition: Text | None = None
    standard_code: str | None = None
    uri: str | None = None


@dataclass(frozen=True)
class CodeList:
    """A closed list of codes, in display order."""

    name: str
    label: Text
    codes: tuple[Code, ...]
    standard: str | None = None

    def values(self) -> tuple[str, ...]:
        """The codes alone, in display order."""
        return tuple(code.code for code in self.codes)

    def find(self, code: str) -> Code:
        """The entry of ``code``.

        Raises:
            KeyError: the list does not hold it.
        """
        for entry in self.codes:
            if entry.code == code:
                return entry
        raise KeyError(f"{self.name}: {code}")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        type: PostgreSQL type, one of ``text``, ``integer``, ``numeric(p,s)``, ``boolean``, ``date``,
            ``timestamptz``, ``jsonb``, ``text[]``.
        unit: UCUM unit or ISO 4217 currency of a quantity.
        code_list: name of the list that closes the values (of each element for ``text[]``).
        references: ``table.column`` of a foreign key.
        personal_data: highest class of personal data the column can hold before masking.
        semantic: URI of the property in a public vocabulary.
        pattern: regular expression that every value matches.
        minimum: smallest value allowed.
        maximum: greatest value allowed.
    """

    name: str
    type: str
    label: Text
    definition: Text
    nullable: bool = False
    unit: str | None = None
    code_list: str | None = None
    references: str | None = None
    personal_data: PersonalData = "none"
    semantic: str | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def is_array(self) -> bool:
        """Whether the column holds a list of values."""
        return self.type.endswith("[]")


@dataclass(frozen=True)
class Geometry:
    """The two columns that hold the point of a row."""

    latitude: str
    longitude: str


@dataclass(frozen=True)
class Table:
    """One table of the interface.

    Attributes:
        layer: ``core`` (the harmonised tables), ``bi`` (the star for business intelligence) or ``operations`` (views
            of how the platform itself is doing, live and not part of a release).
        status: only ``stable`` tables are produced; ``planned`` ones are announced.
        grain: what one row is, in English.
    """

    name: str
    layer: Layer
    status: Status
    label: Text
    definition: Text
    grain: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: Geometry | None = None
    semantic: str | None = None

    def column(self, name: str) -> Column:
        """The column called ``name``.

        Raises:
            KeyError: the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Model:
    """A version of the interface.

    Attributes:
        version: semantic version of the interface (``1.0.0``).
        name: name of the schema that readers see (``traforo_v1``).
        tables: harmonised tables by name, planned ones included.
        bi: star tables by name.
        operations: views of the platform's own state by name.
        code_lists: code lists by name.
    """

    version: str
    name: str
    label: Text
    definition: Text
    tables: dict[str, Table]
    bi: dict[str, Table]
    operations: dict[str, Table]
    code_lists: dict[str, CodeList]

    def published(self, layer: Layer = "core") -> tuple[Table, ...]:
        """The tables of ``layer`` that are produced (planned ones left out), by name."""
        tables = {"core": self.tables, "bi": self.bi, "operations": self.operations}[layer]
        return tuple(table for _, table in sorted(tables.items()) if table.status != "planned")

    def schema(self, layer: Layer) -> str:
        """Name of the schema in which readers find the tables of ``layer``."""
        return {"core": self.name, "bi": "bi", "operations": "traforo_ops"}[layer]

    def published_code_lists(self) -> tuple[CodeList, ...]:
        """The code lists that published tables use, by name."""
        tables = (*self.published("core"), *self.published("bi"), *self.published("operations"))
        used = {column.code_list for table in tables for column in table.columns}
        return tuple(code_list for name, code_list in sorted(self.code_lists.items()) if name in used)

    def target(self, column: Column) -> tuple[Table, Column] | None:
        """The table and column that ``column`` refers to, or None."""
        if column.references is None:
            return None
        table_name, column_name = column.references.split(".")
        table = self.tables.get(table_name) or self.bi[table_name]
        return table, table.column(column_name)


@cache
def load_model(version: str = "v1") -> Model:
    """The canonical model of a major version, read and checked.

    Args:
        version: folder name under ``schemas/canonical``.

    Raises:
        ModelError: a file is missing or holds something it should not; all faults are listed.
    """
    from schemas.canonical.loader import read_model  # noqa: PLC0415 - the loader needs the classes above

    return read_model(CANONICAL / version)
