{{ config(materialized='ephemeral') }}

-- State of a registration (normalised): whether the entry still offers or asks for something.
select
    source_value,
    is_active
from (
    values
    ('iscritta', true),
    ('iscritto', true),
    ('attiva', true),
    ('attivo', true),
    ('iscrizione attiva', true),
    ('cancellata', false),
    ('cancellato', false),
    ('cessata', false),
    ('cessato', false),
    ('sospesa', false),
    ('sospeso', false),
    ('revocata', false),
    ('revocato', false)
) as mapping (source_value, is_active)
