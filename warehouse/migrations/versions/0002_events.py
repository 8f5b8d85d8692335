"""Events in and out: order of the feed, inbound work, subscriptions, deliveries, decisions of persons, erasures.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Transaction ids are a server's own: after a restore elsewhere they start anew. An epoch is a stretch of the outbox
# written on one server; events are ordered by (epoch, txid, id).
FEED = """
create table ops.feed_epoch (
    epoch int generated always as identity primary key,
    cluster_id bigint not null,
    reason text not null,
    started_at timestamptz not null default now()
);

create function ops.feed_epoch_now() returns int
language plpgsql security definer set search_path = pg_catalog as $$
declare
    here bigint := (select system_identifier from pg_control_system());
    found record;
begin
    select epoch, cluster_id into found from ops.feed_epoch order by epoch desc limit 1;
    if found.cluster_id = here then
        return found.epoch;
    end if;
    perform pg_advisory_xact_lock(724004);
    select epoch, cluster_id into found from ops.feed_epoch order by epoch desc limit 1;
    if found.cluster_id is distinct from here then
        insert into ops.feed_epoch (cluster_id, reason)
            values (here, case when found.epoch is null then 'first event' else 'another server' end)
            returning epoch, cluster_id into found;
    end if;
    return found.epoch;
end $$;

alter table ops.outbox add column epoch int not null default ops.feed_epoch_now();
create index outbox_order on ops.outbox (epoch, txid, id);
create index outbox_aggregate on ops.outbox (aggregatetype, aggregateid);

-- What may be handed out: a transaction that began earlier and still runs could commit events that sort before
-- those of finished ones, so nothing at or above the oldest running transaction is shown yet.
create view ops.feed as
    select o.epoch, o.txid, o.id, o.event_id, o.aggregatetype, o.aggregateid, o.type, o.payload, o.release_id,
        o.occurred_at
    from ops.outbox o
    join ops.feed_epoch e using (epoch)
    where o.txid < pg_snapshot_xmin(pg_current_snapshot())
        or e.cluster_id <> (select system_identifier from pg_control_system());

-- The last event that was dropped when it was past its keep time: a cursor before it has missed something.
create table ops.feed_floor (
    only_row boolean primary key default true check (only_row),
    epoch int not null,
    txid xid8 not null,
    id bigint not null,
    dropped_at timestamptz not null default now()
);
"""

INBOUND = """
alter table ops.inbound
    add column note jsonb not null default '{}',
    add column not_before timestamptz not null default now(),
    add column finished_at timestamptz;
comment on column ops.inbound.sha256 is 'Of a file: its bytes. Of a message: its id, so that a replay is the same row.';
create index inbound_waiting on ops.inbound (source, not_before) where status in ('new', 'claimed');
create index inbound_run on ops.inbound (run_id) where status = 'claimed';
"""

WEBHOOKS = """
create table ops.subscription (
    subscription_id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z][a-z0-9_-]{0,40}$'),
    url text not null,
    types text[] not null check (cardinality(types) > 0),
    status text not null default 'active' check (status in ('active', 'disabled')),
    reason text,
    loopback boolean not null default false,
    after_epoch int not null default 0,
    after_txid xid8 not null default '0',
    after_id bigint not null default 0,
    created_at timestamptz not null default now(),
    disabled_at timestamptz
);

create table ops.delivery (
    delivery_id bigint generated always as identity primary key,
    subscription_id bigint not null references ops.subscription on delete cascade,
    event_id uuid not null,
    status text not null default 'waiting' check (status in ('waiting', 'delivered', 'dead')),
    attempts int not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_attempt_at timestamptz,
    last_status int,
    last_error text,
    created_at timestamptz not null default now(),
    delivered_at timestamptz,
    unique (subscription_id, event_id)
);
create index delivery_due on ops.delivery (next_attempt_at) where status = 'waiting';
"""

PERSONS = """
-- What a person decided, and why.
create table ops.decision (
    id bigint generated always as identity primary key,
    subject text not null check (subject in ('release', 'publication', 'delivery')),
    subject_id text not null,
    decision text not null check (decision in ('hold', 'approve', 'lift', 'replay')),
    decided_by text not null,
    reason text not null check (reason <> ''),
    decided_at timestamptz not null default now()
);
create index decision_subject on ops.decision (subject, subject_id, id desc);

-- That a person's data was removed, from where and how much; nothing about who it was.
create table ops.erasure (
    erasure_id text primary key,
    requested_at timestamptz not null default now(),
    finished_at timestamptz,
    reference text,
    removed jsonb not null default '{}'
);
"""

GRANTS = """
grant usage on schema ops to traforo_gateway;
grant select, insert on ops.inbound to traforo_gateway;
grant select on ops.feed, ops.feed_floor, ops.feed_epoch to traforo_gateway;

grant select on ops.feed, ops.feed_floor, ops.feed_epoch, ops.inbound, ops.erasure to traforo_publisher;
grant select, insert, update, delete on ops.subscription, ops.delivery to traforo_publisher;
grant select, insert on ops.decision to traforo_publisher;
grant select on ops.inbound to traforo_transformer;
"""


def upgrade() -> None:
    for statements in (FEED, INBOUND, WEBHOOKS, PERSONS):
        op.execute(statements)
    op.execute("revoke all on function ops.feed_epoch_now() from public")
    op.execute("grant execute on function ops.feed_epoch_now() to traforo_publisher")
    op.execute(GRANTS)


def downgrade() -> None:
    raise RuntimeError("events are not taken back; restore a backup instead")
