"""Schemas, operational tables, raw tables by function, grants.

Revision ID: 0001
Revises:
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPS_TABLES = """
create table ops.run (
    run_id text primary key,
    source text,
    kind text not null check (kind in ('ingest', 'replay', 'harmonise', 'publish', 'housekeeping')),
    reason jsonb not null default '{}',
    git_sha text,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    outcome text check (outcome in ('loaded', 'unchanged', 'held', 'failed', 'published', 'done')),
    error text
);
create index run_source_started on ops.run (source, started_at desc);

create table ops.fetch (
    id bigint generated always as identity primary key,
    run_id text not null references ops.run,
    source text not null,
    stream text not null,
    part text not null,
    url text not null,
    status int,
    headers jsonb not null default '{}',
    sha256 text not null,
    bytes bigint not null,
    unchanged boolean not null default false,
    fetched_at timestamptz not null,
    unique (run_id, stream, part)
);

create table ops.load (
    id bigint generated always as identity primary key,
    run_id text not null references ops.run,
    source text not null,
    stream text not null,
    parts int not null default 0,
    bytes bigint not null default 0,
    read bigint not null default 0,
    valid bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    duplicate bigint not null default 0,
    rejected bigint not null default 0,
    deleted bigint not null default 0,
    outcome text not null check (outcome in ('landed', 'staged', 'loaded', 'unchanged', 'held', 'failed')),
    error text,
    content_digest text,
    landed_path text,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (run_id, stream)
);
create index load_stream on ops.load (source, stream, started_at desc);

create table ops.reject (
    id bigint generated always as identity primary key,
    run_id text not null,
    source text not null,
    stream text not null,
    part text not null,
    position text not null,
    record_key text,
    errors jsonb not null,
    payload jsonb not null,
    raw_hash bytea not null,
    status text not null default 'open' check (status in ('open', 'replayed', 'superseded', 'dismissed')),
    created_at timestamptz not null default now(),
    last_seen_run_id text not null,
    resolved_at timestamptz,
    resolved_run_id text
);
create unique index reject_open on ops.reject (source, stream, raw_hash) where status = 'open';

create table ops.source_state (
    source text not null,
    stream text not null,
    last_run_id text,
    last_change_run_id text,
    last_checked_at timestamptz,
    last_good_at timestamptz,
    content_digest text,
    contract_digest text,
    rows bigint not null default 0,
    cursor jsonb,
    validators jsonb not null default '{}',
    error text,
    primary key (source, stream)
);

create table ops.release (
    release_id text primary key,
    status text not null
        check (status in ('building', 'built', 'audited', 'published', 'superseded', 'failed', 'held', 'withdrawn')),
    schema_version text not null,
    git_sha text,
    reason jsonb not null default '{}',
    source_runs jsonb not null,
    code_digest text not null,
    row_counts jsonb not null default '{}',
    checks_passed int,
    checks_failed int,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    error text
);
create unique index release_live on ops.release (status) where status = 'published';

create table ops.expectation_result (
    id bigint generated always as identity primary key,
    run_id text,
    release_id text,
    scope text not null check (scope in ('batch', 'release')),
    suite text not null,
    expectation text not null,
    column_name text,
    severity text not null,
    success boolean not null,
    observed jsonb not null default '{}',
    evaluated_at timestamptz not null default now(),
    check (run_id is not null or release_id is not null)
);

create table ops.publication (
    id bigint generated always as identity primary key,
    release_id text not null references ops.release,
    table_name text not null,
    format text not null,
    path text not null,
    rows bigint,
    bytes bigint not null,
    sha256 text not null,
    published_at timestamptz not null default now(),
    unique (release_id, path)
);

-- Column names follow Debezium's outbox router; txid orders events by commit visibility, id alone does not.
create table ops.outbox (
    id bigint generated always as identity primary key,
    txid xid8 not null default pg_current_xact_id(),
    event_id uuid not null unique default gen_random_uuid(),
    aggregatetype text not null,
    aggregateid text not null,
    type text not null,
    payload jsonb not null,
    release_id text,
    occurred_at timestamptz not null default now()
);

-- One row per piece of work that arrived; events only wake the DAGs.
create table ops.inbound (
    id bigint generated always as identity primary key,
    source text not null,
    kind text not null,
    uri text not null,
    sha256 text not null,
    received_at timestamptz not null default now(),
    status text not null default 'new' check (status in ('new', 'claimed', 'done', 'failed')),
    attempts int not null default 0,
    lease_until timestamptz,
    run_id text,
    error text,
    unique (source, sha256)
);
"""

# One raw table per stream, always of the same shape. A new source needs no migration of its own:
# ``traforo db upgrade`` calls this for every stream that the connectors declare.
CREATE_STREAM = """
create function ops.create_stream(p_source text, p_stream text) returns text
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
    execute format('create index if not exists %I on raw.%I (raw_hash)', name || '_raw_hash', name);
    execute format('grant select, insert, update on raw.%I to traforo_loader', name);
    execute format('grant select on raw.%I to traforo_transformer', name);
    return name;
end $$;
"""

GRANTS = """
grant usage on schema ops to traforo_loader, traforo_transformer, traforo_publisher;
grant usage on schema raw to traforo_loader, traforo_transformer;
grant usage, create on schema stage to traforo_loader;
grant usage on schema stage to traforo_transformer;

grant select, insert, update on ops.run, ops.load, ops.reject, ops.source_state, ops.inbound to traforo_loader;
grant select, insert on ops.fetch to traforo_loader;
grant select on ops.release, ops.expectation_result to traforo_loader;

grant select on ops.run, ops.load, ops.fetch, ops.reject, ops.source_state, ops.release, ops.publication
    to traforo_transformer;
grant select, insert on ops.expectation_result to traforo_transformer;

grant select on ops.run, ops.load, ops.reject, ops.source_state, ops.expectation_result to traforo_publisher;
grant insert, update on ops.run to traforo_publisher;
grant select, insert, update on ops.release to traforo_publisher;
grant select, insert, delete on ops.publication to traforo_publisher;
grant select, insert on ops.outbox to traforo_publisher;
"""


def upgrade() -> None:
    for schema in ("raw", "stage"):
        op.execute(f"create schema {schema}")
    op.execute(OPS_TABLES)
    op.execute(CREATE_STREAM)
    op.execute("revoke all on function ops.create_stream(text, text) from public")
    op.execute(GRANTS)


def downgrade() -> None:
    raise RuntimeError("the first migration is not undone; drop the database instead")
