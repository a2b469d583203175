-- Once, in a new database, as its only superuser. People's logins are made later and belong to one of three groups.
revoke all on database postgres, template1 from public;

create role govcloud_operator login createrole connection limit 20;
grant pg_signal_backend, pg_read_all_stats to govcloud_operator;
alter role govcloud_operator set search_path = pg_catalog, pg_temp;
grant connect on database postgres to govcloud_operator;

create role app_login nologin; -- whoever may come in with a password, see pg_hba.conf
create role app_ro nologin;
create role app_rw nologin;
create role app_admin nologin;

create database app;
revoke all on database app from public;
grant connect, temporary on database app to app_ro, app_rw, app_admin;
grant create on database app to app_admin;
grant connect on database app to govcloud_operator;

create schema govcloud;
create table govcloud.last_login (login name primary key, at timestamptz not null);
create table govcloud.log_position (file text primary key, bytes bigint not null);

-- Logins since the last look, from the server's own log, so that short sessions count as well. Bytes are read as
-- LATIN1, which never fails; quotes inside JSON strings are escaped, so nobody can forge the two fields looked for.
create function govcloud.note_logins() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  folder text := current_setting('log_directory');
  found record;
  chunk text;
  ends bigint;
begin
  for found in
    select f as file, (pg_stat_file(folder || '/' || f)).size as size, coalesce(p.bytes, 0) as bytes
    from pg_ls_dir(folder) f left join govcloud.log_position p on p.file = f where f like '%.json'
  loop
    if found.size < found.bytes then
      found.bytes := 0;
    end if;
    continue when found.size = found.bytes;
    chunk := convert_from(
      pg_read_binary_file(folder || '/' || found.file, found.bytes, least(found.size - found.bytes, 16777216)), 'LATIN1');
    ends := length(chunk) - position(E'\n' in reverse(chunk)) + 1;
    continue when position(E'\n' in chunk) = 0;
    insert into govcloud.last_login as old (login, at)
      select m[2], max(m[1]::timestamptz)
      from regexp_split_to_table(left(chunk, ends::int), E'\n') line,
        regexp_match(line, '^\{"timestamp":"([^"]+)","user":"(b_[0-9a-f]+_[0-9]+)".*"message":"connection authorized: ') m
      where m is not null group by m[2]
      on conflict (login) do update set at = greatest(old.at, excluded.at);
    insert into govcloud.log_position values (found.file, found.bytes + ends)
      on conflict (file) do update set bytes = excluded.bytes;
  end loop;
  delete from govcloud.last_login where login not in (select rolname from pg_roles);
end $$;

-- However many connections programs open, the operator gets in to end them. Followed again when the plan changes.
create function govcloud.keep_room() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  room int := current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - 8;
begin
  if (select datconnlimit from pg_database where datname = 'app') is distinct from room then
    execute format('alter database app connection limit %s', room);
  end if;
end $$;
select govcloud.keep_room();

\ir backup.sql

revoke all on function govcloud.note_logins(), govcloud.keep_room() from public;
grant usage on schema govcloud to govcloud_operator;
grant select on govcloud.backups, govcloud.last_login to govcloud_operator;
grant execute on function govcloud.want_backup(timestamptz), govcloud.flush(), pg_catalog.pg_switch_wal() to govcloud_operator;

\connect app
alter schema public owner to app_admin;
grant usage on schema public to app_ro, app_rw;
alter default privileges for role app_admin grant usage on schemas to app_ro, app_rw;
alter default privileges for role app_admin grant select on tables to app_ro;
alter default privileges for role app_admin grant select, insert, update, delete on tables to app_rw;
alter default privileges for role app_admin grant select on sequences to app_ro;
alter default privileges for role app_admin grant usage, select, update on sequences to app_rw;
