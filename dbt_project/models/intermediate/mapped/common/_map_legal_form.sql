{{ config(materialized='ephemeral') }}

-- Legal forms as they stand in names (normalised, matched as whole words), by country. The order settles names that
-- carry two. Italian "S.a.s." is a limited partnership, French "SAS" a simplified company: never compare the letters.
select
    country_code,
    pattern,
    code,
    rank
from (
    values
    ('FR', 'scic|societe cooperative d interet collectif', 'SOCIAL_COOPERATIVE', 1),
    ('FR', 'scop|s c o p|societe cooperative|cooperative|cuma', 'COOPERATIVE', 2),
    ('FR', 'gie|g i e|groupement d interet economique', 'CONSORTIUM', 3),
    ('FR', 'sarl|s a r l|eurl|e u r l|selarl|societe a responsabilite limitee', 'LIMITED_COMPANY', 4),
    ('FR', 'sasu|sas|s a s|s a s u|societe par actions simplifiee', 'SIMPLIFIED_COMPANY', 5),
    ('FR', 'snc|s n c|societe en nom collectif', 'GENERAL_PARTNERSHIP', 6),
    ('FR', 'scs|societe en commandite simple', 'LIMITED_PARTNERSHIP', 7),
    ('FR', 'earl|gaec|scea|e a r l|g a e c', 'FARM', 8),
    ('FR', 'sci|s c i|societe civile', 'CIVIL_COMPANY', 9),
    ('FR', 'communaute de communes|communaute d agglomeration|metropole|syndicat mixte|syndicat intercommunal', 'INTERMUNICIPAL', 10),
    ('FR', 'commune de|mairie|ville de', 'MUNICIPALITY', 11),
    ('FR', 'departement|conseil departemental', 'PROVINCE', 12),
    ('FR', 'region|conseil regional', 'REGION', 13),
    ('FR', 'universite', 'UNIVERSITY', 14),
    ('FR', 'cci|chambre', 'CHAMBER', 15),
    ('FR', 'association|asso', 'ASSOCIATION', 16),
    ('FR', 'fondation', 'FOUNDATION', 17),
    ('FR', 'ei|e i|eirl|entreprise individuelle|auto entrepreneur|micro entreprise', 'SOLE_TRADER', 18),
    ('FR', 'sa|s a|societe anonyme', 'PUBLIC_LIMITED_COMPANY', 19),
    ('IT', 'cooperativa sociale|coop sociale|soc coop sociale', 'SOCIAL_COOPERATIVE', 1),
    ('IT', 'societa cooperativa|soc coop|coop|cooperativa', 'COOPERATIVE', 2),
    ('IT', 's c ?a ?r ?l|scrl|consorzio|soc cons', 'CONSORTIUM', 3),
    ('IT', 'srls|srl|s r l|s r l s|societa a responsabilita limitata', 'LIMITED_COMPANY', 4),
    ('IT', 'spa|s p a|societa per azioni', 'PUBLIC_LIMITED_COMPANY', 5),
    ('IT', 'sapa|s a p a|societa in accomandita per azioni', 'PARTNERSHIP_BY_SHARES', 6),
    ('IT', 'sas|s a s|societa in accomandita semplice', 'LIMITED_PARTNERSHIP', 7),
    ('IT', 'snc|s n c|societa in nome collettivo', 'GENERAL_PARTNERSHIP', 8),
    ('IT', 'societa agricola|azienda agricola', 'FARM', 9),
    ('IT', 'ss|s s|societa semplice', 'CIVIL_COMPANY', 10),
    ('IT', 'unione montana|unione di comuni|comunita montana|unite des communes', 'INTERMUNICIPAL', 11),
    ('IT', 'comune di', 'MUNICIPALITY', 12),
    ('IT', 'provincia di|citta metropolitana', 'PROVINCE', 13),
    ('IT', 'regione', 'REGION', 14),
    ('IT', 'universita|politecnico', 'UNIVERSITY', 15),
    ('IT', 'camera di commercio|cciaa|chambre|unioncamere', 'CHAMBER', 16),
    ('IT', 'associazione|aps|onlus|odv', 'ASSOCIATION', 17),
    ('IT', 'fondazione', 'FOUNDATION', 18),
    ('IT', 'ditta individuale|impresa individuale|ditta', 'SOLE_TRADER', 19)
) as mapping (country_code, pattern, code, rank)
