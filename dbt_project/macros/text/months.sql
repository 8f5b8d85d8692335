{#-
  Month number (1-12) that a normalised word names in French, Italian or English, else NULL. Whole words and the
  usual abbreviations only: "mar" is March here because the macro reads season texts, never prose.
-#}
{% macro month_number(word) -%}
    case
        when {{ word }} in ('janvier', 'janv', 'jan', 'gennaio', 'genn', 'gen', 'january') then 1
        when {{ word }} in ('fevrier', 'fevr', 'fev', 'febbraio', 'febbr', 'feb', 'february') then 2
        when {{ word }} in ('mars', 'mar', 'marzo', 'march') then 3
        when {{ word }} in ('avril', 'avr', 'aprile', 'apr', 'april') then 4
        when {{ word }} in ('mai', 'maggio', 'magg', 'mag', 'may') then 5
        when {{ word }} in ('juin', 'giugno', 'giu', 'june', 'jun') then 6
        when {{ word }} in ('juillet', 'juil', 'luglio', 'lug', 'july', 'jul') then 7
        when {{ word }} in ('aout', 'agosto', 'ago', 'august', 'aug') then 8
        when {{ word }} in ('septembre', 'sept', 'sep', 'settembre', 'sett', 'set', 'september') then 9
        when {{ word }} in ('octobre', 'oct', 'ottobre', 'ott', 'october') then 10
        when {{ word }} in ('novembre', 'nov', 'november') then 11
        when {{ word }} in ('decembre', 'dec', 'dicembre', 'dic', 'december') then 12
        when {{ word }} ~ '^(0?[1-9]|1[0-2])$' then cast({{ word }} as integer)
    end
{%- endmacro %}

{#- Bits of the months (bit 0 January to bit 11 December) of a season that one word names; else NULL. -#}
{% macro season_bits(word) -%}
    case
        when {{ word }} in ('printemps', 'primavera', 'spring') then 28
        when {{ word }} in ('ete', 'estate', 'summer') then 224
        when {{ word }} in ('automne', 'autunno', 'autumn') then 1792
        when {{ word }} in ('hiver', 'inverno', 'winter') then 2051
        when {{ word }} in ('annee', 'annuel', 'anno', 'annuale', 'continu', 'continue', 'continuo', 'continua', 'year')
            then 4095
    end
{%- endmacro %}

{#- Months of a mask as "09,10,11"; NULL without months. -#}
{% macro months_of_mask(mask) -%}
    nullif(concat_ws(
        ','
        {%- for month in range(12) %},
        case when ({{ mask }} & {{ 2 ** month }}) > 0 then '{{ "%02d" | format(month + 1) }}' end
        {%- endfor %}
    ), '')
{%- endmacro %}
