{{ config(materialized='table') }}

-- State of each stream at build time. A stream is stale when its source has not answered for longer than its
-- allowance (`stale_after_hours` of the source's identity card); its rows are then the last good ones.
{% set streams = [
    ('actif', 'flux'), ('elenco_sottoprodotti', 'iscrizioni'), ('tiers_lieux', 'lieux'),
    ('tiers_lieux', 'actualites'), ('synergie', 'depenses'), ('synergie', 'budgets'), ('synergie', 'demandes'),
    ('synergie', 'controles'), ('synergie', 'postes')
] %}
with stream as (
    {% for source_id, stream_name in streams %}
        select
            '{{ source_id }}' as source_id,
            '{{ stream_name }}' as stream_name,
            {{ var('stale_after_hours')[source_id] }} as stale_after_hours,
            (
                select count(*)
                from {{ source(source_id, stream_name) }}
                where deleted_at is null
            ) as record_count
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    stream.source_id,
    stream.stream_name,
    coalesce(
        state.last_good_at < current_timestamp - stream.stale_after_hours * interval '1 hour', true
    ) as is_stale,
    state.last_good_at,
    state.last_run_id,
    cast(stream.record_count as integer) as record_count
from stream
left join {{ source('ops', 'source_state') }} as state
    on stream.source_id = state.source and stream.stream_name = state.stream
