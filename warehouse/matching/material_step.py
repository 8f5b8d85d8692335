"""Assigns the texts of flows to materials and keeps the answers: a text is worked out once, until the rules change."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from warehouse.matching.concepts import Match, match_text
from warehouse.matching.lexicon import Lexicon, build_lexicon
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
)
"""
_OPEN_TEXTS = """
select distinct on (f.text_hash) f.text_hash, f.material_language_code,
    coalesce(f.flow_type_code, '') as flow_type_code, f.material_text
from intermediate.int_flow_value f
left join intermediate.material_text_match known on known.text_hash = f.text_hash and known.rules_digest = :digest
where f.material_text is not null and known.text_hash is null
"""
_KEEP = """
insert into intermediate.material_text_match (
    text_hash, language_code, flow_type_code, material_text, material_code, match_method_code, match_score,
    alternatives, rules_digest
) values (:text_hash, :language, :kind, :text, :material, :method, :score, cast(:alternatives as jsonb), :digest)
on conflict (text_hash) do update set
    material_code = excluded.material_code, match_method_code = excluded.match_method_code,
    match_score = excluded.match_score, alternatives = excluded.alternatives, rules_digest = excluded.rules_digest,
    matched_at = now()
"""
_CODE = ("texts.py", "lexicon.py", "concepts.py", "words.py", "words.yml")


def match_new_texts(connection: Connection) -> int:
    """Work out every text of a flow that has no answer under today's rules; returns how many there were."""
    connection.execute(text(TABLE))
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
        answers = [_answer(lexicon, *row) | {"digest": digest} for row in waiting]
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


def _answer(lexicon: Lexicon, text_hash: str, language: str, kind: str, given: str) -> dict[str, Any]:
    match: Match = match_text(lexicon, given, language, kind)
    alternatives = [{"material_code": c.concept, "score": c.score, "term": c.term} for c in match.alternatives]
    return {
        "text_hash": text_hash, "language": language, "kind": kind, "text": given, "material": match.concept,
        "method": match.method, "score": match.score, "alternatives": json.dumps(alternatives),
    }  # fmt: skip
