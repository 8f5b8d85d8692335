{#-
  Primary and foreign keys that the contracts of the given models declare, as a row source with the columns schema,
  table, kind (p or f) and sorted column names. Empty contracts give one row that no database has, so that a test on
  it cannot pass by finding nothing.
-#}
{% macro declared_keys(model_names) -%}
    {%- set keys = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name in model_names -%}
            {%- for constraint in node.constraints if constraint.type in ('foreign_key', 'primary_key') -%}
                {%- do keys.append((
                    node.schema, node.name, 'f' if constraint.type == 'foreign_key' else 'p',
                    constraint.columns | sort | join(',')
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    (
        values
        {%- for schema_name, table_name, kind, columns in keys %}
        ('{{ schema_name }}', '{{ table_name }}', '{{ kind }}', '{{ columns }}'){{ "," if not loop.last }}
        {%- else %}
        ('none', 'no contract declares a key', 'f', 'none')
        {%- endfor %}
    )
{%- endmacro %}
