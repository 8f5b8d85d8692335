{{ config(materialized='table') }}

-- Every record that speaks of an organisation, all sources, before mentions that say the same are put together.
{% set parts = [
    'int_actif__organisation', 'int_elenco_sottoprodotti__organisation', 'int_tiers_lieux__organisation',
    'int_synergie__organisation'
] %}
with mentions as (
    {% for part in parts %}
        select * from {{ ref(part) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    *,
    {{ hash_of([
        'source_id', 'role', 'name', 'site_name', 'country_code', 'business_id_given', 'tax_id_given', 'rea_given',
        'street_given', 'postcode_given', 'municipality_given', 'province_given', 'lau_given', 'latitude', 'longitude'
    ]) }} as mention_id,
    {{ place_id() }} as place_id
from mentions
where name is not null
