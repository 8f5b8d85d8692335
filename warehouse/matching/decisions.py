"""Decisions of persons on pairs of records: found, kept, and handed to the matching step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

ENTITIES = {"org_": "organisation", "tp_": "third_place"}
DECISIONS = ("merge", "distinct")
_LATEST = """
select distinct on (entity, one, other) entity, one, other, decision
from ops.identity_decision
where entity = :entity
order by entity, one, other, id desc
"""
_RECORD = "source_id || '|' || record_key || '|' || case when role like 'partner:%' then 'partner' else role end"
_MENTIONS_OF_RECORDS = f"""
select {_RECORD} as record, min(mention_id) as mention_id
from intermediate.int_organisation_mention_record
where {_RECORD} = any(:records)
group by 1
"""  # noqa: S608 - the expression is a constant of this module
_RECORDS_OF_ORGANISATION = f"""
select {_RECORD} as record
from intermediate.int_organisation_mention_record
join intermediate.int_organisation_cluster using (mention_id)
where organisation_id = :id
order by 1
"""  # noqa: S608 - as above
_RECORDS_OF_THIRD_PLACE = """
select 'tiers_lieux|' || record_key as record
from intermediate.int_third_place_cluster
where third_place_id = :id
order by 1
"""


def find(connection: Connection, reference: str) -> tuple[str, str]:
    """Entity and record that a person means: an id (``org_…``, ``tp_…``) or a record as ``source|key|role``.

    An id stands for the first record of its cluster: ids move when clusters change, records do not.

    Raises:
        LookupError: there is no such organisation, third place or record.
    """
    entity = next((name for prefix, name in ENTITIES.items() if reference.startswith(prefix)), None)
    if entity is not None:
        query = _RECORDS_OF_ORGANISATION if entity == "organisation" else _RECORDS_OF_THIRD_PLACE
        found = connection.execute(text(query), {"id": reference}).scalars().first()
        if found is None:
            raise LookupError(f"no {entity.replace('_', ' ')} '{reference}' in the last build")
        return entity, str(found)
    if reference in mentions_of(connection, [reference]):
        return "organisation", reference
    listing = "select 1 from intermediate.int_tiers_lieux__third_place where source_id || '|' || record_key = :record"
    if connection.execute(text(listing), {"record": reference}).scalar():
        return "third_place", reference
    raise LookupError(
        f"no record '{reference}'; write an id (org_…, tp_…) or source|key|role as 'traforo decide' lists"
    )


def keep(connection: Connection, one: str, other: str, decision: str, who: str, why: str) -> tuple[str, str, str]:
    """Keep a decision; the next build follows it. The last one on a pair counts.

    Returns:
        Entity and the two records that it was kept for.

    Raises:
        LookupError: one of the two is not there.
        ValueError: the two are not of one kind, are the same record, or the decision is neither merge nor distinct.
    """
    if decision not in DECISIONS:
        raise ValueError(f"'{decision}' is no decision; one of {', '.join(DECISIONS)}")
    if not who.strip() or not why.strip():
        raise ValueError("a decision needs a name (--who) and a reason (--why)")
    entity, first = find(connection, one)
    other_entity, second = find(connection, other)
    if entity != other_entity:
        raise ValueError(f"'{one}' is an {entity}, '{other}' a {other_entity}")
    if first == second:
        raise ValueError("both are the same record")
    first, second = sorted((first, second))
    connection.execute(
        text(
            "insert into ops.identity_decision (entity, one, other, decision, decided_by, reason)"
            " values (:entity, :one, :other, :decision, :who, :why)"
        ),
        {"entity": entity, "one": first, "other": second, "decision": decision, "who": who.strip(), "why": why.strip()},
    )
    return entity, first, second


def decided_pairs(connection: Connection, entity: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs that a person merged and kept apart, as keys of units: mentions, or listings of third places.

    A decision on a record that is gone rests until the record comes back.
    """
    latest = [dict(row) for row in connection.execute(text(_LATEST), {"entity": entity}).mappings()]
    unit_of = mentions_of if entity == "organisation" else _listings_of
    units = unit_of(connection, {row[side] for row in latest for side in ("one", "other")})
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in DECISIONS}
    for row in latest:
        one, other = units.get(row["one"]), units.get(row["other"])
        if one is not None and other is not None and one != other:
            found[row["decision"]].append((one, other))
    return found["merge"], found["distinct"]


def _listings_of(connection: Connection, records: Iterable[str]) -> dict[str, str]:
    """Record (``source|key``) → listing."""
    listing = (
        "select source_id || '|' || record_key as record, record_key from intermediate.int_tiers_lieux__third_place"
        " where source_id || '|' || record_key = any(:records)"
    )
    found = connection.execute(text(listing), {"records": sorted(set(records))})
    return {str(row.record): str(row.record_key) for row in found}


def mentions_of(connection: Connection, records: Iterable[str]) -> dict[str, str]:
    """Record (``source|key|role``) → mention it is part of."""
    wanted = sorted(set(records))
    if not wanted:
        return {}
    return {
        str(r.record): str(r.mention_id) for r in connection.execute(text(_MENTIONS_OF_RECORDS), {"records": wanted})
    }


def open_pairs(connection: Connection, limit: int = 50) -> Sequence[Mapping[str, Any]]:
    """Pairs that the last build left to a person, the likeliest first."""
    if connection.execute(text("select to_regclass('intermediate.match_review')")).scalar() is None:
        return []
    rows = connection.execute(
        text("select * from intermediate.match_review order by score_bits desc, entity, one, other limit :limit"),
        {"limit": limit},
    )
    return [dict(row) for row in rows.mappings()]
