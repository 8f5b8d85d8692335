{#- Normalised text without the words for "and", which names write as a sign or as a word. -#}
{% macro without_and(expression) -%}
    nullif(btrim(regexp_replace({{ normalise_text(expression) }}, '\m(et|e|and|ed)\M ?', '', 'g')), '')
{%- endmacro %}
