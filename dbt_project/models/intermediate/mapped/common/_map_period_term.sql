{{ config(materialized='ephemeral') }}

-- Words for the period of a quantity and how many of them make a year. Neither a batch nor a single occasion does.
select
    source_value,
    code,
    cast(per_year as numeric) as per_year
from (
    values
    ('an', 'YEAR', 1),
    ('ans', 'YEAR', 1),
    ('annee', 'YEAR', 1),
    ('annuel', 'YEAR', 1),
    ('annuels', 'YEAR', 1),
    ('annuelles', 'YEAR', 1),
    ('anno', 'YEAR', 1),
    ('annuo', 'YEAR', 1),
    ('annui', 'YEAR', 1),
    ('annue', 'YEAR', 1),
    ('annua', 'YEAR', 1),
    ('a', 'YEAR', 1),
    ('year', 'YEAR', 1),
    ('trimestre', 'QUARTER', 4),
    ('mois', 'MONTH', 12),
    ('mese', 'MONTH', 12),
    ('mensili', 'MONTH', 12),
    ('month', 'MONTH', 12),
    ('semaine', 'WEEK', 52),
    ('sem', 'WEEK', 52),
    ('settimana', 'WEEK', 52),
    ('week', 'WEEK', 52),
    ('jour', 'DAY', 365),
    ('j', 'DAY', 365),
    ('giorno', 'DAY', 365),
    ('g', 'DAY', 365),
    ('day', 'DAY', 365),
    -- A season comes once a year; an hour of operation cannot be made a year without knowing the shifts.
    ('saison', 'YEAR', 1),
    ('stagione', 'YEAR', 1),
    ('heure', null, null),
    ('ora', null, null),
    ('lot', 'BATCH', null),
    ('lotto', 'BATCH', null),
    ('batch', 'BATCH', null)
) as mapping (source_value, code, per_year)
