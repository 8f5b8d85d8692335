-- Run, time and content hash of every live record of every stream.
{% set streams = [
    ('actif', 'flux'), ('elenco_sottoprodotti', 'iscrizioni'), ('tiers_lieux', 'lieux'),
    ('tiers_lieux', 'actualites'), ('synergie', 'depenses'), ('synergie', 'budgets'),
    ('synergie', 'postes')
] %}
{% for source_id, stream_name in streams %}
    select
        '{{ source_id }}' as source_id,
        '{{ stream_name }}' as stream_name,
        record_key,
        run_id,
        fetched_at,
        payload_hash
    from {{ ref('stg_' ~ source_id ~ '__' ~ stream_name) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
