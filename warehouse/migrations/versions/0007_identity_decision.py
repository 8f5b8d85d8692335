"""Decisions of persons on which records speak of one organisation or one third place.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = """
-- By record, not by id of a cluster: records keep their keys, clusters change their members. The last decision on a
-- pair counts; earlier ones stay as history.
create table ops.identity_decision (
    id bigint generated always as identity primary key,
    entity text not null check (entity in ('organisation', 'third_place')),
    one text not null,
    other text not null,
    decision text not null check (decision in ('merge', 'distinct')),
    decided_by text not null check (decided_by <> ''),
    reason text not null check (reason <> ''),
    decided_at timestamptz not null default now(),
    check (one <> other)
);
create index identity_decision_pair on ops.identity_decision (entity, one, other, id desc);
grant select, insert on ops.identity_decision to traforo_publisher;
grant select on ops.identity_decision to traforo_transformer;
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    raise RuntimeError("decisions of persons are not thrown away")
