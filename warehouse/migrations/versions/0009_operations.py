"""Views for operating the platform, for readers too: freshness, runs, rejects, what waits, releases, queues.

Columns and texts are those of ``schemas/canonical/v1/operations``. No view shows a value of a record, a file name, an
address or the text of an error: all readers may see them.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DECLARED = """
-- What the connectors declare, brought up to date by every `traforo db upgrade`.
create table ops.stream (
    source text not null,
    stream text not null,
    stale_after_hours int not null check (stale_after_hours > 0),
    primary key (source, stream)
);
grant select on ops.stream to traforo_loader, traforo_transformer, traforo_publisher;
"""

ALERTS = """
-- Problems that people have been told of, so that they are not told again every hour.
create table ops.alert (
    problem text primary key,
    told_at timestamptz not null default now()
);
grant select, insert, update, delete on ops.alert to traforo_publisher;
"""

VIEWS = """
create schema traforo_ops;

create view traforo_ops.source_freshness as
select coalesce(d.source, s.source) as source_id, coalesce(d.stream, s.stream) as stream_name,
    coalesce(s.last_good_at < now() - make_interval(hours => coalesce(d.stale_after_hours, 48)), true) as is_stale,
    s.last_good_at, s.last_checked_at,
    round((extract(epoch from now() - s.last_good_at) / 3600)::numeric, 1)::numeric(12, 1) as age_hours,
    coalesce(d.stale_after_hours, 48) as stale_after_hours,
    coalesce(s.rows, 0)::int as record_count,
    (select count(*)::int from ops.reject j
        where j.source = coalesce(d.source, s.source) and j.stream = coalesce(d.stream, s.stream)
        and j.status = 'open') as open_reject_count,
    coalesce(s.error is not null, false) as has_failed,
    s.last_run_id
from ops.stream d
full join ops.source_state s on s.source = d.source and s.stream = d.stream;

create view traforo_ops.pipeline_run as
select r.run_id, r.kind as run_kind_code, r.source as source_id,
    case
        when jsonb_typeof(r.reason -> 'inbound') = 'array' then 'arrival'
        when r.reason ->> 'run_type' = 'asset_triggered' then 'event'
        when r.reason ->> 'run_type' = 'scheduled' then 'clock'
        else 'person'
    end as run_cause_code,
    case when jsonb_typeof(r.reason -> 'inbound') = 'array' then jsonb_array_length(r.reason -> 'inbound') else 0 end
        as inbound_count,
    r.started_at, r.finished_at,
    round(extract(epoch from r.finished_at - r.started_at)::numeric, 1)::numeric(12, 1) as duration_s,
    r.outcome as run_outcome_code,
    coalesce(l.read, 0)::int as read_count, coalesce(l.loaded, 0)::int as loaded_count,
    coalesce(l.rejected, 0)::int as rejected_count, coalesce(l.deleted, 0)::int as deleted_count,
    round(coalesce(l.bytes, 0) / 1e6, 3)::numeric(12, 3) as landed_mb
from ops.run r
left join (
    select run_id, sum(read) as read, sum(inserted + updated) as loaded, sum(rejected) as rejected,
        sum(deleted) as deleted, sum(bytes) as bytes
    from ops.load group by run_id
) l using (run_id);

create view traforo_ops.reject_summary as
select j.source as source_id, j.stream as stream_name,
    coalesce(e ->> 'rule', '') as reject_rule_code, coalesce(e ->> 'field', '') as field_name,
    j.status as reject_status_code, count(*)::int as error_count,
    min(j.created_at) as first_seen_at, max(j.created_at) as last_seen_at
from ops.reject j cross join jsonb_array_elements(j.errors) e
group by 1, 2, 3, 4, 5;

-- A held batch that a newer good run has overtaken waits for nobody any more.
create view traforo_ops.pending_decision as
select w.pending_kind_code, w.subject_id, w.source_id, w.held_at,
    round((extract(epoch from now() - w.held_at) / 3600)::numeric, 1)::numeric(12, 1) as age_hours
from (
    select 'batch' as pending_kind_code, r.run_id as subject_id, r.source as source_id,
        coalesce(r.finished_at, r.started_at) as held_at
    from ops.run r
    where r.kind in ('ingest', 'replay') and r.outcome = 'held' and not exists (
        select 1 from ops.run n
        where n.source = r.source and n.started_at > r.started_at and n.outcome in ('loaded', 'unchanged', 'held')
    )
    union all
    select 'release', h.release_id, null, h.created_at
    from ops.release h
    where h.status = 'held' and not exists (
        select 1 from ops.release l where l.created_at > h.created_at and l.status in ('published', 'held')
    )
    union all
    select 'publication', d.subject_id, null, d.decided_at
    from (
        select distinct on (subject_id) subject_id, decision, decided_at from ops.decision
        where subject = 'publication' order by subject_id, id desc
    ) d
    where d.decision = 'hold'
) w;

create view traforo_ops.release_history as
select release_id, status as release_status_code, status = 'published' as is_live, schema_version, created_at,
    published_at, round((extract(epoch from now() - published_at) / 3600)::numeric, 1)::numeric(12, 1) as age_hours,
    (select coalesce(sum(v::int), 0)::int from jsonb_each_text(row_counts) c(k, v)) as row_count,
    checks_passed as checks_passed_count, checks_failed as checks_failed_count
from ops.release;

create view traforo_ops.work_queue as
select 'inbound' as queue_code, source as queue_name,
    (count(*) filter (where status in ('new', 'claimed')))::int as waiting_count,
    (count(*) filter (where status = 'failed'))::int as failed_count,
    min(received_at) filter (where status in ('new', 'claimed')) as oldest_at
from ops.inbound group by source
union all
select 'delivery', s.name,
    (count(d.event_id) filter (where d.status = 'waiting'))::int,
    (count(d.event_id) filter (where d.status = 'dead'))::int,
    min(d.created_at) filter (where d.status = 'waiting')
from ops.subscription s left join ops.delivery d using (subscription_id) group by s.name;

grant usage on schema traforo_ops to traforo_reader, traforo_publisher;
grant select on all tables in schema traforo_ops to traforo_reader, traforo_publisher;
"""


def upgrade() -> None:
    op.execute(DECLARED)
    op.execute(ALERTS)
    op.execute(VIEWS)


def downgrade() -> None:
    op.execute("drop schema traforo_ops cascade")
    op.execute("drop table ops.alert")
    op.execute("drop table ops.stream")
