-- What databases that were made by earlier versions lack; done again it changes nothing.
set client_min_messages = warning;
alter table govcloud.backup add column if not exists trouble text;
create or replace view govcloud.backups as select last_backup, oldest_restore, wanted_at, trouble from govcloud.backup;

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
revoke all on function govcloud.note_trouble(text) from public;
