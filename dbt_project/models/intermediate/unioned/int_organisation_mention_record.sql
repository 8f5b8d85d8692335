-- Every record that speaks of an organisation, all sources, before mentions that say the same are put together.
{% set parts = ['int_actif__organisation', 'int_tiers_lieux__organisation'] %}
with mentions as (
    {% for part in parts %}
    select * from {{ ref(part) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    *,
    {{ hash_of([
        'source', 'role', 'name', 'site_name', 'country_code', 'business_id_given', 'tax_id_given', 'rea_given',
        'street', 'postcode_given', 'municipality_given', 'province_given', 'lau_given', 'latitude', 'longitude'
    ]) }} as mention_id,
    {{ place_id() }} as place_id
from mentions
where name is not null
