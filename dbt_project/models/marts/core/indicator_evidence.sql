-- What proves an indicator, one row a proof. Output I.1 counts the structures that take part in the project, from the
-- project's own lines and plans; proofs of the other indicators are entered by hand.
select
    'evd_' || md5('I.1|' || partner.partner_id) as indicator_evidence_id,
    partner.project_id,
    'I.1' as indicator_code,
    partner.partner_name as evidence_text,
    case
        when partner.partner_key ~ '\m(chambre|chambres|camera|camere|cci|cciaa|unioncamere)\M' then 'CHAMBER'
        when partner.partner_key ~ '\m(universite|universita|university|politecnico|ecole)\M' then 'UNIVERSITY'
        when partner.partner_key ~ '\m(agence|agenzia|agency)\M' then 'AGENCY'
        when
            partner.partner_key
            ~ '\m(region|regione|departement|provincia|province|commune|comune|communaute|comunita|metropole|citta|unione)\M'
            then 'PUBLIC_AUTHORITY'
        else 'OTHER'
    end as structure_kind_code,
    partner.partner_id,
    cast(null as date) as evidence_date
from {{ ref('int_partner') }} as partner

union all

select
    'evd_' || md5('manual|' || evidence.id) as indicator_evidence_id,
    evidence.project_id,
    evidence.indicator_code,
    evidence.evidence_text,
    evidence.structure_kind_code,
    cast(null as text) as partner_id,
    evidence.evidence_date
from {{ source('money_ops', 'indicator_evidence') }} as evidence
inner join {{ ref('int_money_project') }} as project on evidence.project_id = project.project_id
