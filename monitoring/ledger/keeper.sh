# Beside the ledger's server: backs it up when that is due. Almost always it sleeps.
. "$GOVCLOUD_CONFIG/backups.sh"
forever keep_backups
