-- In a copy of another instance: its logins stay behind, what they own goes to the group, its backups are not ours.
\connect app
do $$
declare
  login name;
begin
  for login in
    select r.rolname from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.member
    where m.roleid = 'app_login'::pg_catalog.regrole
  loop
    execute pg_catalog.format('reassign owned by %I to app_admin', login);
    execute pg_catalog.format('drop owned by %I', login);
    execute pg_catalog.format('drop role %I', login);
  end loop;
end $$;
\connect postgres
truncate govcloud.last_login, govcloud.log_position;
update govcloud.backup set last_backup = null, oldest_restore = null, wanted_at = null, noted_at = now();
