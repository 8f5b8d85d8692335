{#- ISO 3166-1 alpha-2 code of a country written as a code or a French, Italian or English name; else NULL. -#}
{% macro country_code(expression) -%}
    case {{ normalise_text(expression) }}
        when 'fr' then 'FR' when 'fra' then 'FR' when 'france' then 'FR' when 'francia' then 'FR'
        when 'it' then 'IT' when 'ita' then 'IT' when 'italie' then 'IT' when 'italia' then 'IT' when 'italy' then 'IT'
        when 'ch' then 'CH' when 'che' then 'CH' when 'suisse' then 'CH' when 'svizzera' then 'CH'
        when 'switzerland' then 'CH'
        when 'mc' then 'MC' when 'mco' then 'MC' when 'monaco' then 'MC'
    end
{%- endmacro %}
