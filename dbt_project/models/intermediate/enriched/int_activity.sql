{{ config(materialized='table') }}

-- Every activity code of the nomenclatures in use, with the NACE class that makes it comparable.
with class as (
    select
        case nace_revision when '2.0' then 'NACE2.0' else 'NACE2.1' end as activity_revision_code,
        nace_revision,
        nace_class as notation,
        nace_class,
        nace_division,
        label_fr,
        label_it,
        label_en
    from {{ ref('nace_class') }}
),

national as (
    select
        nomenclature.code as activity_revision_code,
        naf_ateco.nace_revision,
        naf_ateco.code as notation,
        naf_ateco.nace_class,
        substr(naf_ateco.nace_class, 1, 2) as nace_division,
        naf_ateco.label_fr,
        naf_ateco.label_it,
        cast(null as text) as label_en
    from {{ ref('naf_ateco') }} as naf_ateco
    inner join {{ ref('_map_reference__nomenclature') }} as nomenclature
        on naf_ateco.nomenclature = nomenclature.source_value
),

code as (
    select * from class
    union all
    select * from national
)

select
    code.activity_revision_code || ':' || code.notation as activity_code,
    code.activity_revision_code,
    code.notation,
    code.nace_class as nace_class_code,
    code.nace_division as nace_division_code,
    coalesce(code.label_fr, class.label_fr) as activity_name_fr,
    coalesce(code.label_it, class.label_it) as activity_name_it,
    coalesce(code.label_en, class.label_en) as activity_name_en
from code
left join class on code.nace_revision = class.nace_revision and code.nace_class = class.nace_class
