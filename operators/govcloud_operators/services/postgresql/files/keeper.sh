#!/bin/sh
# Beside the server: backs it up when it is due, tells it of new files, notes who logged in. Everything it says about
# backups is read back from the repository each time; a repository that is gone shows as "no backup".
set -u
umask 077
pause_seconds="${GOVCLOUD_KEEPER_SECONDS:-15}"
stanza=

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$GOVCLOUD_RUN" -U postgres -d postgres "$@"; }
backrest() { pgbackrest --config="$GOVCLOUD_CONFIG/pgbackrest.conf" --stanza=main "$@"; }
files() { cat "$GOVCLOUD_CONFIG"/* "$GOVCLOUD_TLS"/* | sha256sum; }

report() {
  backrest --output=json info >"$GOVCLOUD_BACKUP/.info.json.new" || return 1
  mv "$GOVCLOUD_BACKUP/.info.json.new" "$GOVCLOUD_BACKUP/info.json"
  sql -c "select govcloud.note_backups(pg_read_file('$GOVCLOUD_BACKUP/info.json')::jsonb)" >/dev/null
}

backups() {
  if [ -z "$stanza" ]; then
    backrest stanza-create || return 1
    stanza=made
  fi
  report || return 1
  read -r hour <"$GOVCLOUD_CONFIG/backup-hour" || return 1
  [ "$(sql -c "select govcloud.backup_due($hour)")" = t ] || return 0
  backrest --type=full backup && report
}

trap 'exit 0' TERM INT
known=$(files)
while :; do
  if sql -c 'select 1' >/dev/null 2>&1; then
    current=$(files)
    if [ "$current" != "$known" ]; then
      sql -c 'select pg_reload_conf()' >/dev/null && known=$current
    fi
    sql -c "select govcloud.keep_room()" -c "select govcloud.note_logins()" >/dev/null || echo "keeper: who logged in cannot be noted" >&2
    backups || { stanza=; echo "keeper: the backup is not as it should be, see above; next try soon" >&2; }
    sleep "$pause_seconds" & wait $!
  else
    sleep 1 & wait $!
  fi
done
