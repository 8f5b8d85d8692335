{#-
  Content words of a normalised text as a sorted array of stems: small words dropped, plural and gender endings cut the
  way each language forms them (fr: s, x, e, es, aux; it: the final vowel, with ch/gh before it). A stem is a key for
  comparing words of one language and nothing to show.
-#}
{% macro stems(normalised_text, language) -%}
    array(
        select distinct
            case
                when {{ language }} = 'fr' and length(part.word) > 3
                    then regexp_replace(regexp_replace(part.word, 'aux$', 'al'), '(es|e|s|x)$', '')
                when {{ language }} = 'it' and length(part.word) > 3
                    then regexp_replace(part.word, 'h?[aeio]$', '')
                else regexp_replace(part.word, 's$', '')
            end
        from regexp_split_to_table({{ normalised_text }}, ' ') as part (word)
        where part.word not in (
            'de', 'du', 'des', 'd', 'la', 'le', 'les', 'l', 'en', 'et', 'a', 'au', 'aux', 'un', 'une', 'pour', 'par', 'sur',
            'di', 'del', 'della', 'dei', 'delle', 'degli', 'dello', 'da', 'dal', 'dalla', 'e', 'il', 'lo', 'i', 'gli', 'in',
            'per', 'con', 'al', 'alla', 'of', 'the', 'from', 'and'
        )
        order by 1
    )
{%- endmacro %}
