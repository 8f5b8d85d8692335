{#-
  A company name without its legal form, as a key. Forms are country-scoped: Italian "S.a.s." is a società in
  accomandita semplice, French "SAS" a société par actions simplifiée, and "SA" is also an Italian initial.
  A remark in brackets is not part of the name.
  Expects the raw name; NULL when only the form is left.
-#}
{% macro company_key(name, country) -%}
    nullif(btrim(regexp_replace(regexp_replace(
        ' ' || {{ normalise_text("regexp_replace(" ~ name ~ ", '\\([^)]*\\)', ' ', 'g')") }} || ' ',
        case {{ country }}
            when 'IT' then ' (s ?r ?l ?s?|s ?p ?a|s ?a ?s|s ?n ?c|s ?s|s ?a ?p ?a|s ?c ?a ?r ?l|s ?c ?r ?l|soc(ieta)? coop(erativa)?( sociale| agricola| a r ?l)*|societa a responsabilita limitata( semplificata)?|societa per azioni|societa semplice|societa in (accomandita semplice|nome collettivo|accomandita per azioni)|impresa individuale|ditta( individuale)?|societa agricola( semplice)?|consorzio|onlus|ets|aps|srl unipersonale|unipersonale|e c|di) '
            else ' (s ?a ?r ?l|s ?a ?s ?u?|s ?a|e ?u ?r ?l|s ?n ?c|s ?c ?i ?c|s ?c ?o ?p|s ?c ?i|g ?i ?e|g ?a ?e ?c|e ?a ?r ?l|s ?c ?e ?a|e ?i ?r ?l|e ?i|selarl|scop( sarl| sa)?|societe( anonyme| par actions simplifiee( unipersonnelle)?| a responsabilite limitee| en nom collectif| civile| cooperative( d interet collectif)?)|entreprise individuelle|association|ets|etablissements|et cie|cie) '
        end, ' ', 'g'), ' +', ' ', 'g')), '')
{%- endmacro %}
