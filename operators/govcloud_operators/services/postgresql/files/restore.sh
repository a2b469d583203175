#!/bin/sh
# Fills an empty volume from the backup store, whole or not at all: with a copy of another instance as it was at a moment,
# whose logins do not come along; or, with GOVCLOUD_RESTORE_SELF, with what the instance itself lost.
set -eu
umask 077
data="${GOVCLOUD_PGDATA:-$GOVCLOUD_DATA/pgdata}"
new="$data.new"
aside="$GOVCLOUD_DATA/aside" # the first server answers here, where neither probes nor programs look
[ ! -f "$data/PG_VERSION" ] || exit 0

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$aside" -U postgres -d postgres "$@"; }

rm -rf "$new" "$aside"
mkdir "$new" "$aside"
if [ -n "${GOVCLOUD_RESTORE_SELF:-}" ]; then
  archive_mode=on # the log goes on in the same place
else
  archive_mode=off
fi
if [ -n "${GOVCLOUD_RESTORE_TIME:-}" ]; then
  set -- --type=time "--target=$GOVCLOUD_RESTORE_TIME" --target-action=promote
else
  set --
fi
pgbackrest --config="$GOVCLOUD_BACKUP/pgbackrest.conf" --stanza=main --pg1-path="$new" "$@" restore
# Not readable before the moment is reached: the copy may have fewer connections than the original had.
pg_ctl --pgdata="$new" --wait --silent --timeout=3600 --log="$aside/first.log" start \
  --options="-c config_file=$GOVCLOUD_CONFIG/postgresql.conf -c listen_addresses='' -c unix_socket_directories=$aside -c archive_mode=$archive_mode -c hot_standby=off -c logging_collector=off" || { cat "$aside/first.log" >&2; exit 1; }
until [ "$(sql -c 'select pg_is_in_recovery()' 2>/dev/null)" = f ]; do
  pg_ctl --pgdata="$new" status >/dev/null || { tail -n 20 "$aside/first.log" >&2; exit 1; }
  sleep 0.2
done
if [ -n "${GOVCLOUD_RESTORE_SELF:-}" ]; then
  sql -d "${GOVCLOUD_DATABASE:-postgres}" -c 'update govcloud.backup set wanted_at = now()'
else
  sql -f "$GOVCLOUD_CONFIG/restored.sql" >/dev/null
fi
sql -c 'alter system reset all' -c checkpoint
pg_ctl --pgdata="$new" --wait --silent --mode=fast stop
mv "$new" "$data"
rm -rf "$aside"
