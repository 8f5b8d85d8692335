{#-
  Hash of several values as text, NULL kept apart from blank. Used for surrogate ids: the inputs are raw values,
  so that a better cleaning rule never changes an id.
-#}
{% macro hash_of(expressions) -%}
    md5(concat_ws(
        '|',
        {%- for expression in expressions %}
        coalesce(cast({{ expression }} as text), chr(1)){{ "," if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{#-
  Columns that describe a place in every mapped model, and its key: the place model resolves each distinct
  description once, however many records repeat it.
-#}
{% macro place_id() -%}
    {{ hash_of([
        'country_code', 'lau_given', 'postcode_given', 'municipality_given', 'province_given', 'latitude', 'longitude'
    ]) }}
{%- endmacro %}

{#- Key of what code, postcode and names say about a place, without its point. -#}
{% macro place_text_id() -%}
    {{ hash_of(['country_code', 'lau_given', 'postcode_given', 'municipality_given', 'province_given']) }}
{%- endmacro %}

{#-
  Id of one distinct thing said about an organisation, over the columns that every mapped organisation has. ACTIF repeats
  the company on each of its flows: what is worked out for a mention is worked out once.
-#}
{% macro mention_id() -%}
    {{ hash_of([
        'source_id', 'role', 'name', 'site_name', 'country_code', 'business_id_given', 'tax_id_given', 'rea_given',
        'street_given', 'postcode_given', 'municipality_given', 'province_given', 'lau_given', 'latitude', 'longitude'
    ]) }}
{%- endmacro %}
