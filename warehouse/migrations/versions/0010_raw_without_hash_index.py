"""Raw tables need no index on the hash of the raw record: what is known is compared as a whole, in one pass.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DROP_INDEXES = """
do $$
declare
    found record;
begin
    for found in select indexname from pg_indexes where schemaname = 'raw' and indexname like '%\\_raw\\_hash' loop
        execute format('drop index raw.%I', found.indexname);
    end loop;
end $$;
"""
CREATE_STREAM = """
create or replace function ops.create_stream(p_source text, p_stream text) returns text
language plpgsql set search_path = pg_catalog as $$
declare
    name text := p_source || '__' || p_stream;
begin
    if name !~ '^[a-z][a-z0-9_]{0,60}$' then
        raise exception 'not a table name: %', name;
    end if;
    execute format(
        'create table if not exists raw.%I (
            record_key text primary key,
            payload jsonb not null,
            raw_hash bytea not null,
            payload_hash bytea not null,
            run_id text not null,
            first_run_id text not null,
            part text not null,
            position text not null,
            fetched_at timestamptz not null,
            loaded_at timestamptz not null default now(),
            deleted_at timestamptz,
            version int not null default 1
        )', name);
    execute format('grant select, insert, update on raw.%I to traforo_loader', name);
    execute format('grant select on raw.%I to traforo_transformer', name);
    return name;
end $$;
"""


def upgrade() -> None:
    op.execute(DROP_INDEXES)
    op.execute(CREATE_STREAM)


def downgrade() -> None:
    """Nothing misses the indexes."""
