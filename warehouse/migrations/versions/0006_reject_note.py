"""A dismissed reject says who dismissed it and why.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table ops.reject add column note text, add column resolved_by text")


def downgrade() -> None:
    op.execute("alter table ops.reject drop column note, drop column resolved_by")
