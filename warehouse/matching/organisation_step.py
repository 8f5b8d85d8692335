"""Mentions into organisations: weighed anew, or taken over from the last build and named after today's records."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, text

from warehouse.matching import identity
from warehouse.matching.answers import OpenPair, count, is_known, keep_review, probability, replace, rows
from warehouse.matching.decisions import decided_pairs
from warehouse.matching.mentions import is_foreign_seat, mention_of

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

# What clusters depend on: all but the key of the record, which only gives them a name.
WEIGHED = MENTIONS.replace(" m.member_key,", "")
_MOVED = """
select 1 from intermediate.organisation_match kept
join intermediate.int_organisation_mention told using (mention_id)
where told.member_key <> kept.member_key
"""
_KEPT_CLUSTERS = """
select kept.mention_id, kept.cluster_key, kept.smallest_number, kept.organisation_basis, told.member_key
from intermediate.organisation_match kept
join intermediate.int_organisation_mention told using (mention_id)
where :is_split or kept.cluster_key in (
    select kept.cluster_key from intermediate.organisation_match kept
    join intermediate.int_organisation_mention told using (mention_id)
    where told.member_key <> kept.member_key
)
order by kept.mention_id
"""


def match_organisations(connection: Connection) -> int:
    """Which mentions speak of one organisation, taken over where nothing that is weighed has changed; how many."""
    merges, splits = decided_pairs(connection, "organisation")
    if is_known(connection, "organisation", WEIGHED, [sorted(merges), sorted(splits)]):
        _name_again(connection, is_split=bool(splits))
        return count(connection, "organisation_match")
    mentions = [mention_of(row) for row in rows(connection, MENTIONS)]
    found = identity.resolve(mentions, merges, splits)
    cluster_of = {key: members[0] for members in found.clustering.members.values() for key in members}
    lines = (
        (m.key, found.basis[m.key], found.method[m.key], probability(found.score[m.key]), is_foreign_seat(m), m.anchor,
         cluster_of[m.key], found.component.get(m.key))
        for m in mentions
    )  # fmt: skip
    columns = "organisation_basis, match_method_code, match_score, is_foreign_seat, member_key, cluster_key"
    replace(connection, f"organisation_match (mention_id, {columns}, smallest_number)", lines)
    review = [OpenPair(p.one, p.other, p.score, why, list(p.reasons)) for p, why in found.clustering.review]
    replace(connection, "organisation_open_pair", ((place, *pair) for place, pair in enumerate(review)))
    keep_review(connection, "organisation", review, {m.key: (m.record, m.name) for m in mentions})
    return len(mentions)


def _name_again(connection: Connection, *, is_split: bool) -> None:
    """Name kept clusters after today's records, where the smallest record that says the same thing is another.

    An entry of a register whose text changes comes under a new key. Whom it speaks of does not depend on that; what ids
    without a number and open pairs are named after does.
    """
    if not connection.execute(text(f"select exists ({_MOVED})")).scalar():
        return
    members: dict[str, list[str]] = defaultdict(list)
    number, before, anchor = {}, {}, {}
    # Where a person split what shares a number, the order of all records says which part keeps it.
    for row in connection.execute(text(_KEPT_CLUSTERS), {"is_split": is_split}):
        members[row.cluster_key].append(row.mention_id)
        before[row.mention_id], anchor[row.mention_id] = row.organisation_basis, row.member_key
        if row.smallest_number is not None:
            number[row.mention_id] = row.smallest_number
    basis = identity.basis_of((members[key] for key in sorted(members)), number, anchor, is_split=is_split)
    moved = [{"key": key, "basis": named} for key, named in basis.items() if named != before[key]]
    if moved:
        renamed = "update intermediate.organisation_match set organisation_basis = :basis where mention_id = :key"
        connection.execute(text(renamed), moved)
    connection.execute(
        text(
            "update intermediate.organisation_match kept set member_key = told.member_key"
            " from intermediate.int_organisation_mention told"
            " where told.mention_id = kept.mention_id and told.member_key <> kept.member_key"
        )
    )
    found = connection.execute(text("select * from intermediate.organisation_open_pair order by place")).all()
    review = [OpenPair(*row[1:]) for row in found]
    units = {"units": sorted({unit for pair in review for unit in (pair.one, pair.other)})}
    said = connection.execute(text(f"select * from ({MENTIONS}) said where mention_id = any(:units)"), units)  # noqa: S608 - a query of this module
    named = {m.key: (m.record, m.name) for m in (mention_of(dict(row)) for row in said.mappings())}
    connection.execute(text("delete from intermediate.match_review where entity = 'organisation'"))
    keep_review(connection, "organisation", review, named)
