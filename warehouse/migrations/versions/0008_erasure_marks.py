"""What was erased is recognised when it comes again: keyed hashes of words, never the words.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MARKS = """
create table ops.erasure_mark (
    words int not null,
    digest bytea not null,
    erasure_id text not null references ops.erasure,
    primary key (words, digest)
);
comment on table ops.erasure_mark is 'HMAC-SHA256 of the words of what was erased; its key is not in the database.';
grant select on ops.erasure_mark to traforo_loader;
"""


def upgrade() -> None:
    op.execute(MARKS)


def downgrade() -> None:
    raise RuntimeError("erasures are not forgotten")
