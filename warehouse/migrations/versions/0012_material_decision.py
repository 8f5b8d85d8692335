"""Decisions of persons on which material a text of a flow names.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = """
-- By the words of the text in its language: records and hashes change, what the words say does not. The last decision
-- on a text counts; earlier ones stay as history.
create table ops.material_decision (
    id bigint generated always as identity primary key,
    language_code text not null,
    text_key text not null check (text_key <> ''),
    material_text text not null,
    decision text not null check (decision in ('MATERIAL', 'NONE', 'OPEN')),
    material_code text,
    decided_by text not null check (decided_by <> ''),
    reason text not null check (reason <> ''),
    decided_at timestamptz not null default now(),
    check ((decision = 'MATERIAL') = (material_code is not null))
);
create index material_decision_text on ops.material_decision (language_code, text_key, id desc);
grant select, insert on ops.material_decision to traforo_publisher;
grant select on ops.material_decision to traforo_transformer;
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    raise RuntimeError("decisions of persons are not thrown away")
