#!/bin/sh
# Makes the database once, whole or not at all, then becomes the server. No password exists for the superuser:
# it can log in only through the socket, which only containers of this pod see.
set -eu
umask 077
data="$GOVCLOUD_DATA/pgdata"
new="$GOVCLOUD_DATA/pgdata.new"
aside="$GOVCLOUD_DATA/aside" # the first server answers here, where neither probes nor programs look

[ -f "$data/PG_VERSION" ] || sh "$GOVCLOUD_CONFIG/refill.sh"
if [ ! -f "$data/PG_VERSION" ]; then
  rm -rf "$new" "$aside"
  mkdir "$aside"
  initdb --pgdata="$new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth=reject >/dev/null
  pg_ctl --pgdata="$new" --wait --silent --log="$aside/first.log" start \
    --options="-c config_file=$GOVCLOUD_CONFIG/postgresql.conf -c listen_addresses='' -c unix_socket_directories=$aside -c archive_mode=off -c logging_collector=off" || { cat "$aside/first.log" >&2; exit 1; }
  psql -X -q -v ON_ERROR_STOP=1 -h "$aside" -U postgres -d postgres -f "$GOVCLOUD_CONFIG/setup.sql" >/dev/null
  pg_ctl --pgdata="$new" --wait --silent --mode=fast stop
  mv "$new" "$data"
  rm -rf "$aside"
fi

exec postgres -D "$data" -c "config_file=$GOVCLOUD_CONFIG/postgresql.conf"
