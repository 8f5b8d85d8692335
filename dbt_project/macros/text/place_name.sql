{#- Words for the kind of a third place in its name, sorted: two names of different kinds are not one name misspelt. -#}
{% macro place_kind_words() -%}
    coworking|cowork|fablab|fab|lab|labo|foodlab|makerspace|atelier|ateliers|laboratorio|officina|mediatheque|bibliotheque|biblioteca|centre|centro|casa|maison|cafe|caffe|point|punto|digitale|numerique
{%- endmacro %}

{% macro place_kinds(name) -%}
    array(
        select found.word[1]
        from regexp_matches({{ normalise_text(name) }}, '\m({{ place_kind_words() }})\M', 'g') as found (word)
        order by 1
    )
{%- endmacro %}

{#-
  Name of a third place as a key: articles, small words and the word for "place" itself carry nothing ("La Bottega delle
  Cime" = "Spazio Bottega Cime"), and blanks are dropped ("Fab Lab" = "Fablab"). With `core`, remarks in brackets and the words for the
  kind of place go too: what is left must be distinctive enough to be compared letter by letter. Falls back to the whole name.
-#}
{% macro place_name_key(name, core=false) -%}
    {%- set small = "la|le|les|l|lo|il|i|gli|un|une|una|de|du|des|d|di|del|della|dei|delle|degli|dello|dell|da|et|e|and|a|au|aux|al|alla" -%}
    {%- set place = "spazio|spazi|hub|espace|espaces|tiers|lieu|lieux|tierslieu|tierslieux|luogo|asso|association|associazione" -%}
    {%- set kind = place_kind_words() | trim -%}
    {%- set bare = "regexp_replace(" ~ name ~ ", '\\([^)]*\\)', ' ', 'g')" if core else name -%}
    coalesce(
        nullif(replace(regexp_replace(
            {{ normalise_text(bare) }}, '\m({{ small }}|{{ place }}{{ "|" ~ kind if core }})\M', '', 'g'), ' ', ''), ''),
        {{ "''" if core else "replace(" ~ normalise_text(name) ~ ", ' ', '')" }}
    )
{%- endmacro %}
