"""A first load stays where it was staged: its batch table takes the empty raw table's place.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = """
-- Name, type and default of a table's columns; a batch's own ordinal and run aside.
create function ops.columns_of(p_table oid) returns table (
    column_name name, type oid, is_mandatory boolean, generated "char", default_value text
) language sql stable set search_path = pg_catalog as $$
    select a.attname, a.atttypid, a.attnotnull, a.attgenerated,
        case when a.attname not in ('run_id', 'first_run_id') then pg_get_expr(d.adbin, d.adrelid) end
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped and a.attname <> 'ordinal'
$$;
"""
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
    -- Views stay with the table they were made on.
    if not exists (select 1 from pg_class where oid = batch and relpersistence = 'p')
        or exists (select 1 from pg_depend where refobjid = place and deptype = 'n')
    then
        return null;
    end if;
    -- Nobody is reading it yet; from here on nobody puts a view on it either.
    execute format('lock table raw.%I in access exclusive mode', name);
    execute format('select exists (select 1 from raw.%I)', name) into known;
    if known or exists (select 1 from pg_depend where refobjid = place and deptype = 'n') then
        return null;
    end if;
    -- Whoever writes to raw later would run what a table brings along: it must be the one that raw was the model of.
    if exists (select 1 from pg_trigger where tgrelid = batch)
        or exists (select 1 from pg_rewrite where ev_class = batch)
        or exists (select 1 from pg_policy where polrelid = batch)
        or exists (select 1 from pg_inherits where batch in (inhrelid, inhparent))
        or exists (select 1 from pg_index where indrelid = batch and (indexprs is not null or indpred is not null))
        or exists (
            select pg_get_constraintdef(oid) from pg_constraint where conrelid = batch and contype = 'c'
            except select pg_get_constraintdef(oid) from pg_constraint where conrelid = place and contype = 'c')
        or exists (
            (select * from ops.columns_of(batch) except select * from ops.columns_of(place))
            union all (select * from ops.columns_of(place) except select * from ops.columns_of(batch)))
    then
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
    op.execute(COLUMNS)
    op.execute(ADOPT)


def downgrade() -> None:
    op.execute("drop function ops.adopt_batch(text, text)")
    op.execute("drop function ops.columns_of(oid)")
