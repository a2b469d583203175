"""Asks Prometheus each hour for the past, and shows when pools, quotas and disks will be full if that can be told."""
