"""The matching step between the two parts of a build: reads what dbt has prepared, writes the tables dbt reads next."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from warehouse.matching import identity, third_places
from warehouse.matching.clusters import Pair
from warehouse.matching.decisions import decided_pairs
from warehouse.matching.listings import listing_of
from warehouse.matching.material_step import match_new_texts
from warehouse.matching.mentions import is_foreign_seat, mention_of
from warehouse.matching.route_step import route_new_pairs

MENTIONS = """
select m.mention_id, m.member_key, m.source_id, m.role, m.name, m.site_name, m.country_code, m.street_given,
    m.phone_given, m.email_given, m.website_given, company.legal_form_code,
    place.country_code as place_country_code, place.lau_code, number.identity_keys, number.damaged
from intermediate.int_organisation_mention m
left join intermediate.int_company_name company
    on company.name = m.name and company.country_code = coalesce(m.country_code, 'ZZ')
left join intermediate.int_place place on place.place_id = m.place_id
left join (
    select mention_id,
        array_agg(distinct identity_key) filter (where identity_key is not null) as identity_keys,
        array_agg(distinct identifier)
            filter (where status in ('MALFORMED', 'CHECKSUM_FAILED') and identifier ~ '[0-9]{6}') as damaged
    from intermediate.int_organisation_identifier
    group by mention_id
) number on number.mention_id = m.mention_id
"""

LISTINGS = """
select l.record_key, l.source_id, l.name, l.country_code, l.street_address, l.phone, l.email_domains, l.website_url,
    raw.sites_web as websites, place.country_code as place_country_code, place.lau_code, place.latitude,
    place.longitude, place.point_origin_code, lau.name_official as municipality_name, number.identity_keys
from intermediate.int_tiers_lieux__third_place l
left join staging.stg_tiers_lieux__lieux raw on raw.record_key = l.record_key
left join intermediate.int_place place on place.place_id = l.place_id
left join reference.territory_lau lau on lau.lau_code = place.lau_code and lau.country_code = place.country_code
left join (
    select record.record_key, array_agg(distinct number.identity_key) as identity_keys
    from intermediate.int_organisation_mention_record record
    join intermediate.int_organisation_identifier number on number.mention_id = record.mention_id
    where record.source_id = 'tiers_lieux' and number.identity_key is not null
    group by record.record_key
) number on number.record_key = l.record_key
"""


def rows(connection: Connection, query: str) -> list[Mapping[str, Any]]:
    """Rows of a query as mappings."""
    return [dict(row) for row in connection.execute(text(query)).mappings()]


# Beyond this a probability is 0 or 1 for all that can be written.
_MOST_BITS = 60.0
TABLES = """
create table if not exists intermediate.organisation_match (
    mention_id text primary key,
    organisation_basis text not null,
    match_method_code text not null,
    match_score numeric(5, 4),
    is_foreign_seat boolean not null default false
);
alter table intermediate.organisation_match add column if not exists is_foreign_seat boolean not null default false;
create table if not exists intermediate.third_place_match (
    record_key text primary key,
    third_place_basis text not null,
    match_method_code text not null,
    match_score numeric(5, 4)
);
create table if not exists intermediate.match_review (
    entity text not null,
    one text not null,
    other text not null,
    one_name text not null,
    other_name text not null,
    score_bits numeric(8, 2) not null,
    held_because text not null,
    reasons text[] not null,
    primary key (entity, one, other)
);
create table if not exists intermediate.matching_state (
    entity text primary key,
    inputs_digest text not null
);
"""


@dataclass(frozen=True)
class Matched:
    """What was done: texts and distances worked out anew, mentions and listings resolved, pairs left to a person."""

    texts: int
    routes: int
    mentions: int
    listings: int
    review: int


def run(connection: Connection) -> Matched:
    """Match everything that the first part of the build prepared. The caller owns the transaction.

    Returns:
        Counts of what was done.
    """
    for statement in TABLES.split(";"):
        if statement.strip():
            connection.execute(text(statement))
    texts = match_new_texts(connection)
    # Texts have just come in: without statistics the next join is planned as if there were none.
    connection.execute(text("analyze intermediate.material_text_match"))
    routes = route_new_pairs(connection)
    mentions = _match_organisations(connection)
    listings = _match_third_places(connection)
    review = connection.execute(text("select count(*) from intermediate.match_review")).scalar_one()
    for table in ("organisation_match", "third_place_match", "match_review", "territory_route"):
        connection.execute(text(f"analyze intermediate.{table}"))
    return Matched(texts, routes, mentions, listings, int(review))


def _match_organisations(connection: Connection) -> int:
    merges, splits = decided_pairs(connection, "organisation")
    if _is_known(connection, "organisation", MENTIONS, [sorted(merges), sorted(splits)]):
        return _count(connection, "organisation_match")
    mentions = [mention_of(row) for row in rows(connection, MENTIONS)]
    found = identity.resolve(mentions, merges, splits)
    named = {mention.key: (mention.record, mention.name) for mention in mentions}
    _replace(connection, "organisation_match", "mention_id, organisation_basis", found.basis, found.method, found.score)
    seats = sorted(mention.key for mention in mentions if is_foreign_seat(mention))
    connection.execute(
        text("update intermediate.organisation_match set is_foreign_seat = true where mention_id = any(:seats)"),
        {"seats": seats},
    )
    _keep_review(connection, "organisation", found.clustering.review, named)
    return len(mentions)


def _match_third_places(connection: Connection) -> int:
    merges, splits = decided_pairs(connection, "third_place")
    if _is_known(connection, "third_place", LISTINGS, [sorted(merges), sorted(splits)]):
        return _count(connection, "third_place_match")
    listings = [listing_of(row) for row in rows(connection, LISTINGS)]
    found = third_places.resolve(listings, merges, splits)
    named = {listing.key: (listing.anchor, listing.name) for listing in listings}
    _replace(connection, "third_place_match", "record_key, third_place_basis", found.basis, found.method, found.score)
    _keep_review(connection, "third_place", found.clustering.review, named)
    return len(listings)


def _is_known(connection: Connection, entity: str, query: str, decisions: list[Any]) -> bool:
    """Whether the kept answer was worked out from these very rows, decisions and rules; notes them as worked out.

    What a name or a place weighs depends on how many others share it, so one new mention can move every weight: an
    answer is taken over whole or not at all.
    """
    lines = f"select md5(unit::text) as line from ({query}) unit"  # noqa: S608 - a query of this module
    content = connection.execute(
        text(f"select count(*) as units, md5(string_agg(line, '' order by line)) as digest from ({lines}) lines")  # noqa: S608 - as above
    ).one()
    digest = hashlib.sha256(json.dumps([content.digest, decisions, rules_digest()]).encode()).hexdigest()
    known = connection.execute(
        text("select inputs_digest from intermediate.matching_state where entity = :entity"), {"entity": entity}
    ).scalar()
    if known == digest and _count(connection, f"{entity}_match") == content.units:
        return True
    connection.execute(text("delete from intermediate.match_review where entity = :entity"), {"entity": entity})
    connection.execute(
        text(
            "insert into intermediate.matching_state values (:entity, :digest)"
            " on conflict (entity) do update set inputs_digest = excluded.inputs_digest"
        ),
        {"entity": entity, "digest": digest},
    )
    return False


def rules_digest() -> str:
    """Digest over the code and the lists of this package."""
    digest = hashlib.sha256()
    for path in sorted(p for p in Path(__file__).parent.iterdir() if p.suffix in {".py", ".yml"}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"select count(*) from intermediate.{table}")).scalar_one())  # noqa: S608 - a table of this module


def _replace(
    connection: Connection, table: str, columns: str, basis: Mapping[str, str], method: Mapping[str, str],
    score: Mapping[str, float | None],
) -> None:  # fmt: skip
    connection.execute(text(f"truncate intermediate.{table}"))
    values = [
        {"key": key, "basis": basis[key], "method": method[key], "score": probability(score[key])}
        for key in sorted(basis)
    ]
    if values:
        statement = f"insert into intermediate.{table} ({columns}, match_method_code, match_score)"
        connection.execute(text(f"{statement} values (:key, :basis, :method, :score)"), values)


def probability(bits: float | None) -> float | None:
    """Probability that a pair is one, from its evidence in bits; None where there is no pair."""
    if bits is None:
        return None
    return round(1 / (1 + math.pow(2.0, -max(min(bits, _MOST_BITS), -_MOST_BITS))), 4)


def _keep_review(
    connection: Connection, entity: str, review: Sequence[tuple[Pair, str]], named: Mapping[str, tuple[str, str]]
) -> None:
    """Open pairs by their records, so that they mean the same in the next run; the best of each pair of records."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for pair, why in review:
        sides = sorted((named[pair.one], named[pair.other]))
        row: dict[str, Any] = {
            "entity": entity, "one": sides[0][0], "other": sides[1][0], "one_name": sides[0][1],
            "other_name": sides[1][1], "score": pair.score, "why": why, "reasons": list(pair.reasons),
        }  # fmt: skip
        if row["one"] != row["other"]:
            best.setdefault((row["one"], row["other"]), row)
    if best:
        connection.execute(
            text(
                "insert into intermediate.match_review (entity, one, other, one_name, other_name, score_bits,"
                " held_because, reasons) values (:entity, :one, :other, :one_name, :other_name, :score, :why, :reasons)"
            ),
            list(best.values()),
        )
