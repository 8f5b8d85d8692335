-- Lines of financing plans. The total of a table is a control figure, not a line. A missing ERDF share is the table's
-- rate of the partner's own amount, truncated to the cent; a given one is never recomputed.
select
    'synergie' as source_id,
    'budgets' as stream_name,
    budget.record_key,
    participation.project_key,
    participation.partner_key,
    case when upper(budget.devise) = 'EUR' then budget.montant_total end as amount_budget_eur,
    case
        when upper(budget.devise) <> 'EUR' then null
        when budget.feder is not null then budget.feder
        when budget.taux_feder is not null and budget.type_ligne = 'partenaire'
            then {{ erdf_share('budget.montant_total', 'budget.taux_feder') }}
    end as amount_erdf_eur,
    case when upper(budget.devise) = 'EUR' then budget.cpn end as amount_national_public_eur,
    case when upper(budget.devise) = 'EUR' then budget.autofinancement end as amount_self_financing_eur,
    budget.taux_feder as erdf_rate_pct,
    budget.montant_total as amount_budget_given,
    upper(budget.devise) as currency_code
from {{ ref('stg_synergie__budgets') }} as budget
inner join {{ ref('int_synergie__participation') }} as participation
    on budget.record_key = participation.record_key and participation.stream_name = 'budgets'
