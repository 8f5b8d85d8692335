{{ config(severity='error', meta={'owner': 'data-engineering'}, tags=['release']) }}

-- Every published entity can be followed back to at least one record of a source.
{% set entities = {
    'organisation': 'organisation_id', 'flow': 'flow_id', 'third_place': 'third_place_id', 'news_item': 'news_item_id',
    'expense': 'expense_id', 'budget': 'budget_id'
} %}
{% for table, key in entities.items() %}
    select
        '{{ table }}' as entity_table_name,
        entity.{{ key }} as entity_id
    from {{ ref(table) }} as entity
    left join {{ ref('source_record') }} as lineage
        on lineage.entity_table_name = '{{ table }}' and entity.{{ key }} = lineage.entity_id
    where lineage.entity_id is null
    {{ "union all" if not loop.last }}
{% endfor %}
