{#- Layers have fixed schemas; marts go to the schema of the release being built (profile `schema`). -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none or custom_schema_name == 'build' -%}
        {{ target.schema }}
    {%- elif custom_schema_name == 'build_bi' -%}
        {{ target.schema }}_bi
    {%- else -%}
        {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
