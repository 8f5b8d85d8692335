{#-
  Street line as a key: the usual French and Italian abbreviations opened and the words sorted, so that
  "av. du Lac, 3" and "3 avenue du Lac" are the same.
-#}
{% macro street_key(expression) -%}
    {%- set opened -%}
        regexp_replace(regexp_replace(regexp_replace(
            {{ normalise_text(expression) }}, '\mc so\M', 'corso'), '\mp z?za\M', 'piazza'), '\mv le\M', 'viale')
    {%- endset -%}
    (
        select string_agg(opened_word.word, ' ' order by opened_word.word collate "C")
        from (
            select
                case part.word
                    when 'av' then 'avenue' when 'ave' then 'avenue'
                    when 'bd' then 'boulevard' when 'bld' then 'boulevard' when 'blvd' then 'boulevard'
                    when 'rte' then 'route' when 'r' then 'rue'
                    when 'ch' then 'chemin' when 'che' then 'chemin'
                    when 'pl' then 'place' when 'imp' then 'impasse' when 'all' then 'allee'
                    when 'za' then 'zone artisanale' when 'zi' then 'zone industrielle' when 'zac' then 'zone activite'
                    when 'str' then 'strada' when 'fraz' then 'frazione' when 'loc' then 'localita'
                    when 'v' then 'via' when 'reg' then 'regione'
                    else part.word
                end as word
            from regexp_split_to_table({{ opened }}, ' ') as part (word)
        ) as opened_word
    )
{%- endmacro %}
