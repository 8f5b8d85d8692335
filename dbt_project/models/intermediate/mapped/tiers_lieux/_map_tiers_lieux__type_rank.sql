{{ config(materialized='ephemeral') }}

-- Which type of a place of several comes first: what is rare and specific says more than what most places also offer.
select
    code,
    rank
from (
    values
    ('FABLAB_MAKERSPACE', 1),
    ('LIVING_LAB', 2),
    ('CRAFT_WORKSHOP', 3),
    ('FOODLAB', 4),
    ('AGRI_FOOD', 5),
    ('REPAIR_REUSE', 6),
    ('INCUBATOR', 7),
    ('CULTURAL', 8),
    ('DIGITAL_INCLUSION', 9),
    ('TRAINING', 10),
    ('COMMUNITY_HUB', 11),
    ('COWORKING', 12),
    ('OTHER', 13)
) as mapping (code, rank)
