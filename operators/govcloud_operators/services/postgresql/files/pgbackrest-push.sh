#!/bin/sh
# The server's archive_command (pgbackrest wants its own name in it): brings one file of the log to the store. Leaves word for
# the keeper: why it failed, and whether some of the log was given up because too much of it waited.
set -u
said=$(pgbackrest --config="$GOVCLOUD_BACKUP/pgbackrest.conf" --stanza=main "--pg1-path=$PWD" archive-push "$1" 2>&1)
code=$?
[ -z "$said" ] || printf '%s\n' "$said" >&2
case "$said" in
  *'dropped WAL file'*) : >"$GOVCLOUD_RUN/gap" ;;
esac
if [ "$code" -ne 0 ]; then
  printf '%s\n' "$said" >"$GOVCLOUD_RUN/archive.trouble"
elif [ -e "$GOVCLOUD_RUN/archive.trouble" ]; then
  rm -f "$GOVCLOUD_RUN/archive.trouble"
fi
exit "$code"
