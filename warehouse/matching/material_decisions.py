"""Decisions of persons on what a text of a flow means, and the texts that wait for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from warehouse.matching.texts import clean, normalise

DECISIONS = ("MATERIAL", "NONE", "OPEN")
LATEST = """
select distinct on (language_code, text_key) id as decision_id, language_code, text_key, decision, material_code
from ops.material_decision
order by language_code, text_key, id desc
"""
_OPEN = """
select m.language_code, min(m.material_text) as material_text, sum(f.flows)::int as flows,
    array_agg(distinct m.flow_type_code) as flow_types, (array_agg(m.alternatives order by m.text_hash))[1] as proposed
from intermediate.material_text_match m
join (select text_hash, count(*) as flows from intermediate.int_flow_value group by text_hash) f using (text_hash)
where m.match_method_code = 'NONE' and m.text_key <> ''
    and (cast(:language as text) is null or m.language_code = :language)
group by m.language_code, m.text_key
order by flows desc, m.language_code, material_text
limit :limit
"""
_LABELS = """
select material_code, material_name_fr, material_name_it, material_name_en
from reference.material_concept where material_code = any(:codes)
"""


@dataclass(frozen=True)
class Decided:
    """The last word on a text.

    Attributes:
        decision: ``MATERIAL`` it names ``material_code``; ``NONE`` it names no material of the list; ``OPEN`` taken
            back, the rules decide again.
    """

    decision_id: int
    decision: str
    material_code: str | None


def text_key(given: str) -> str:
    """What texts have in common that are one to a person: their words, without case, accents and signs."""
    return normalise(clean(given))


def latest_decisions(connection: Connection) -> dict[tuple[str, str], Decided]:
    """The last decision on each text, by language and key of the text."""
    return {
        (row.language_code, row.text_key): Decided(row.decision_id, row.decision, row.material_code)
        for row in connection.execute(text(LATEST))
    }


def keep(connection: Connection, given: str, language: str, material: str, who: str, why: str) -> int:
    """Keep what a person says of a text; the next build follows it, for every kind of flow.

    Args:
        material: code of a concept; ``none`` where the text names none of them; ``open`` to take a decision back.

    Returns:
        How many flows of the last build have this text.

    Raises:
        LookupError: there is no such concept, or no flow of the last build has the text in this language.
        ValueError: ``who`` or ``why`` is blank.
    """
    if not who.strip() or not why.strip():
        raise ValueError("a decision needs a name (--who) and a reason (--why)")
    decision = material.upper() if material.upper() in ("NONE", "OPEN") else "MATERIAL"
    code = material.upper() if decision == "MATERIAL" else None
    if code and code not in _labels(connection, [code]):
        raise LookupError(f"no concept '{material}'; the codes stand in the table 'material'")
    key = text_key(given)
    flows = _flows(connection, language, key)
    if not flows:
        raise LookupError(f"no flow of the last build says '{given}' in '{language}'; 'traforo material' lists texts")
    connection.execute(
        text(
            "insert into ops.material_decision"
            " (language_code, text_key, material_text, decision, material_code, decided_by, reason)"
            " values (:language, :key, :given, :decision, :code, :who, :why)"
        ),
        {
            "language": language, "key": key, "given": given, "decision": decision, "code": code, "who": who.strip(),
            "why": why.strip(),
        },
    )  # fmt: skip
    return flows


def open_texts(connection: Connection, language: str | None = None, limit: int = 50) -> Sequence[Mapping[str, Any]]:
    """Texts to which no concept was assigned, those of most flows first.

    Returns:
        ``language_code``, ``material_text``, ``flows``, ``flow_types`` and ``proposed``: candidates with
        ``material_code``, ``score``, ``method``, ``term`` and their names ``fr``, ``it`` and ``en``.
    """
    if connection.execute(text("select to_regclass('intermediate.material_text_match')")).scalar() is None:
        return []
    rows = [dict(r) for r in connection.execute(text(_OPEN), {"language": language, "limit": limit}).mappings()]
    names = _labels(connection, sorted({c["material_code"] for row in rows for c in row["proposed"]}))
    for row in rows:
        row["proposed"] = [candidate | names[candidate["material_code"]] for candidate in row["proposed"]]
    return rows


def _flows(connection: Connection, language: str, key: str) -> int:
    found = connection.execute(
        text(
            "select count(*) from intermediate.material_text_match m join intermediate.int_flow_value f"
            " using (text_hash) where m.language_code = :language and m.text_key = :key"
        ),
        {"language": language, "key": key},
    )
    return int(found.scalar_one())


def _labels(connection: Connection, codes: list[str]) -> dict[str, dict[str, str]]:
    rows = connection.execute(text(_LABELS), {"codes": codes})
    return {row[0]: {"fr": row[1], "it": row[2], "en": row[3]} for row in rows}
