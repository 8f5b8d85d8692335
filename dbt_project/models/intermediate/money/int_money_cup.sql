{{ config(materialized='table') }}

-- Public investment codes that each partner's lines name, with what they declare; without any, cup_code is NULL.
with named as (
    select
        project_id,
        partner_id,
        {{ alphanumeric('cup_given') }} as cup_code,
        sum(amount_declared_eur) as amount_declared_eur
    from (
        select
            project_id,
            partner_id,
            cup_given,
            sum(amount_declared_eur) as amount_declared_eur
        from {{ ref('int_money_total') }}
        group by project_id, partner_id, cup_given
    ) as given
    group by project_id, partner_id, {{ alphanumeric('cup_given') }}
)

select
    named.project_id,
    named.partner_id,
    partner.country_code as partner_country_code,
    named.cup_code,
    named.amount_declared_eur
from named
inner join {{ ref('int_partner') }} as partner on named.partner_id = partner.partner_id
