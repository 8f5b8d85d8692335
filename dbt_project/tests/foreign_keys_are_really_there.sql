{{ config(severity='error', meta={'owner': 'data-engineering'}, tags=['release']) }}

-- PostgreSQL drops the foreign keys that point at a table when dbt replaces that table, without a word. Every primary
-- and foreign key that the contracts declare must stand in pg_constraint of this build.
{% set tables = [
    'activity', 'budget', 'code_list', 'expense', 'flow', 'material', 'news_item', 'organisation',
    'organisation_identifier', 'partner', 'project', 'site', 'source_record', 'source_status', 'territory',
    'third_place', 'third_place_service', 'dim_date', 'dim_material', 'dim_organisation', 'dim_territory',
    'fct_expense', 'fct_flow', 'fct_third_place'
] %}
{% for table in tables %}
-- depends_on: {{ ref(table) }}
{% endfor %}

{% set expected = [] %}
{% if execute %}
    {% for node in graph.nodes.values() %}
        {% if node.resource_type == 'model' and node.name in tables %}
            {% for constraint in node.constraints %}
                {% if constraint.type in ('foreign_key', 'primary_key') %}
                    {% do expected.append((
                        node.schema, node.name, 'f' if constraint.type == 'foreign_key' else 'p',
                        constraint.columns | sort | join(',')
                    )) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endif %}

with expected (schema_name, table_name, constraint_kind, column_names) as (
    values
    {% for schema_name, table_name, kind, columns in expected %}
    ('{{ schema_name }}', '{{ table_name }}', '{{ kind }}', '{{ columns }}'){{ "," if not loop.last }}
    {% else %}
    ('none', 'no contract declares a key', 'f', 'none')
    {% endfor %}
),

actual as (
    select
        namespace.nspname as schema_name,
        class.relname as table_name,
        constraint_row.contype as constraint_kind,
        (
            select string_agg(attribute.attname, ',' order by attribute.attname collate "C")
            from pg_attribute as attribute
            where attribute.attrelid = class.oid and attribute.attnum = any(constraint_row.conkey)
        ) as column_names
    from pg_constraint as constraint_row
    inner join pg_class as class on constraint_row.conrelid = class.oid
    inner join pg_namespace as namespace on class.relnamespace = namespace.oid
    where constraint_row.contype in ('f', 'p')
)

select expected.*
from expected
left join actual
    on
        expected.schema_name = actual.schema_name
        and expected.table_name = actual.table_name
        and expected.constraint_kind = cast(actual.constraint_kind as text)
        and expected.column_names = actual.column_names
where actual.table_name is null
