"""Services that departments ordered: how many, whether they work, how old their backups are."""
