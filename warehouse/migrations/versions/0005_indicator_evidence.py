"""Proofs of programme indicators, entered by hand.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
create table ops.indicator_evidence (
    id bigint generated always as identity primary key,
    project_id text not null,
    indicator_code text not null,
    evidence_text text not null check (evidence_text <> ''),
    structure_kind_code text,
    evidence_date date not null,
    entered_by text not null check (entered_by <> ''),
    entered_at timestamptz not null default now()
);
"""

GRANTS = """
grant select on ops.indicator_evidence to traforo_transformer;
grant select, insert on ops.indicator_evidence to traforo_publisher;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)


def downgrade() -> None:
    op.execute("drop table ops.indicator_evidence")
