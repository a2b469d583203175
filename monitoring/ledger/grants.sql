-- For the accountant, who may not look into the server's folders: the age of the oldest part of the log that is not in the
-- backup store; 0 when nothing waits.
create or replace function govcloud.archive_waiting_seconds() returns double precision
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select greatest(0, coalesce(extract(epoch from clock_timestamp() - min(modification)), 0))::double precision
  from pg_ls_archive_statusdir() where name like '%.ready'
$$;
revoke all on function govcloud.archive_waiting_seconds() from public;

-- The accountant reads and appends. It owns nothing, so it cannot take the rules away that keep rows as they are.
do $$ begin
  if not exists (select from pg_roles where rolname = 'accountant') then
    create role accountant login nosuperuser nocreatedb nocreaterole connection limit 20;
  end if;
end $$;
revoke all on database ledger from public;
grant connect on database ledger to accountant;
grant usage on schema ledger to accountant;
grant select, insert on ledger.pool_hour, ledger.charge, ledger.department_hour, ledger.recommendation to accountant;
grant usage on schema govcloud to accountant;
grant select on govcloud.backups to accountant;
grant execute on function govcloud.archive_waiting_seconds() to accountant;
