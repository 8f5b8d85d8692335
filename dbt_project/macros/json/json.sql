{#-
  Access to the jsonb payload of raw tables. The source contract checked every type before the load, so the
  casts cannot fail on loaded rows. Another warehouse overrides `default__` by dispatch.
-#}
{% macro json_text(column, key) -%}
    {{ return(adapter.dispatch('json_text', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_text(column, key) -%}
    nullif({{ column }} ->> '{{ key }}', '')
{%- endmacro %}

{% macro json_numeric(column, key) -%}
    {{ return(adapter.dispatch('json_numeric', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_numeric(column, key) -%}
    cast({{ column }} ->> '{{ key }}' as numeric)
{%- endmacro %}

{% macro json_integer(column, key) -%}
    {{ return(adapter.dispatch('json_integer', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_integer(column, key) -%}
    cast({{ column }} ->> '{{ key }}' as integer)
{%- endmacro %}

{% macro json_date(column, key) -%}
    {{ return(adapter.dispatch('json_date', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_date(column, key) -%}
    cast({{ column }} ->> '{{ key }}' as date)
{%- endmacro %}

{% macro json_timestamp(column, key) -%}
    {{ return(adapter.dispatch('json_timestamp', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_timestamp(column, key) -%}
    cast({{ column }} ->> '{{ key }}' as timestamptz)
{%- endmacro %}

{% macro json_boolean(column, key) -%}
    {{ return(adapter.dispatch('json_boolean', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_boolean(column, key) -%}
    cast({{ column }} ->> '{{ key }}' as boolean)
{%- endmacro %}

{#- Array of texts in the payload as text[]; a missing key, null and [] give an empty array. -#}
{% macro json_text_array(column, key) -%}
    {{ return(adapter.dispatch('json_text_array', 'traforo')(column, key)) }}
{%- endmacro %}
{% macro default__json_text_array(column, key) -%}
    array(
        select element.value
        from jsonb_array_elements_text(
            case when jsonb_typeof({{ column }} -> '{{ key }}') = 'array' then {{ column }} -> '{{ key }}' else '[]' end
        ) as element (value)
    )
{%- endmacro %}
