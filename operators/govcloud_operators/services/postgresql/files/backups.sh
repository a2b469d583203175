# For the keepers beside a server, of departments' databases and of the ledger: backs it up when that is due. Everything it
# says about backups is read back from the store; a bucket that is empty shows as "no backup", a store that is away as
# trouble, and what was known of it stays.
set -u
umask 077
pause_seconds="${GOVCLOUD_KEEPER_SECONDS:-15}"
rounds_a_look="${GOVCLOUD_KEEPER_ROUNDS:-4}" # the store is asked this seldom; what happens here is looked at in every round
stanza=
rounds=0

sql() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 -h "${GOVCLOUD_SOCKET:-$GOVCLOUD_RUN}" -U postgres -d "${GOVCLOUD_DATABASE:-postgres}" "$@"
}

# What it says when it fails is kept for people, see govcloud.note_trouble.
backrest() {
  said=$(pgbackrest --config="$GOVCLOUD_BACKUP/pgbackrest.conf" --stanza=main "$@" 2>&1) && return
  printf '%s\n' "$said" >"$GOVCLOUD_RUN/keeper.trouble"
  printf '%s\n' "$said" >&2
  return 1
}

report() {
  backrest --output=json info || return 1
  case "$said" in
    '[]' | *'"status":{"code":'[0123],*) ;;
    *) # pgbackrest says so and succeeds
      printf '%s\n' "$said" >"$GOVCLOUD_RUN/keeper.trouble"
      return 1
      ;;
  esac
  printf '%s' "$said" >"$GOVCLOUD_RUN/info.json"
  sql -c "select govcloud.note_backups(pg_read_file('$GOVCLOUD_RUN/info.json')::jsonb)" >/dev/null
}

trouble() {
  for file in keeper archive; do
    [ ! -e "$GOVCLOUD_RUN/$file.trouble" ] || cat "$GOVCLOUD_RUN/$file.trouble"
  done >"$GOVCLOUD_RUN/trouble"
  sql -c "select govcloud.note_trouble(pg_read_file('$GOVCLOUD_RUN/trouble'))" >/dev/null
}

backups() {
  if [ -e "$GOVCLOUD_RUN/gap" ]; then # a new backup begins behind the hole
    sql -c 'update govcloud.backup set wanted_at = now()' >/dev/null && rm -f "$GOVCLOUD_RUN/gap" || return 1
  fi
  if [ -z "$stanza" ]; then
    backrest stanza-create || return 1
    stanza=made
    rounds=0
  fi
  if [ "$rounds" -eq 0 ]; then
    report || return 1
  fi
  rounds=$(((rounds + 1) % rounds_a_look))
  read -r hour <"$GOVCLOUD_CONFIG/backup-hour" || return 1
  if [ "$(sql -c "select govcloud.backup_due($hour)")" = t ]; then
    backrest --type=full backup && report || return 1
  fi
  if [ -e "$GOVCLOUD_RUN/keeper.trouble" ]; then
    # The store is back; the server would try again within a minute, a new file of its log has it try now.
    rm -f "$GOVCLOUD_RUN/keeper.trouble"
    sql -c 'select govcloud.flush()' -c 'select pg_switch_wal()' >/dev/null
  fi
}

keep_backups() {
  backups || { rounds=0 stanza=; echo "keeper: the backup is not as it should be, see above; next try soon" >&2; }
  trouble || echo "keeper: what goes wrong cannot be noted" >&2
}

# Calls a function over and over, as long as the server answers.
forever() {
  trap 'exit 0' TERM INT
  while :; do
    if sql -c 'select 1' >/dev/null 2>&1; then
      "$1"
      sleep "$pause_seconds" & wait $!
    else
      sleep 1 & wait $!
    fi
  done
}
