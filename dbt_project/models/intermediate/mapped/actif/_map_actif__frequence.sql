{{ config(materialized='ephemeral') }}

-- Period that the quantity refers to where its unit does not say so. "Continu" and "régulier" describe how the flow
-- runs, not what the number counts, so the contract's rule applies to them: an amount per year.
select
    source_value,
    code
from (
    values
    ('annuel', 'YEAR'),
    ('annuelle', 'YEAR'),
    ('par an', 'YEAR'),
    ('trimestriel', 'QUARTER'),
    ('trimestrielle', 'QUARTER'),
    ('mensuel', 'MONTH'),
    ('mensuelle', 'MONTH'),
    ('par mois', 'MONTH'),
    ('hebdomadaire', 'WEEK'),
    ('par semaine', 'WEEK'),
    ('journalier', 'DAY'),
    ('quotidien', 'DAY'),
    ('quotidienne', 'DAY'),
    ('par jour', 'DAY'),
    ('ponctuel', 'ONE_OFF'),
    ('ponctuelle', 'ONE_OFF'),
    ('unique', 'ONE_OFF'),
    ('par lot', 'BATCH'),
    ('lot', 'BATCH'),
    ('campagne', null),
    ('continu', null),
    ('continue', null),
    ('regulier', null),
    ('reguliere', null),
    ('saisonnier', null),
    ('saisonniere', null),
    ('irregulier', null),
    ('variable', null)
) as mapping (source_value, code)
