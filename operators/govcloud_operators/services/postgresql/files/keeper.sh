#!/bin/sh
# Beside the server: backs it up when it is due, tells it of new files, notes who logged in.
. "$GOVCLOUD_CONFIG/backups.sh"

files() { cat "$GOVCLOUD_CONFIG"/* "$GOVCLOUD_TLS"/* "$GOVCLOUD_BACKUP"/* | sha256sum; }

look() {
  [ -n "$upgraded" ] || ! sql -f "$GOVCLOUD_CONFIG/backup.sql" >/dev/null || upgraded=yes
  current=$(files)
  if [ "$current" != "$known" ]; then
    sql -c 'select pg_reload_conf()' >/dev/null && known=$current
  fi
  sql -c "select govcloud.keep_room()" -c "select govcloud.note_logins()" >/dev/null || echo "keeper: who logged in cannot be noted" >&2
  keep_backups
}

known=$(files)
upgraded=
forever look
