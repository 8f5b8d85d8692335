-- Every record that speaks of an organisation, all sources, before mentions that say the same are put together.
{% set parts = [
    'int_actif__organisation', 'int_elenco_sottoprodotti__organisation', 'int_tiers_lieux__organisation',
    'int_synergie__organisation'
] %}
{% for part in parts %}
    select
        source_id,
        stream_name,
        record_key,
        role,
        name,
        site_name,
        country_code,
        business_id_given,
        tax_id_given,
        rea_given,
        activity_code_given,
        activity_revision_code,
        street_given,
        postcode_given,
        municipality_given,
        province_given,
        lau_given,
        latitude,
        longitude,
        phone_given,
        email_given,
        website_given,
        updated_on,
        is_publishable,
        mention_id,
        place_id
    from {{ ref(part) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
