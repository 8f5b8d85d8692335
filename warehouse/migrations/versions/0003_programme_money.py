"""Decisions on findings and payments received: what people enter about programme money.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
-- Append only: the last decision on a finding counts, the earlier ones are its history. The id of a finding is a hash
-- of rule and expense keys, so a decision outlives every re-import; amount_at_stake_eur is what it was made on.
create table ops.finding_decision (
    id bigint generated always as identity primary key,
    finding_id text not null,
    rule_code text not null,
    decision_code text not null check (decision_code in ('OPEN', 'ACCEPTED', 'REJECTED')),
    decided_by text not null check (decided_by <> ''),
    reason text not null check (reason <> ''),
    amount_at_stake_eur numeric(14, 2),
    decided_at timestamptz not null default now()
);
create index finding_decision_finding on ops.finding_decision (finding_id, id desc);

create table ops.payment_received (
    id bigint generated always as identity primary key,
    project_id text not null,
    partner_id text not null,
    claim_number text,
    fund_code text not null check (fund_code in ('ERDF', 'NATIONAL_PUBLIC')),
    amount_eur numeric(14, 2) not null check (amount_eur <> 0),
    received_date date not null,
    reference text,
    entered_by text not null check (entered_by <> ''),
    entered_at timestamptz not null default now()
);
"""

GRANTS = """
grant select on ops.finding_decision, ops.payment_received to traforo_transformer;
grant select, insert on ops.finding_decision, ops.payment_received to traforo_publisher;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)


def downgrade() -> None:
    op.execute("drop table ops.payment_received, ops.finding_decision")
