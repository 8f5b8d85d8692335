{#-
  Incremental models keep their rows from build to build. What a row depends on is either its key alone (a text, a
  name, a place as given) or its key and the hash of its record, so a row whose key and hash still stand in the input
  is right as it is. All else that it depends on is code and lists: when one of them has changed, or when a build has
  failed, `warehouse.dbt` builds with --full-refresh. Nothing here compares times, so nothing can arrive too late.
-#}

{#- Whether this build takes over the rows of the last one; never in a unit test, which has none. -#}
{% macro keeps_rows() -%}
    {{ return(this is not none and is_incremental()) }}
{%- endmacro %}

{#- Condition: the kept table has no row with these columns of `alias`. The columns must not be empty. -#}
{% macro is_not_kept(alias, columns) -%}
    {%- if keeps_rows() -%}
    not exists (
        select 1 from {{ this }} as kept
        where {% for column in columns %}kept.{{ column }} = {{ alias }}.{{ column }}{{ " and " if not loop.last }}{% endfor %}
    )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook: rows whose key has left `relation`, the input, leave the kept table. -#}
{% macro forget_gone(relation, columns) -%}
    {%- if keeps_rows() -%}
    delete from {{ this }} as kept
    where not exists (
        select 1 from {{ relation }} as live
        where {% for column in columns %}kept.{{ column }} = live.{{ column }}{{ " and " if not loop.last }}{% endfor %}
    )
    {%- endif -%}
{%- endmacro %}
