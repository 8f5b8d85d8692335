{#- Text without accents, ligatures opened, lower case: the base of every comparison of names. -#}
{% macro unaccent(expression) -%}
    {{ return(adapter.dispatch('unaccent', 'traforo')(expression)) }}
{%- endmacro %}
{#- Compatibility decomposition, then combining marks dropped: no extension is needed, any locale works. -#}
{% macro default__unaccent(expression) -%}
    lower(regexp_replace(normalize(replace(replace(replace(replace(replace({{ expression }}, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss'), nfkd), U&'[\0300-\036F]', '', 'g'))
{%- endmacro %}

{#- Unaccented words of letters and digits, one blank between. NULL when nothing is left. -#}
{% macro normalise_text(expression) -%}
    nullif(btrim(regexp_replace({{ unaccent(expression) }}, '[^a-z0-9]+', ' ', 'g')), '')
{%- endmacro %}

{#-
  Place name as a key: saint/st, sainte/ste and the Italian santo forms are one spelling, "sur", "lès" written
  short are opened, trailing "cedex 3" and a bracketed or dashed province ("Borgomanero - NO") are dropped.
-#}
{% macro normalise_place(expression) -%}
    {%- set bare -%}
        regexp_replace({{ expression }}, '(\s+(cedex|CEDEX|Cedex)(\s+\d+)?\s*$|\s*[(\-–]\s*[A-Z]{2}\s*\)?\s*$)', '')
    {%- endset -%}
    nullif(btrim(replace(replace(replace(replace(replace(
        ' ' || {{ normalise_text(bare) }} || ' ',
        ' st ', ' saint '), ' ste ', ' sainte '), ' s ', ' san '), ' s lez ', ' les '), ' ss ', ' santi ')), '')
{%- endmacro %}

{#- Digits of a text, or NULL. -#}
{% macro digits(expression) -%}
    nullif(regexp_replace({{ expression }}, '[^0-9]', '', 'g'), '')
{%- endmacro %}

{#- Letters and digits in upper case, as identifiers are compared. NULL when nothing is left. -#}
{% macro alphanumeric(expression) -%}
    nullif(upper(regexp_replace({{ expression }}, '[^0-9A-Za-z]', '', 'g')), '')
{%- endmacro %}
