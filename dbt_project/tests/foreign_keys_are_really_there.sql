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

with declared as (
    select key_row.* from {{ declared_keys(tables) }} as key_row (schema_name, table_name, constraint_kind, column_names)
),

actual as (
    select
        namespace.nspname as schema_name,
        class.relname as table_name,
        key_row.contype as constraint_kind,
        array(
            select attribute.attname
            from pg_attribute as attribute
            where attribute.attrelid = class.oid and attribute.attnum = any(key_row.conkey)
        ) as column_names
    from pg_constraint as key_row
    inner join pg_class as class on key_row.conrelid = class.oid
    inner join pg_namespace as namespace on class.relnamespace = namespace.oid
    where key_row.contype in ('f', 'p')
)

select declared.*
from declared
left join actual
    on
        declared.schema_name = actual.schema_name
        and declared.table_name = actual.table_name
        and declared.constraint_kind = cast(actual.constraint_kind as text)
        and string_to_array(declared.column_names, ',') @> cast(actual.column_names as text[])
        and string_to_array(declared.column_names, ',') <@ cast(actual.column_names as text[])
where actual.table_name is null
