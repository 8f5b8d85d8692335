{#-
  A table with its contract, as dbt-postgres makes it, but the keys come after the rows: one pass over each key instead of
  a look-up a row. Foreign keys are added in the order of the tables that they lock, so that two models which are built
  at the same time never wait for each other.
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if not config.get('contract').enforced or temporary -%}
        {{ config.get('sql_header') or '' }}
        create {{ 'temporary' if temporary else 'unlogged' if config.get('unlogged', false) }} table {{ relation }} as (
            {{ sql }}
        );
    {%- else -%}
        {{ get_assert_columns_equivalent(sql) }}
        create table {{ relation }} ({{ adapter.render_raw_columns_constraints(raw_columns=model['columns']) | join(', ') }});
        insert into {{ relation }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
        {{ get_select_subquery(sql) }};
        {%- set keys = {} -%}
        {%- for key in adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
            {%- do keys.update({(key.split('references') | last) if 'references' in key else '': keys.get(
                (key.split('references') | last) if 'references' in key else '', []) + [key]}) -%}
        {%- endfor -%}
        {%- for table in keys | sort -%}
            {%- for key in keys[table] %}
        alter table {{ relation }} add {{ key }};
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
