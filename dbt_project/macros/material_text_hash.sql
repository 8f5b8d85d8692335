{#- Key of a flow's text among the answers of the matching step, which builds the same in warehouse.matching. -#}
{% macro material_text_hash(flow) -%}
    md5({{ flow }}.material_language_code || '|' || coalesce({{ flow }}.flow_type_code, '') || '|' || {{ flow }}.material_text)
{%- endmacro %}
