{{ config(materialized='table', indexes=[{'columns': ['code_given', 'activity_revision_code'], 'unique': true}]) }}

-- Activity codes as given, looked up once. The key is the revision together with the digits: 38.32 is recovery of sorted
-- materials in Rev. 2 and landfilling in Rev. 2.1, so a code is never looked up in another revision than its
-- own. Points may be missing; a sub-class that the list does not have falls back to its NACE class.
with given as (
    select
        activity_code_given as code_given,
        activity_revision_code
    from {{ ref('int_organisation_mention') }}
    where activity_code_given is not null
    union
    select
        activity_code_given as code_given,
        activity_revision_code
    from {{ ref('int_flow_record') }}
    where activity_code_given is not null
),

bare as (
    select
        code_given,
        activity_revision_code,
        {{ alphanumeric('code_given') }} as bare_code
    from given
),

known as (
    select
        activity_code,
        activity_revision_code,
        {{ alphanumeric('notation') }} as bare_code
    from {{ ref('int_activity') }}
)

select
    bare.code_given,
    bare.activity_revision_code,
    coalesce(national.activity_code, class.activity_code) as activity_code,
    national.activity_code is null as is_class_only
from bare
left join known as national
    on bare.activity_revision_code = national.activity_revision_code and bare.bare_code = national.bare_code
left join known as class
    on
        class.activity_revision_code
        = case when bare.activity_revision_code in ('NAF2025', 'ATECO2025', 'NACE2.1') then 'NACE2.1' else 'NACE2.0' end
        and substr(bare.bare_code, 1, 4) = class.bare_code
where coalesce(national.activity_code, class.activity_code) is not null
