"""From the columns of an instance to the vocabulary of the contract, as written in a mapping file.

A mapping names, for each target field, where its value comes from; what it ignores on purpose; and nothing
else: a column that is neither used nor ignored is reported as unknown. README.md shows every form of rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.sources.tiers_lieux import Lieu

SET_BY_CONNECTOR = frozenset({"instance", "licence", "attribution", "perimetre", "champs_inconnus", "avertissements"})
"""Fields that come from the instance's settings, never from a column."""
TARGETS = frozenset(Lieu.model_fields) - SET_BY_CONNECTOR


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Term(_Strict):
    """A term that is given when a column holds one of some codes, compared as whole tokens.

    Attributes:
        column: the coded column.
        tokens: codes; ``5`` never matches ``15``.
        term: what is written instead.
    """

    column: str
    tokens: tuple[str, ...]
    term: str

    @field_validator("tokens", mode="before")
    @classmethod
    def _as_texts(cls, value: Any) -> Any:
        return tuple(str(item) for item in value) if isinstance(value, list) else _tuple(str(value))


class Rule(_Strict):
    """Where the value of one target field comes from. Exactly one of the first nine is given.

    Attributes:
        column: dotted path, or several of which the first that holds something is taken; ``*`` stands for
            every item of a list, a number for one item.
        rules: rules of which the first that gives something is taken.
        join: paths whose values are put together with ``sep``.
        collect: paths whose values become the items of one list.
        constant: the value itself.
        terms: coded columns, see ``Term``.
        flags: column → term, given where the column says yes.
        named: name → path, for readers that need names (days, social networks).
        hash: paths from which a key is computed, for sources that have no id.
        cut: signs at which text is split into items.
        part: which of the split items is taken, from 0.
        reader: named function that understands a structure of opening hours, see
            ``connectors.tiers_lieux.hours``.
        empty: texts that mean "nothing" in these columns, e.g. ``0`` for an unknown code.
        translate: token → value; compared without regard to case.
        default: value when nothing is found, or when ``translate`` knows no token.
    """

    column: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    join: tuple[str, ...] = ()
    collect: tuple[str, ...] = ()
    constant: Any = None
    terms: tuple[Term, ...] = ()
    flags: dict[str, str] = Field(default_factory=dict)
    named: dict[str, str] = Field(default_factory=dict)
    hash: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    part: int | None = None
    sep: str = " "
    reader: Literal["day_map", "day_list", "day_columns"] | None = None
    empty: tuple[str, ...] = ()
    translate: dict[str, str] = Field(default_factory=dict)
    default: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": (value,)}
        if isinstance(value, list):
            texts = all(isinstance(item, str) for item in value)
            return {"column" if texts else "rules": tuple(value)}
        return value

    @field_validator("column", "join", "collect", "hash", "cut", "empty", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return _tuple(value)

    @field_validator("translate", mode="before")
    @classmethod
    def _tokens(cls, value: Any) -> Any:
        return {str(key).casefold(): item for key, item in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Rule:
        origins = [
            self.column, self.rules, self.join, self.collect, self.constant is not None, self.terms,
            self.flags, self.named, self.hash,
        ]  # fmt: skip
        if sum(bool(origin) for origin in origins) != 1:
            raise ValueError("exactly one of column, rules, join, collect, constant, terms, flags, named, hash")
        if self.reader == "day_columns" and not self.named:
            raise ValueError("reader day_columns needs 'named': day → column")
        return self

    def paths(self) -> Iterator[str]:
        """Every path the rule looks at."""
        yield from (*self.column, *self.join, *self.collect, *self.hash, *self.flags, *self.named.values())
        yield from (term.column for term in self.terms)
        for rule in self.rules:
            yield from rule.paths()


class FieldMapping(_Strict):
    """All rules of one instance.

    Attributes:
        fields: target field of the contract → rule; a text or a list of texts is short for ``column``.
        ignore: paths that are dropped on purpose (``*`` stands for anything), personal data first of all.
    """

    fields: dict[str, Rule] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    @field_validator("fields")
    @classmethod
    def _known_targets(cls, value: dict[str, Rule]) -> dict[str, Rule]:
        unknown = sorted(set(value) - TARGETS)
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}; there are {', '.join(sorted(TARGETS))}")
        return value

    def over(self, base: FieldMapping) -> FieldMapping:
        """This mapping laid over ``base``: its fields replace, its ignored paths are added."""
        return FieldMapping.model_construct(fields={**base.fields, **self.fields}, ignore=(*base.ignore, *self.ignore))


@lru_cache(maxsize=20_000)
def normal(path: str) -> str:
    """A column name without regard to case, accents, blanks and underscores: sources change these."""
    text = unicodedata.normalize("NFKD", path.strip().lstrip("\ufeff")).casefold()
    return re.sub(r"[\s_]+", "_", "".join(c for c in text if not unicodedata.combining(c)))


def leaves(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of everything in a nested record; lists are leaves."""
    for key, value in record.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


class View:
    """One record, looked up by path with tolerance for the spelling of column names."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.flat = dict(leaves(record))
        self._normal: dict[str, str] | None = None

    def get(self, path: str) -> Any:
        """The value at ``path``, None where there is none."""
        if path in self.flat:
            return self.flat[path]
        found, value = _walk(self.record, path.split("."))
        if found:
            return value
        if self._normal is None:
            self._normal = {}
            for name in self.flat:
                self._normal.setdefault(normal(name), name)
        name = self._normal.get(normal(path), "")
        return self.flat.get(name)


def _walk(value: Any, steps: list[str]) -> tuple[bool, Any]:
    for index, step in enumerate(steps):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step == "*":
            items = [_walk(item, steps[index + 1 :]) for item in value]
            return any(found for found, _ in items), [item for found, item in items if found]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False, None
    return True, value


class Known:
    """Which paths of a record a mapping knows, used or ignored; remembers its answers."""

    def __init__(self, mapping: FieldMapping) -> None:
        used = {normal(path) for rule in mapping.fields.values() for path in rule.paths()}
        self._used = frozenset(used)
        self._patterns = [
            re.compile(".*".join(re.escape(piece) for piece in normal(path).split("*")) + r"(\..*)?", re.DOTALL)
            for path in mapping.ignore
        ]
        self._answers: dict[tuple[str, str], bool] = {}

    def __call__(self, leaf: str, value: Any = None) -> bool:
        """True when ``leaf`` is used, lies inside something used, holds it, or is ignored.

        A leaf that should hold something used but has a ``value`` of another shape is not known: nothing of it
        is read (an address in one text where an object of street and town is expected).
        """
        shape = "nothing" if value in (None, "", [], {}) else "list" if isinstance(value, list) else "scalar"
        if (leaf, shape) not in self._answers:
            self._answers[leaf, shape] = self._decide(normal(leaf), shape)
        return self._answers[leaf, shape]

    def _decide(self, leaf: str, shape: str) -> bool:
        if any(leaf == u or leaf.startswith(f"{u}.") or _holds(leaf, shape, u) for u in self._used):
            return True
        return any(pattern.fullmatch(leaf) for pattern in self._patterns)


def _holds(leaf: str, shape: str, used: str) -> bool:
    if not used.startswith(f"{leaf}.") or shape == "scalar":
        return False
    step = used[len(leaf) + 1 :].partition(".")[0]
    return shape == "nothing" or step == "*" or step.isdigit()
