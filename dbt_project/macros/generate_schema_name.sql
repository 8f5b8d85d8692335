{#- Layers have fixed schemas; marts go to the schema of the release being built (profile `schema`). -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none or custom_schema_name == 'build' -%}
        {{ target.schema }}
    {%- elif custom_schema_name in ('build_bi', 'build_finance') -%}
        {{ target.schema }}{{ custom_schema_name | replace('build', '', 1) }}
    {%- else -%}
        {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
