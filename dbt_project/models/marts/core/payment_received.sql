-- Payments that partners received, as entered with `traforo claim receive`.
select
    'pay_' || md5('payment|' || payment.id) as payment_received_id,
    payment.project_id,
    payment.partner_id,
    payment.claim_number,
    payment.fund_code,
    payment.amount_eur as amount_received_eur,
    payment.received_date
from {{ source('money_ops', 'payment_received') }} as payment
inner join {{ ref('int_partner') }} as partner
    on payment.partner_id = partner.partner_id and payment.project_id = partner.project_id
