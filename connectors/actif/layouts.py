"""Which column of an ACTIF export is which field: versioned mappings, chosen by the header of the file.

A layout fits when it knows every column of the header and the header has all its required fields. A header
that fits none stops the file, with the nearest layout and the differing columns: a renamed column that were
passed over would look like a source that no longer fills it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from rapidfuzz import fuzz, process

from connectors.core.errors import BadConfig, Fatal
from schemas.sources.actif import Flux
from schemas.sources.base import fold

FOLDER = Path(__file__).with_name("layouts")
_ALIKE = 65.0
_SHORT = 5
"""A shorter name is like half of all names to the scorer: no hint is better than such a one."""
_REPEATED = re.compile(r"(?P<name>.+) \(\d+\)")


class Layout(BaseModel):
    """One way in which ACTIF flows are laid out in columns.

    Attributes:
        status: ``inferred`` until a real export has been read with it, then ``confirmed``.
        note: where the layout comes from, and since when.
        required: fields without which a file is no list of flows.
        columns: header as published → field of the contract; compared without case, accents and signs.
        ignored: header → why it is dropped.
        constants: field → value that all rows have, e.g. the coordinate system.
        ignored_sheets: names of sheets that hold no flows (instructions, code lists).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    version: int
    status: Literal["inferred", "confirmed"]
    note: str
    required: tuple[str, ...]
    columns: dict[str, str]
    ignored: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    ignored_sheets: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fields_exist(self) -> Layout:
        unknown = {*self.columns.values(), *self.required, *self.constants} - set(Flux.model_fields)
        if unknown:
            raise ValueError(f"no such field in the contract: {', '.join(sorted(unknown))}")
        return self

    def known(self) -> dict[str, str | None]:
        """Folded header → field, None for ignored columns."""
        return {
            **{fold(name): None for name in self.ignored},
            **{fold(name): field for name, field in self.columns.items()},
        }


@dataclass(frozen=True)
class Chosen:
    """A layout applied to one header: column as published → field, None for ignored columns."""

    layout: Layout
    fields: Mapping[str, str | None]


@cache
def load_layouts(folder: Path = FOLDER) -> tuple[Layout, ...]:
    """All layouts of a folder, newest version first.

    Raises:
        BadConfig: a file is not a valid layout.
    """
    layouts = []
    for path in sorted(folder.glob("*.yml")):
        try:
            layouts.append(Layout.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))))
        except ValidationError as error:
            raise BadConfig(str(error), source="actif", where=path.name, rule="layout") from error
    return tuple(sorted(layouts, key=lambda layout: (-layout.version, layout.id)))


def fingerprint(header: Iterable[str]) -> str:
    """Short hash of a header, whatever the order, case and accents of its columns."""
    return hashlib.sha256("\n".join(sorted(fold(name) for name in header)).encode()).hexdigest()[:12]


def choose(header: Sequence[str], where: str, layouts: Sequence[Layout] | None = None) -> Chosen:
    """The layout that a table's header fits.

    Raises:
        Fatal: ``unknown_layout``, or ``ambiguous_layout`` where two columns are the same field.
    """
    layouts = load_layouts() if layouts is None else layouts
    for layout in layouts:
        if not _differences(header, layout):
            return _apply(header, layout, where)
    raise Fatal(_explain(header, layouts), source="actif", where=where, rule="unknown_layout")


def nearest(header: Iterable[str], layouts: Sequence[Layout]) -> tuple[Layout, int]:
    """The layout that knows most of the header's columns, and how many it knows."""
    folded = {fold(name) for name in header}
    ranked = [(len(folded & set(layout.known())), layout) for layout in layouts]
    hits, best = max(ranked, key=lambda pair: pair[0])
    return best, hits


def _apply(header: Sequence[str], layout: Layout, where: str) -> Chosen:
    known = layout.known()
    fields = {name: known[fold(name)] for name in header}
    used = [field for field in fields.values() if field is not None]
    twice = sorted({field for field in used if used.count(field) > 1})
    if twice:
        columns = ", ".join(f"'{name}'" for name, field in fields.items() if field in twice)
        raise Fatal(f"columns {columns} are the same field", source="actif", where=where, rule="ambiguous_layout")
    return Chosen(layout, fields)


def _differences(header: Sequence[str], layout: Layout) -> list[str]:
    known = layout.known()
    present = {known.get(fold(name)) for name in header}
    unused = [name for name in (*layout.columns, *layout.ignored) if fold(name) not in {fold(h) for h in header}]
    found = []
    for name in header:
        if fold(name) in known:
            continue
        again = _REPEATED.fullmatch(name)
        if again and fold(again["name"]) in known:
            found.append(f"column '{again['name']}' stands twice")
        else:
            alike = process.extractOne(
                fold(name), {c: fold(c) for c in unused}, scorer=fuzz.WRatio, score_cutoff=_ALIKE
            )
            hint = f" (is it '{alike[2]}'?)" if alike and len(fold(name)) >= _SHORT else ""
            found.append(f"unknown column '{name}'{hint}")
    found += [f"no column for '{field}'" for field in layout.required if field not in present]
    return found


def _explain(header: Sequence[str], layouts: Sequence[Layout]) -> str:
    best, hits = nearest(header, layouts)
    if not hits:
        shown = ", ".join(f"'{name[:40]}'" for name in header[:5])
        return f"no column of a list of flows among {shown}: the names of the columns must stand in the first 20 rows"
    differences = _differences(header, best)
    advice = ". Add the columns to a layout in connectors/actif/layouts" if "unknown" in " ".join(differences) else ""
    return (
        f"the header (fingerprint {fingerprint(header)}) fits no known layout; nearest is '{best.id}' version "
        f"{best.version}, which knows {hits} of {len(header)} columns: {'; '.join(differences)}{advice}"
    )
