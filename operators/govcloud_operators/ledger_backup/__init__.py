"""The way of the ledger's pod to its place in the backup store, kept by the operator."""
