{#- Lineage columns every staging model ends with: which record, run, landed part and position it came from. -#}
{% macro lineage_columns() -%}
    record_key,
    run_id,
    first_run_id,
    part,
    position,
    encode(payload_hash, 'hex') as payload_hash,
    fetched_at,
    loaded_at
{%- endmacro %}
