"""What really is, and what was spoilt on the way: read by evaluation, never by the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.world.chance import happens
from sandbox.world.organisations import Organisation, Site

Row = dict[str, Any]
KEY = "_key"
"""Field of a row under construction that keeps its key even when the published key is spoilt."""


@dataclass
class Truth:
    """The answers. Every list is in the order of its making, so files compare byte by byte."""

    organisations: dict[str, dict[str, Any]] = field(default_factory=dict)
    flows: list[dict[str, Any]] = field(default_factory=list)
    matches: list[dict[str, Any]] = field(default_factory=list)
    third_places: dict[str, dict[str, Any]] = field(default_factory=dict)
    news: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    defects: list[dict[str, Any]] = field(default_factory=list)
    expense_findings: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[dict[str, Any]] = field(default_factory=list)

    def saw_organisation(self, org: Organisation, source: str, stream: str, key: str, role: str) -> None:
        """A record that speaks of the organisation, in the given role (``owner``, ``supplier`` …)."""
        entry = self.organisations.setdefault(
            org.id, {"name": org.core, "country": org.country, "siren": org.siren, "cf": org.cf, "records": []}
        )
        entry["records"].append({"source": source, "stream": stream, "key": key, "role": role})

    def saw_address(self, site: Site, source: str, stream: str, key: str) -> None:
        """A record that gives the site's address; its commune is the true one."""
        commune = site.commune
        self.addresses.append({
            "source": source, "stream": stream, "key": key, "country": commune.country,
            "commune_code": commune.code, "commune": commune.name, "nuts3": commune.nuts3,
            "latitude": site.latitude, "longitude": site.longitude,
        })  # fmt: skip

    def spoilt(self, source: str, stream: str, key: str, name: str, kind: str, true_value: Any = None) -> None:
        """A planted defect: field ``name`` of the record was spoilt in the way ``kind``."""
        self.defects.append({
            "source": source, "stream": stream, "key": key, "field": name, "kind": kind,
            "true_value": true_value,
        })  # fmt: skip


@dataclass(frozen=True)
class Spoiler:
    """One way to spoil a record.

    Attributes:
        kind: name in the truth.
        fields: fields it changes; a record whose field was already spoilt is left alone.
        rate: share of the records it is tried on.
        apply: changes the row in place, False where it does not apply.
        unreadable: the record cannot be read any more and must end among the rejects.
    """

    kind: str
    fields: tuple[str, ...]
    rate: float
    apply: Callable[[Row, Random], bool]
    unreadable: bool = False


def spoil(
    rows: Sequence[Row], spoilers: Iterable[Spoiler], rng: Random, truth: Truth, source: str, stream: str
) -> None:
    """Plant defects; each kind at its rate and at least once where any record allows it."""
    touched: dict[int, set[str]] = {}

    def attempt(index: int, spoiler: Spoiler) -> bool:
        row, used = rows[index], touched.setdefault(index, set())
        if used & {*spoiler.fields, "*"} or (spoiler.unreadable and used):
            return False
        before = row.get(spoiler.fields[0])
        if not spoiler.apply(row, rng):
            return False
        used.update(spoiler.fields, ("*",) if spoiler.unreadable else ())
        truth.spoilt(source, stream, row[KEY], spoiler.fields[0], spoiler.kind, before)
        if spoiler.unreadable:
            truth.unreadable.append(
                {"source": source, "stream": stream, "key": row[KEY], "field": spoiler.fields[0], "kind": spoiler.kind}
            )
        return True

    for spoiler in sorted(spoilers, key=lambda s: not s.unreadable):
        planted = [attempt(i, spoiler) for i in range(len(rows)) if happens(rng, spoiler.rate)]
        if not any(planted):
            order = rng.sample(range(len(rows)), len(rows))
            any(attempt(i, spoiler) for i in order)


def published(row: Row) -> Row:
    """The row without what only its making needed; ``_id`` is a published name of Communecter."""
    return {name: value for name, value in row.items() if not name.startswith("_") or name == "_id"}
