{#-
  What a freshly built table needs before others join it. Statistics, of the columns in `meta.statistics` where the model
  names them: a sample of every column of a wide table costs more than building it. No autovacuum: the table is dropped
  by the next build, which would otherwise wait for a worker that looks at it. A table that keeps its rows keeps their
  statistics as well, until autovacuum finds enough changed.
-#}
{% macro ready_to_join(relation, model) -%}
    {% if model.config.materialized == 'table' %}
        {% set columns = model.config.get('meta', {}).get('statistics') %}
        alter table {{ relation }} set (autovacuum_enabled = false);
        analyze {{ relation }}{{ " (" ~ columns | join(", ") ~ ")" if columns }}
    {% elif model.config.materialized == 'incremental' and not is_incremental() %}
        analyze {{ relation }}
    {% endif %}
{%- endmacro %}
