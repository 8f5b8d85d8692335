"""The matching step between the two parts of a build: reads what dbt has prepared, writes the tables dbt reads next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from warehouse.matching import third_places
from warehouse.matching.answers import OpenPair, count, is_known, keep_review, probability, replace, rows
from warehouse.matching.decisions import decided_pairs
from warehouse.matching.listings import listing_of
from warehouse.matching.material_step import match_new_texts
from warehouse.matching.organisation_step import match_organisations
from warehouse.matching.route_step import route_new_pairs

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


TABLES = """
create table if not exists intermediate.organisation_match (
    mention_id text primary key,
    organisation_basis text not null,
    match_method_code text not null,
    match_score numeric(5, 4),
    is_foreign_seat boolean not null default false
);
alter table intermediate.organisation_match
    add column if not exists is_foreign_seat boolean not null default false,
    add column if not exists member_key text,
    add column if not exists cluster_key text,
    add column if not exists smallest_number text;
create table if not exists intermediate.organisation_open_pair (
    place integer primary key,
    one text not null,
    other text not null,
    score numeric(8, 2) not null,
    why text not null,
    reasons text[] not null
);
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
    mentions = match_organisations(connection)
    listings = _match_third_places(connection)
    review = connection.execute(text("select count(*) from intermediate.match_review")).scalar_one()
    for table in ("organisation_match", "third_place_match", "match_review", "territory_route"):
        connection.execute(text(f"analyze intermediate.{table}"))
    return Matched(texts, routes, mentions, listings, int(review))


def _match_third_places(connection: Connection) -> int:
    merges, splits = decided_pairs(connection, "third_place")
    if is_known(connection, "third_place", LISTINGS, [sorted(merges), sorted(splits)]):
        return count(connection, "third_place_match")
    listings = [listing_of(row) for row in rows(connection, LISTINGS)]
    found = third_places.resolve(listings, merges, splits)
    named = {listing.key: (listing.anchor, listing.name) for listing in listings}
    lines = ((key, found.basis[key], found.method[key], probability(found.score[key])) for key in sorted(found.basis))
    replace(connection, "third_place_match", lines)
    review = [OpenPair(p.one, p.other, p.score, why, list(p.reasons)) for p, why in found.clustering.review]
    keep_review(connection, "third_place", review, named)
    return len(listings)
