# Before the ledger's server: make its database, its schema and the accountant's role, or bring them up to date. Runs as
# the database's own user, with nobody else able to connect. $1: folder of the files beside this one. An empty volume is
# filled from the backup store; a new ledger begins only when the store says that it has none.
set -eu
umask 077
rm -rf "$PGDATA.new" # of a run that was killed
tries="${GOVCLOUD_TRIES:-6}" # the store may be about to start as well; a kubelet's own pauses grow long
until [ -s "$PGDATA/PG_VERSION" ] || sh "$1/refill.sh"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 5
done
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --pgdata="$PGDATA.new" --data-checksums --username=postgres --auth-local=peer --encoding=UTF8 --locale=C.UTF-8
  sync
  mv "$PGDATA.new" "$PGDATA"
fi
# What is written here belongs to the log that is backed up, too: it waits for the server, without a hole.
pg_ctl --wait --timeout=300 \
  --options="-c listen_addresses= -c unix_socket_directories=/tmp -c archive_mode=on -c archive_command=" start
trap 'pg_ctl --wait --mode=fast stop' EXIT
export PGHOST=/tmp PGUSER=postgres PGOPTIONS='-c client_min_messages=warning'
[ "$(psql -d postgres -Atqc "select 1 from pg_database where datname = 'ledger'")" = 1 ] ||
  psql -d postgres -qc 'create database ledger'
psql -d ledger -q -v ON_ERROR_STOP=1 --single-transaction -f "$1/schema.sql" -f "$1/backup.sql" -f "$1/grants.sql"
