"""Assigns the texts of flows to materials and keeps the answers: a text is worked out once, until the rules change.

A person's decision on a text comes before every rule. What the rules leave open keeps the candidates of the rules and
those that lie near by their meaning, for ``traforo material``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from warehouse.matching.concepts import Candidate, Match, allowed_concepts, match_text
from warehouse.matching.lexicon import Lexicon, build_lexicon
from warehouse.matching.material_decisions import LATEST, Decided, latest_decisions, text_key
from warehouse.matching.meaning import Meaning
from warehouse.matching.words import load_words

TABLE = """
create table if not exists intermediate.material_text_match (
    text_hash text primary key,
    language_code text not null,
    flow_type_code text not null,
    material_text text not null,
    material_code text,
    match_method_code text not null,
    match_score numeric(5, 4),
    alternatives jsonb not null,
    rules_digest text not null,
    matched_at timestamptz not null default now()
);
alter table intermediate.material_text_match add column if not exists text_key text;
alter table intermediate.material_text_match add column if not exists decision_id bigint
"""
_OPEN_TEXTS = f"""
with decided as ({LATEST})
select distinct on (f.text_hash) f.text_hash, f.material_language_code,
    coalesce(f.flow_type_code, '') as flow_type_code, f.material_text
from intermediate.int_flow_value f
left join intermediate.material_text_match known on known.text_hash = f.text_hash and known.rules_digest = :digest
left join decided on decided.language_code = known.language_code and decided.text_key = known.text_key
where f.material_text is not null
    and (known.text_hash is null or known.decision_id is distinct from decided.decision_id)
"""  # noqa: S608 - a constant of the package
_KEEP = """
insert into intermediate.material_text_match (
    text_hash, language_code, flow_type_code, material_text, text_key, material_code, match_method_code, match_score,
    alternatives, decision_id, rules_digest
) values (
    :text_hash, :language, :kind, :text, :key, :material, :method, :score, cast(:alternatives as jsonb), :decision,
    :digest
)
on conflict (text_hash) do update set
    text_key = excluded.text_key, material_code = excluded.material_code,
    match_method_code = excluded.match_method_code, match_score = excluded.match_score,
    alternatives = excluded.alternatives, decision_id = excluded.decision_id, rules_digest = excluded.rules_digest,
    matched_at = now()
"""
_CODE = ("texts.py", "lexicon.py", "concepts.py", "meaning.py", "material_step.py", "words.py", "words.yml")
_PROPOSED = 5


def match_new_texts(connection: Connection) -> int:
    """Work out every text of a flow that has no answer under today's rules and decisions; returns how many."""
    for statement in TABLE.split(";"):
        connection.execute(text(statement))
    lists = {
        name: [dict(row) for row in connection.execute(text(f"select * from reference.{name}")).mappings()]  # noqa: S608 - names below
        for name in ("material_concept_term", "material_concept", "material_false_friend")
    }
    digest = rules_digest(lists)
    waiting = connection.execute(text(_OPEN_TEXTS), {"digest": digest}).all()
    if waiting:
        lexicon = build_lexicon(
            lists["material_concept_term"], lists["material_concept"], lists["material_false_friend"], load_words()
        )
        meaning, decided = Meaning(lexicon), latest_decisions(connection)
        answers = [_answer(lexicon, meaning, decided, *row) | {"digest": digest} for row in waiting]
        connection.execute(text(_KEEP), answers)
    return len(waiting)


def rules_digest(lists: dict[str, list[dict[str, Any]]]) -> str:
    """Digest of the lists and of the code: a kept answer of other rules is worked out again."""
    digest = hashlib.sha256()
    for name in _CODE:
        digest.update(Path(__file__).with_name(name).read_bytes())
    for name, rows in sorted(lists.items()):
        canonical = sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)
        digest.update(name.encode() + "\n".join(canonical).encode())
    return digest.hexdigest()


def answer_text(lexicon: Lexicon, meaning: Meaning, given: str, language: str, kind: str) -> Match:
    """What the rules make of a text; where they leave it open, with up to five candidates for a person."""
    match = match_text(lexicon, given, language, kind)
    if match.method != "NONE":
        return match
    near = meaning.propose(given, language, allowed_concepts(lexicon, kind), _PROPOSED)
    return Match(None, "NONE", None, _in_turn(match.alternatives, near))


def _in_turn(by_words: Sequence[Candidate], by_meaning: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The best of both, in turn: their scores do not compare."""
    found: dict[str, Candidate] = {}
    for pair in zip_longest(by_words, by_meaning):
        for candidate in pair:
            if candidate is not None:
                found.setdefault(candidate.concept, candidate)
    return tuple(found.values())[:_PROPOSED]


def _answer(
    lexicon: Lexicon, meaning: Meaning, decided: Mapping[tuple[str, str], Decided], text_hash: str, language: str,
    kind: str, given: str,
) -> dict[str, Any]:  # fmt: skip
    key = text_key(given)
    decision = decided.get((language, key))
    if decision and decision.decision != "OPEN":
        match = Match(decision.material_code, "MANUAL", 1.0 if decision.material_code else None)
    else:
        match = answer_text(lexicon, meaning, given, language, kind)
    alternatives = [
        {"material_code": c.concept, "score": c.score, "term": c.term, "method": c.method} for c in match.alternatives
    ]
    return {
        "text_hash": text_hash, "language": language, "kind": kind, "text": given, "key": key,
        "material": match.concept, "method": match.method, "score": match.score,
        "alternatives": json.dumps(alternatives), "decision": decision.decision_id if decision else None,
    }  # fmt: skip
