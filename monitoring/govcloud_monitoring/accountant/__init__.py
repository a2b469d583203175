"""Closes the hours of the ledger: what Prometheus measured, at the prices of the tiers, once and for all."""
