{{ config(materialized='ephemeral') }}

-- What the frequency says about the period of the quantity. The contract counts per year unless the unit says
-- otherwise; "mensuel" or "continu" describe how often the flow runs, not what the number counts, so they are mapped
-- to nothing on purpose. Only a flow that happens once, or per batch, has no yearly quantity.
select
    source_value,
    code
from (
    values
    ('annuel', 'YEAR'),
    ('annuelle', 'YEAR'),
    ('par an', 'YEAR'),
    ('ponctuel', 'ONE_OFF'),
    ('ponctuelle', 'ONE_OFF'),
    ('unique', 'ONE_OFF'),
    ('exceptionnel', 'ONE_OFF'),
    ('par lot', 'BATCH'),
    ('lot', 'BATCH'),
    ('campagne', null),
    ('continu', null),
    ('continue', null),
    ('trimestriel', null),
    ('mensuel', null),
    ('hebdomadaire', null),
    ('journalier', null),
    ('quotidien', null),
    ('regulier', null),
    ('saisonnier', null),
    ('irregulier', null),
    ('variable', null)
) as mapping (source_value, code)
