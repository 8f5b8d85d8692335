{{ config(materialized='table', indexes=[{'columns': ['text_given'], 'unique': true}]) }}

-- The few distinct names and terms of the many expense lines, each normalised once.
select
    given.text_given,
    {{ normalise_text('given.text_given') }} as text_key,
    {{ country_code('given.text_given') }} as country_code
from (
    select distinct named.text_given
    from {{ ref('stg_synergie__depenses') }} as depense
    cross join
        unnest(array[
            depense.code_projet, depense.acronyme, depense.partenaire, depense.delegataire, depense.categorie,
            depense.methode, depense.type_piece, depense.statut, depense.pays
        ]) as named (text_given)
    where named.text_given is not null
) as given
