"""The matching step between the two parts of a build: reads what dbt has prepared, writes the tables dbt reads next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

MENTIONS = """
select m.mention_id, m.member_key, m.source_id, m.role, m.name, m.site_name, m.country_code, m.street_given, m.phone_given,
    m.email_given, m.website_given, company.legal_form_code, place.country_code as place_country_code, place.lau_code,
    number.identity_keys, number.damaged
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
    place.longitude, place.point_origin_code, number.identity_keys
from intermediate.int_tiers_lieux__third_place l
left join staging.stg_tiers_lieux__lieux raw on raw.record_key = l.record_key
left join intermediate.int_place place on place.place_id = l.place_id
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
