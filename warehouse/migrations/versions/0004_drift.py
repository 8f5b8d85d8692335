"""Drift of a batch is noted with its load; a value that was set aside is told from a rejected record.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table ops.load add column notes jsonb not null default '{}'")
    op.execute(
        "alter table ops.reject add column kind text not null default 'record' check (kind in ('record', 'value'))"
    )


def downgrade() -> None:
    op.execute("alter table ops.reject drop column kind")
    op.execute("alter table ops.load drop column notes")
