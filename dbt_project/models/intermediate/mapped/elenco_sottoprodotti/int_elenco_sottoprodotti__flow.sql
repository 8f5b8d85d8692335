{{ config(
    materialized='incremental', indexes=[{'columns': ['record_key'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('stg_elenco_sottoprodotti__iscrizioni'), ['record_key', 'payload_hash']) }}"
) }}

-- Register entries in the words of the common model. The form has neither quantity nor waste code nor season: what
-- stands here was read in the free text by the connector, and says so (EXTRACTED). The activity is that of the process.
select
    'elenco_sottoprodotti' as source_id,
    'iscrizioni' as stream_name,
    entry.record_key,
    qualifica.code as direction_code,
    'BY_PRODUCT' as flow_type_code,
    'BY_PRODUCT' as legal_status_code,
    entry.nome_commerciale_sottoprodotto as material_text,
    entry.descrizione_sottoprodotto as material_description_text,
    'it' as material_language_code,
    entry.derived_eer_code as low_code_given,
    cast(null as boolean) as is_hazardous_given,
    entry.derived_quantity as quantity_given,
    -- The ends of a range ("100-150 q"), "at least" or "at most": no single number stands in the text then.
    case when entry.derived_quantity is null then entry.derived_quantity_min end as quantity_min_given,
    case when entry.derived_quantity is null then entry.derived_quantity_max end as quantity_max_given,
    case when coalesce(entry.derived_quantity, entry.derived_quantity_min, entry.derived_quantity_max) is not null then
            entry.derived_quantity_unit || coalesce('/' || case entry.derived_quantity_period
                when 'year' then 'anno'
                when 'month' then 'mese'
                when 'week' then 'settimana'
                when 'day' then 'giorno'
                when 'season' then 'stagione'
                when 'hour' then 'ora'
            end, '')
    end as unit_given,
    cast(null as text) as frequency_period_code,
    'EXTRACTED' as detail_origin_code,
    nullif(array_to_string(entry.derived_season_months, ','), '') as season_given,
    cast(null as text) as physical_state_code,
    cast(null as text) as treatment_given,
    'PUBLIC' as confidentiality_code,
    -- A state that the mapping does not know hides nothing; the coverage test reports it.
    coalesce(stato.is_active, true) as is_active,
    entry.codice_ateco as activity_code_given,
    {{ ateco_revision('entry.data_iscrizione') }} as activity_revision_code,
    'PROCESS' as activity_role_code,
    cast(null as text) as source_url,
    cast(null as date) as source_updated_date,
    entry.payload_hash
from {{ ref('stg_elenco_sottoprodotti__iscrizioni') }} as entry
left join {{ ref('_map_elenco_sottoprodotti__qualifica') }} as qualifica on entry.qualifica = qualifica.source_value
left join {{ ref('_map_elenco_sottoprodotti__stato') }} as stato
    on {{ normalise_text('entry.stato') }} = stato.source_value
where {{ is_not_kept('entry', ['record_key']) }}
