{#- First value that is not null in the order of `rank_column`: survivorship field by field. -#}
{% macro survivor(expression, rank_column) -%}
    {{ return(adapter.dispatch('survivor', 'traforo')(expression, rank_column)) }}
{%- endmacro %}
{% macro default__survivor(expression, rank_column) -%}
    (array_agg({{ expression }} order by {{ rank_column }}) filter (where {{ expression }} is not null))[1]
{%- endmacro %}
