-- The ledger: written once, never changed. Applied at every start in one transaction; what is there is left alone.
-- An hour is closed by its row in pool_hour, which is written last: after it nobody can add a charge to that revision.
select pg_advisory_xact_lock(hashtextextended('govcloud ledger schema', 0));
create schema if not exists ledger;

create table if not exists ledger.pool_hour (
  pool text not null check (pool <> ''),
  start timestamptz not null check (extract(epoch from start) % 3600 = 0),
  -- 0 closes the hour, each higher one corrects it: its cost is a difference.
  revision integer not null check (revision >= 0),
  cost_microcents bigint not null check (revision > 0 or cost_microcents >= 0),
  method text not null check (method <> ''),
  overcommitted boolean not null,
  coverage_permille smallint not null check (coverage_permille between 0 and 1000),
  written_at timestamptz not null default now(),
  primary key (pool, start, revision)
);

create table if not exists ledger.charge (
  start timestamptz not null,
  pool text not null,
  revision integer not null,
  department text not null,
  environment text not null,
  product text not null,
  purpose text not null,
  tier text not null,
  component text not null check (component in ('cpu', 'memory', 'storage', 'platform_share', 'idle_share')),
  quantity bigint not null,
  unit text not null,
  list_microcents bigint not null,
  cost_microcents bigint not null,
  measured_ratio_permille smallint not null check (measured_ratio_permille between 0 and 1000),
  method text not null check (method <> ''),
  primary key (start, pool, revision, department, environment, product, purpose, tier, component),
  foreign key (pool, start, revision) references ledger.pool_hour deferrable initially deferred,
  constraint unit_of_component check (
    unit = case component
      when 'cpu' then 'mcore_seconds' when 'memory' then 'mib_seconds' when 'storage' then 'mib_seconds' else '' end
  ),
  constraint share_has_no_quantity check (unit <> '' or (quantity = 0 and list_microcents = 0)),
  constraint platform_bears_shares_only check (department <> '' or (environment = '' and unit = '')),
  constraint only_corrections_take_back check (
    revision > 0 or (quantity >= 0 and list_microcents >= 0 and cost_microcents >= 0)
  )
);

-- What departments were granted, reserved, used and wasted: measured, not charged, and never corrected. CPU is in
-- milli-core-seconds, memory and storage in MiB-seconds. An hour is written by one statement; nothing is known of the use
-- that nobody measured, and below a measured_permille of 1000 not all of it.
create table if not exists ledger.department_hour (
  start timestamptz not null check (extract(epoch from start) % 3600 = 0),
  department text not null check (department <> ''),
  resource text not null check (resource in ('cpu', 'memory', 'storage')),
  granted bigint not null check (granted >= 0),
  reserved bigint not null check (reserved >= 0),
  used bigint check (used >= 0),
  wasted bigint,
  coverage_permille smallint not null check (coverage_permille between 1 and 1000),
  measured_permille smallint not null check (measured_permille between 0 and 1000),
  written_at timestamptz not null default now(),
  primary key (start, department, resource),
  constraint used_is_measured check ((used is null) = (measured_permille = 0)),
  constraint wasted_is_reserved_and_not_used check (
    case when used is null then wasted is null else wasted is not null and wasted = greatest(0, reserved - used) end
  )
);

-- What was proposed to departments, and what became of it: a row for each step, the newest of an environment tells how it
-- stands. `cpu_milli` is of the environment's quota, `proposed_cpu_milli` what would be left of it.
create table if not exists ledger.recommendation (
  number bigint generated always as identity primary key,
  department text not null check (department <> ''),
  environment text not null check (environment <> ''),
  kind text not null check (kind in ('remove', 'resize')),
  state text not null check (state in ('open', 'met', 'withdrawn')),
  cpu_milli bigint not null,
  proposed_cpu_milli bigint not null check (proposed_cpu_milli between 0 and cpu_milli),
  written_at timestamptz not null default now()
);
create index if not exists recommendation_newest on ledger.recommendation (department, environment, number desc);

create or replace function ledger.refuse_change() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  raise insufficient_privilege using
    message = format('the ledger is append-only: %s on %s', tg_op, tg_table_name),
    hint = 'append a correction';
end $$;

-- The lock makes writers of one hour take turns; each statement of the function then sees what the last one committed.
create or replace function ledger.lock_hour(pool text, start timestamptz) returns void language sql
  set search_path = pg_catalog, pg_temp as $$
  select pg_advisory_xact_lock(hashtextextended(format('govcloud ledger %s %s', extract(epoch from start), pool), 0))
$$;

create or replace function ledger.refuse_late_charges() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  written record;
begin
  for written in select distinct pool, start, revision from new_charges order by 1, 2, 3 loop
    perform ledger.lock_hour(written.pool, written.start);
    if exists (
      select from ledger.pool_hour as hour
      where (hour.pool, hour.start, hour.revision) = (written.pool, written.start, written.revision)
    ) then
      raise unique_violation using
        message = format('pool %s at %s is closed in revision %s', written.pool, written.start, written.revision),
        hint = 'append a correction';
    end if;
  end loop;
  return null;
end $$;

create or replace function ledger.refuse_unbalanced() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  charged numeric;
begin
  perform ledger.lock_hour(new.pool, new.start);
  select coalesce(sum(cost_microcents), 0) into charged from ledger.charge
    where (start, pool, revision) = (new.start, new.pool, new.revision);
  if charged <> new.cost_microcents then
    raise check_violation using
      message = format('pool %s at %s costs %s micro-cents, but %s are charged',
        new.pool, new.start, new.cost_microcents, charged);
  end if;
  if new.revision > 0 and not exists (
    select from ledger.pool_hour as hour
    where (hour.pool, hour.start, hour.revision) = (new.pool, new.start, new.revision - 1)
  ) then
    raise check_violation using
      message = format('pool %s at %s has no revision %s to correct', new.pool, new.start, new.revision - 1);
  end if;
  return null;
end $$;

create or replace function ledger.refuse_second_writing() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  written record;
begin
  for written in select start, count(*) as rows from new_hours group by start order by start loop
    perform ledger.lock_hour('departments', written.start);
    if written.rows <> (select count(*) from ledger.department_hour as hour where hour.start = written.start) then
      raise unique_violation using
        message = format('the hour of departments at %s is written', written.start),
        hint = 'it stays as it is';
    end if;
  end loop;
  return null;
end $$;

create or replace trigger append_only before update or delete or truncate on ledger.pool_hour
  for each statement execute function ledger.refuse_change();
create or replace trigger append_only before update or delete or truncate on ledger.charge
  for each statement execute function ledger.refuse_change();
create or replace trigger append_only before update or delete or truncate on ledger.department_hour
  for each statement execute function ledger.refuse_change();
create or replace trigger append_only before update or delete or truncate on ledger.recommendation
  for each statement execute function ledger.refuse_change();
create or replace trigger once after insert on ledger.department_hour
  referencing new table as new_hours for each statement execute function ledger.refuse_second_writing();
create or replace trigger not_late after insert on ledger.charge
  referencing new table as new_charges for each statement execute function ledger.refuse_late_charges();
create or replace trigger balanced after insert on ledger.pool_hour
  for each row execute function ledger.refuse_unbalanced();

-- Not even a session that replicates goes past them.
alter table ledger.pool_hour enable always trigger append_only, enable always trigger balanced;
alter table ledger.charge enable always trigger append_only, enable always trigger not_late;
alter table ledger.department_hour enable always trigger append_only, enable always trigger once;
alter table ledger.recommendation enable always trigger append_only;
