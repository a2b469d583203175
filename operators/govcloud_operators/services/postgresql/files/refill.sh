#!/bin/sh
# Before a database is begun on an empty volume: one that has backups was lost, and is filled with them, up to the last that
# got to the store. Ends well with the volume still empty only when the store says that there are none.
set -eu
known=$(pgbackrest --config="$GOVCLOUD_BACKUP/pgbackrest.conf" --stanza=main --output=json info)
case "$known" in
  *'"status":{"code":0,'*) GOVCLOUD_RESTORE_SELF=yes sh "$GOVCLOUD_CONFIG/restore.sh" ;;
  '[]' | *'"status":{"code":'[123],*) ;;
  *)
    printf 'it cannot be seen whether there are backups of this database, so it is not begun: %s\n' "$known" >&2
    exit 1
    ;;
esac
