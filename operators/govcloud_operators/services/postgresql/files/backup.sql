-- What a database knows of its backups, and when the next is due: of departments and of the ledger. Done again it changes
-- nothing; databases that were made by earlier versions get what they lack.
set client_min_messages = warning;
create schema if not exists govcloud;
create table if not exists govcloud.backup (
  only_row boolean primary key default true check (only_row),
  last_backup timestamptz,
  oldest_restore timestamptz,
  wanted_at timestamptz,
  noted_at timestamptz not null default now()
);
alter table govcloud.backup add column if not exists trouble text;
insert into govcloud.backup default values on conflict do nothing;
create or replace view govcloud.backups as select last_backup, oldest_restore, wanted_at, trouble from govcloud.backup;

-- What `pgbackrest info` says. The row is written at least every five minutes: restoring to a moment needs a
-- transaction after that moment.
create or replace function govcloud.note_backups(info jsonb) returns void language sql set search_path = pg_catalog, pg_temp as $$
  with fresh as (
    select max(to_timestamp((b #>> '{timestamp,stop}')::bigint)) as newest,
      min(to_timestamp((b #>> '{timestamp,stop}')::bigint)) as oldest
    from jsonb_path_query(info, '$[*].backup[*] ? (@.error == false)') b
  )
  update govcloud.backup set last_backup = newest, oldest_restore = oldest, noted_at = now() from fresh
  where (last_backup, oldest_restore) is distinct from (newest, oldest) or noted_at < now() - interval '5 minutes'
$$;

create or replace function govcloud.backup_due(hour int) returns boolean language sql set search_path = pg_catalog, pg_temp as $$
  with plan as (
    select date_trunc('day', now() at time zone 'UTC' - make_interval(hours => hour)) + make_interval(hours => hour) as due
  )
  select last_backup is null or coalesce(last_backup < wanted_at, false) or last_backup at time zone 'UTC' < due
  from govcloud.backup, plan
$$;

create or replace function govcloud.want_backup(since timestamptz) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update govcloud.backup set wanted_at = since where wanted_at is distinct from since and since <= now()
$$;

create or replace function govcloud.flush() returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update govcloud.backup set noted_at = clock_timestamp();
end $$;

-- The first failure that pgbackrest told of, without its number; nothing when all is well.
create or replace function govcloud.note_trouble(said text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
  with fresh as (
    select left(nullif(coalesce(
      substring(said from '"code":99,"message":"(?:\[\w+\] )?([^"]+)'), -- of `info`, which succeeds all the same
      substring(said from 'ERROR: \[\d+\]: ([^\n]+)'), trim(said, E' \n')), ''), 500) as words
  )
  update govcloud.backup set trouble = words from fresh where trouble is distinct from words
$$;
revoke all on function govcloud.note_backups(jsonb), govcloud.backup_due(int), govcloud.want_backup(timestamptz),
  govcloud.flush(), govcloud.note_trouble(text) from public;
