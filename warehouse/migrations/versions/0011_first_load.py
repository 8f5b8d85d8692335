"""A first load stays where it was staged: its batch table takes the empty raw table's place.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ADOPT = """
-- Rows that are in raw now; null where the batch cannot become the table and has to be copied into it.
create function ops.adopt_batch(p_source text, p_stream text) returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
    name text := p_source || '__' || p_stream;
    batch oid := to_regclass(format('stage.%I', name));
    place oid := to_regclass(format('raw.%I', name));
    known boolean;
    index_name name;
    adopted bigint;
begin
    if not exists (select 1 from pg_class where oid = batch and relpersistence = 'p') then
        return null;
    end if;
    execute format('select exists (select 1 from raw.%I)', name) into known;
    -- Views stay with the table they were made on.
    if known or exists (select 1 from pg_depend where refobjid = place and deptype = 'n') then
        return null;
    end if;
    execute format('drop table raw.%I', name);
    execute format('alter table stage.%I owner to %I', name, current_user);
    execute format('alter table stage.%I alter run_id drop default, alter first_run_id drop default,'
                   ' drop column ordinal', name);
    execute format('alter table stage.%I set schema raw', name);
    select c.relname into index_name from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = batch and i.indisunique;
    if index_name is null then
        execute format('alter table raw.%I add primary key (record_key)', name);
    else
        execute format('alter table raw.%I add constraint %I primary key using index %I', name, name || '_pkey',
                       index_name);
    end if;
    perform ops.create_stream(p_source, p_stream);
    execute format('select count(*) from raw.%I', name) into adopted;
    return adopted;
end $$;
revoke execute on function ops.adopt_batch(text, text) from public;
grant execute on function ops.adopt_batch(text, text) to traforo_loader;
"""


def upgrade() -> None:
    op.execute(ADOPT)


def downgrade() -> None:
    op.execute("drop function ops.adopt_batch(text, text)")
