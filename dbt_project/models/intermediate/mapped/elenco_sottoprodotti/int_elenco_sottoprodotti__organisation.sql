{{ config(
    materialized='incremental', indexes=[{'columns': ['record_key'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('stg_elenco_sottoprodotti__iscrizioni'), ['record_key', 'payload_hash']) }}"
) }}

-- One row per register entry: the company and the local unit it speaks of, as the Registro Imprese gave them.
with mention as (
    select
        'elenco_sottoprodotti' as source_id,
        'iscrizioni' as stream_name,
        record_key,
        'operator' as role,
        coalesce(ragione_sociale, codice_fiscale, partita_iva) as name,
        unita_locale as site_name,
        'IT' as country_code,
        partita_iva as business_id_given,
        codice_fiscale as tax_id_given,
        n_rea as rea_given,
        codice_ateco as activity_code_given,
        {{ ateco_revision('data_iscrizione') }} as activity_revision_code,
        indirizzo as street_given,
        cap as postcode_given,
        comune as municipality_given,
        provincia as province_given,
        cast(null as text) as lau_given,
        cast(null as numeric) as latitude,
        cast(null as numeric) as longitude,
        telefono as phone_given,
        coalesce(email, pec) as email_given,
        sito as website_given,
        data_iscrizione as updated_on,
        true as is_publishable,
        payload_hash
    from {{ ref('stg_elenco_sottoprodotti__iscrizioni') }} as entry
    where
        {{ is_not_kept('entry', ['record_key']) }}
)

select
    *,
    {{ mention_id() }} as mention_id,
    {{ place_id() }} as place_id
from mention
where name is not null
