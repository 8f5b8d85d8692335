{#-
  Street line as a key: the usual French and Italian abbreviations opened, so that "av. du Lac, 3" and
  "3 avenue du Lac" differ only in order; the words are then sorted.
-#}
{% macro street_key(expression) -%}
    {%- set abbreviations = [
        ('av', 'avenue'), ('ave', 'avenue'), ('bd', 'boulevard'), ('bld', 'boulevard'), ('blvd', 'boulevard'),
        ('rte', 'route'), ('ch', 'chemin'), ('che', 'chemin'), ('pl', 'place'), ('imp', 'impasse'), ('all', 'allee'),
        ('za', 'zone artisanale'), ('zi', 'zone industrielle'), ('zac', 'zone activite'), ('r', 'rue'),
        ('c so', 'corso'), ('p za', 'piazza'), ('p zza', 'piazza'), ('v le', 'viale'), ('str', 'strada'),
        ('fraz', 'frazione'), ('loc', 'localita'), ('v', 'via'), ('reg', 'regione')
    ] -%}
    {%- set ns = namespace(sql="' ' || " ~ normalise_text(expression) ~ " || ' '") -%}
    {%- for short, long in abbreviations -%}
        {%- set ns.sql = "replace(" ~ ns.sql ~ ", ' " ~ short ~ " ', ' " ~ long ~ " ')" -%}
    {%- endfor -%}
    (
        select string_agg(part.word, ' ' order by part.word collate "C")
        from regexp_split_to_table(btrim({{ ns.sql }}), ' ') as part (word)
        where part.word <> ''
    )
{%- endmacro %}
