"""Limits of a Department. Pure."""

from __future__ import annotations

from govcloud_api import policy


def exhausted(given: policy.Share, ceiling: policy.Share) -> list[str]:
    """Resources of which nothing is left."""
    pairs = {
        "cpu": (given.cpu_millicores, ceiling.cpu_millicores),
        "memory": (given.memory_bytes, ceiling.memory_bytes),
        "storage": (given.storage_bytes, ceiling.storage_bytes),
    }
    return [name for name, (used, limit) in pairs.items() if used >= limit]
