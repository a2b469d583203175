"""The ledger: every hour the cost of each pool, split to the last micro-cent over the departments' environments."""
