{{ config(
    materialized='incremental', indexes=[{'columns': ['place_text_id'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('int_place_given'), ['place_text_id']) }}"
) }}

-- Commune of a place as its code, postcode and names say, best evidence first. Zeros that a spreadsheet dropped
-- (code 4070 for 04070, CAP 195 for 00195) are put back only to look a value up; what the source gave stays as it is.
-- A code that is contradicted by both name and postcode is not believed: postcodes do stand in code columns.
with given as (
    select distinct
        place.place_text_id,
        place.country_code,
        place.lau_given,
        place.postcode_given,
        place.municipality_given,
        place.province_given
    from {{ ref('int_place_given') }} as place
    where {{ is_not_kept('place', ['place_text_id']) }}
),

clean as (
    select
        *,
        case
            when country_code = 'IT' then lpad({{ digits('lau_given') }}, 6, '0')
            else lpad({{ alphanumeric('lau_given') }}, 5, '0')
        end as lau_lookup,
        lpad({{ digits('postcode_given') }}, 5, '0') as postcode,
        {{ normalise_place('municipality_given') }} as name_key,
        {{ normalise_text('province_given') }} as province_key
    from given
),

keyed as (
    select
        clean.*,
        row_number() over () as place_number,
        province.nuts_code as nuts3_code
    from clean
    left join lateral (
        select nuts.nuts_code
        from {{ ref('nuts') }} as nuts
        where
            nuts.nuts_level = 3
            and (clean.country_code is null or nuts.country_code = clean.country_code)
            and (
                lower(nuts.national_code) = clean.province_key
                or lpad(clean.province_key, 2, '0') = nuts.national_code
                or {{ normalise_text('nuts.name_fr') }} = clean.province_key
                or {{ normalise_text('nuts.name_it') }} = clean.province_key
            )
        order by nuts.nuts_code
        limit 1
    ) as province on true
),

alias as (
    select distinct
        lau_alias.country_code,
        lau_alias.lau_code,
        {{ normalise_place('lau_alias.name') }} as name_key
    from {{ ref('lau_alias') }} as lau_alias
),

by_code as (
    select
        keyed.place_number,
        lau.lau_code,
        'MUNICIPALITY_CODE' as method,
        1 as step,
        keyed.name_key is null
        or exists (
            select 1 from alias
            where alias.lau_code = lau.lau_code and alias.country_code = lau.country_code and alias.name_key = keyed.name_key
        ) as name_agrees,
        keyed.postcode is null
        or exists (
            select 1 from {{ ref('postcode_lau') }} as postcode_lau
            where
                postcode_lau.lau_code = lau.lau_code
                and postcode_lau.country_code = lau.country_code
                and postcode_lau.postcode = keyed.postcode
        ) as postcode_agrees
    from keyed
    left join {{ ref('lau_former') }} as former
        on keyed.lau_lookup = former.former_code and coalesce(keyed.country_code, former.country_code) = former.country_code
    inner join {{ ref('territory_lau') }} as lau
        on
            coalesce(former.lau_code, keyed.lau_lookup) = lau.lau_code
            and coalesce(keyed.country_code, lau.country_code) = lau.country_code
),

by_postcode_and_name as (
    select
        keyed.place_number,
        min(alias.lau_code) as lau_code,
        'POSTCODE_AND_NAME' as method,
        2 as step
    from keyed
    inner join alias
        on keyed.name_key = alias.name_key and coalesce(keyed.country_code, alias.country_code) = alias.country_code
    inner join {{ ref('postcode_lau') }} as postcode_lau
        on
            keyed.postcode = postcode_lau.postcode
            and alias.lau_code = postcode_lau.lau_code
            and alias.country_code = postcode_lau.country_code
    group by keyed.place_number
    having count(distinct alias.lau_code) = 1
),

by_name_in_province as (
    select
        keyed.place_number,
        min(alias.lau_code) as lau_code,
        'PROVINCE_AND_NAME' as method,
        3 as step
    from keyed
    inner join alias
        on keyed.name_key = alias.name_key and coalesce(keyed.country_code, alias.country_code) = alias.country_code
    inner join {{ ref('territory_lau') }} as lau
        on alias.lau_code = lau.lau_code and alias.country_code = lau.country_code
    where
        lau.nuts3_code = keyed.nuts3_code
        or (lau.country_code = 'FR' and lau.department_or_province = substr(keyed.postcode, 1, 2))
        or (
            lau.country_code = 'IT'
            and exists (
                select 1 from {{ ref('postcode_lau') }} as near
                where near.lau_code = lau.lau_code and substr(near.postcode, 1, 3) = substr(keyed.postcode, 1, 3)
            )
        )
    group by keyed.place_number
    having count(distinct alias.lau_code) = 1
),

by_name as (
    select
        keyed.place_number,
        min(alias.lau_code) as lau_code,
        'NAME' as method,
        4 as step
    from keyed
    inner join alias on keyed.name_key = alias.name_key and keyed.country_code = alias.country_code
    where keyed.postcode is null and keyed.nuts3_code is null
    group by keyed.place_number
    having count(distinct alias.lau_code) = 1
),

by_postcode as (
    select
        keyed.place_number,
        postcode_lau.lau_code,
        'POSTCODE' as method,
        5 as step
    from keyed
    inner join {{ ref('postcode_lau') }} as postcode_lau
        on keyed.postcode = postcode_lau.postcode and keyed.country_code = postcode_lau.country_code
    where postcode_lau.lau_count = 1 and keyed.name_key is null
),

clear as (
    select
        place_number,
        lau_code,
        method,
        step
    from by_code
    where name_agrees or postcode_agrees
    union all
    select * from by_postcode_and_name
    union all
    select * from by_name_in_province
    union all
    select * from by_name
    union all
    select * from by_postcode
),

-- What is left over is often misspelt: the name nearest in spelling among the communes of the postcode, or, spelt nearer,
-- among those of the province. Two communes equally near decide nothing.
misspelt as (
    select
        keyed.place_number,
        alias.lau_code,
        {{ text_similarity('keyed.name_key', 'alias.name_key') }} as similarity,
        exists(
            select 1 from {{ ref('postcode_lau') }} as served
            where
                served.lau_code = alias.lau_code
                and served.country_code = alias.country_code
                and served.postcode = keyed.postcode
        ) as is_served
    from keyed
    inner join {{ ref('territory_lau') }} as lau
        on
            keyed.country_code = lau.country_code
            and (
                keyed.nuts3_code = lau.nuts3_code
                or (lau.country_code = 'FR' and lau.department_or_province = substr(keyed.postcode, 1, 2))
            )
    inner join alias on lau.lau_code = alias.lau_code and lau.country_code = alias.country_code
    where
        length(keyed.name_key) >= 4
        and not exists (
            select 1 from clear
            where clear.place_number = keyed.place_number
        )
),

by_spelling as (
    select distinct on (place_number)
        place_number,
        lau_code,
        'FUZZY_NAME' as method,
        6 as step,
        similarity - coalesce(lead(similarity) over (
            partition by place_number
            order by is_served desc, similarity desc
        ), 0) as lead_over_next
    from (
        select
            place_number,
            lau_code,
            is_served,
            max(similarity) as similarity
        from misspelt
        where similarity >= case when is_served then 0.25 else 0.5 end
        group by place_number, lau_code, is_served
    ) as near
    order by place_number asc, is_served desc, similarity desc
),

candidate as (
    select * from clear
    union all
    select
        place_number,
        lau_code,
        method,
        step
    from by_spelling
    where lead_over_next > 0
),

best as (
    select distinct on (place_number)
        place_number,
        lau_code,
        method
    from candidate
    order by place_number, step, lau_code
)

select
    keyed.place_text_id,
    keyed.country_code,
    keyed.lau_given,
    keyed.postcode_given,
    keyed.municipality_given,
    keyed.province_given,
    best.lau_code,
    best.method,
    -- The value that led to the commune had lost its leading zero in the source.
    coalesce(
        (best.method = 'MUNICIPALITY_CODE' and keyed.lau_lookup <> upper(btrim(keyed.lau_given)))
        or (best.method like 'POSTCODE%' and keyed.postcode <> btrim(keyed.postcode_given)),
        false
    ) as is_zero_restored,
    -- Where no commune is found, the département or provincia still is, when its name or the postcode tells.
    coalesce(lau.nuts3_code, keyed.nuts3_code, department.nuts_code) as nuts3_code,
    coalesce(lau.country_code, keyed.country_code) as resolved_country_code,
    case
        when exists (
                select 1 from {{ ref('postcode_lau') }} as known
                where known.lau_code = best.lau_code and known.postcode = keyed.postcode
            ) then keyed.postcode
        else keyed.postcode_given
    end as postcode
from keyed
left join best on keyed.place_number = best.place_number
left join {{ ref('territory_lau') }} as lau
    on best.lau_code = lau.lau_code and coalesce(keyed.country_code, lau.country_code) = lau.country_code
left join {{ ref('nuts') }} as department
    on
        keyed.country_code = 'FR'
        and department.nuts_level = 3
        and department.country_code = 'FR'
        and substr(keyed.postcode, 1, 2) = department.national_code
