-- Sites of published organisations. The address of a sole trader is often a home: street and point are withheld, the
-- commune stays.
with member as (
    select
        site.site_id,
        site.siret,
        member.*,
        organisation.is_natural_person,
        organisation.organisation_name,
        activity.activity_code,
        row_number() over (
            partition by site.site_id
            order by member.member_rank
        ) as site_rank
    from {{ ref('int_site_mention') }} as site
    inner join {{ ref('int_organisation_member') }} as member on site.mention_id = member.mention_id
    inner join {{ ref('int_organisation') }} as organisation on site.organisation_id = organisation.organisation_id
    left join {{ ref('int_activity_code') }} as activity
        on
            member.activity_code_given = activity.code_given
            and member.activity_revision_code = activity.activity_revision_code
            -- The register states the activity of a process, not of the establishment.
            and member.source_id = 'actif'
    where member.is_publishable
),

site as (
    select
        site_id,
        min(organisation_id) as organisation_id,
        bool_or(is_natural_person) as is_natural_person,
        min(organisation_name) as organisation_name,
        {{ survivor('site_name', 'site_rank') }} as site_name,
        min(siret) as siret,
        {{ survivor('rea_given', 'site_rank') }} as rea,
        {{ survivor('street_given', 'site_rank') }} as street_address,
        {{ survivor('postcode', 'site_rank') }} as postcode,
        {{ survivor('municipality_given', 'site_rank') }} as locality_name,
        coalesce(
            {{ survivor('place_country_code', 'site_rank') }}, {{ survivor('country_code', 'site_rank') }}, 'ZZ'
        ) as country_code,
        -- Territory, point and method belong together: all from the best located statement.
        min(site_rank * 10 + case when lau_code is null then 1000000 else 0 end) as located_rank,
        {{ survivor('activity_code', 'site_rank') }} as activity_code,
        cast(sum(record_count) as integer) as source_count,
        (array_agg(source_id order by site_rank))[1] as source_id,
        (array_agg(stream_name order by site_rank))[1] as stream_name,
        max(updated_on) as source_updated_date
    from member
    group by site_id
)

select
    site.site_id,
    site.organisation_id,
    case when not site.is_natural_person and site.site_name <> site.organisation_name then site.site_name end as site_name,
    case when site.siret is not null then 'SIRET' when site.rea is not null then 'REA' end as site_identifier_scheme_code,
    coalesce(site.siret, {{ alphanumeric('site.rea') }}) as site_identifier,
    case when not site.is_natural_person then site.street_address end as street_address,
    site.postcode,
    site.locality_name,
    site.country_code,
    located.territory_code,
    case when not site.is_natural_person then located.point_latitude end as latitude,
    case when not site.is_natural_person then located.point_longitude end as longitude,
    case when not site.is_natural_person then located.point_origin_code end as point_origin_code,
    coalesce(located.geocode_method_code, 'NONE') as geocode_method_code,
    score.score as geocode_score,
    site.activity_code,
    site.source_count,
    site.source_id,
    site.source_updated_date,
    status.is_stale
from site
inner join member as located
    on
        site.site_id = located.site_id
        and site.located_rank
        = located.site_rank * 10 + case when located.lau_code is null then 1000000 else 0 end
left join {{ ref('_map_geocode_score') }} as score
    on located.geocode_method_code = score.code and located.lau_code is not null
inner join {{ ref('int_source_status') }} as status
    on site.source_id = status.source_id and site.stream_name = status.stream_name
