"""Objects as tables. Pure."""

from typing import Any

from govcloud_cli.output import table

Rows = list[tuple[str, ...]]


def departments(found: list[dict[str, Any]]) -> str:
    """Code, name, quota and what of it is allocated."""
    rows: Rows = []
    for item in found:
        spec, status = item["spec"], item.get("status") or {}
        hard = (spec.get("quota") or {}).get("hard") or {}
        used = (status.get("quota") or {}).get("allocated") or {}
        shares = [f"{used.get(key, '0')}/{hard.get(key, '-')}" for key in ("cpu", "memory", "storage")]
        ready = next((c["status"] for c in status.get("conditions") or [] if c["type"] == "Ready"), "Unknown")
        rows.append((spec["code"], spec["displayName"], *shares, str(status.get("environments", 0)), ready))
    return table(("CODE", "NAME", "CPU", "MEMORY", "STORAGE", "ENVIRONMENTS", "READY"), rows)


def nodes(found: list[dict[str, str | None]]) -> str:
    """Name, role, address, provider, failure domain, state and version."""
    keys = ("name", "role", "address", "provider", "failureDomain", "state", "version")
    rows: Rows = [tuple(row[key] or "-" for key in keys) for row in found]
    return table(("NAME", "ROLE", "ADDRESS", "PROVIDER", "DOMAIN", "STATE", "VERSION"), rows)
