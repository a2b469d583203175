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
