-- Which record gave each surviving value of a merged row: the first that says anything, in the order of belief. Fields
-- that several records share (types, number of records, attributions) have no single one.
with organisation_statement as (
    select
        member.organisation_id as entity_id,
        member.source_id,
        member.stream_name,
        substr(member.member_key, length(member.source_id) + 2) as record_key,
        member.is_key_publishable as is_publishable,
        member.member_rank,
        statement.field_name,
        statement.preference
    from {{ ref('int_organisation_publishable_member') }} as member
    cross join
        lateral (
            values
            ('organisation_name', member.name, 1),
            ('country_code', member.country_code, 1),
            ('country_code', member.place_country_code, 2),
            ('legal_form_code', member.legal_form_code, 1),
            ('activity_code', member.activity_code, 1),
            ('territory_code', member.territory_code, 1),
            ('website_url', member.website_given, 1)
        ) as statement (field_name, statement_value, preference)
    where statement.statement_value is not null
),

third_place_statement as (
    select
        member.third_place_id as entity_id,
        'tiers_lieux' as source_id,
        'lieux' as stream_name,
        member.record_key,
        true as is_publishable,
        member.member_rank,
        statement.field_name,
        1 as preference
    from {{ ref('int_third_place_member') }} as member
    cross join
        lateral (
            values
            ('third_place_name', member.name),
            ('organisation_id', member.organisation_id),
            ('operator_name', member.operator_name),
            ('description_text', member.description_text),
            ('place_status_code', nullif(member.statut, 'unknown')),
            ('street_address', member.street_address),
            ('postcode', member.postcode),
            ('locality_name', member.municipality_given),
            ('country_code', member.place_country_code),
            ('opening_hours_osm', member.opening_hours_osm),
            ('opening_hours_text', member.opening_hours_text),
            ('phone', member.phone),
            ('email', member.email),
            ('website_url', member.website_url),
            ('opening_year', cast(member.opening_year as text))
        ) as statement (field_name, statement_value)
    where statement.statement_value is not null
),

statement as (
    select
        'organisation' as entity_table_name,
        *
    from organisation_statement
    union all
    select
        'third_place' as entity_table_name,
        *
    from third_place_statement
)

select distinct on (entity_table_name, entity_id, field_name)
    entity_table_name,
    entity_id,
    field_name,
    source_id,
    stream_name,
    record_key,
    is_publishable
from statement
order by entity_table_name, entity_id, field_name, preference, member_rank
