{#- NAF nomenclature of a French activity code: the final letter tells (GHJKLY in NAF 2025, ABCDEFZ in NAF rév. 2). -#}
{% macro naf_revision(expression) -%}
    case when upper(right(btrim({{ expression }}), 1)) in ('G', 'H', 'J', 'K', 'L', 'Y') then 'NAF2025' else 'NAFR2' end
{%- endmacro %}

{#- ATECO edition in force on a day; the register keeps the code of the day of registration. -#}
{% macro ateco_revision(day) -%}
    case
        when {{ day }} >= date '2025-01-01' then 'ATECO2025'
        when {{ day }} >= date '2022-01-01' then 'ATECO2022'
        else 'ATECO2007'
    end
{%- endmacro %}
