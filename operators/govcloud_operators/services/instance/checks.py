"""Does the environment have room for it? Pure."""

from __future__ import annotations

from govcloud_api import quantity
from govcloud_api.conditions import Condition
from govcloud_operators.services.instance.observed import Observed

QUOTA_WORDS = "exceeded quota"
"""What the API server says when a quota refuses (k8s.io/apiserver admission/plugin/resourcequota)."""


def quota(observed: Observed, refusal: str) -> Condition:
    """Condition `QuotaExceeded`: True before anything is made that would not fit, and when the cluster refused it."""
    if QUOTA_WORDS in refusal:
        return _exceeded(f"{refusal}; {_ADVICE}")
    lacking = _lacking(observed)
    if lacking:
        return _exceeded(f"{'; '.join(lacking)}; {_ADVICE}")
    return Condition(type="QuotaExceeded", status="False", reason="Fits")


_ADVICE = "take a smaller plan, free something, or ask for a larger environment (a request of type Change)"


def _lacking(observed: Observed) -> list[str]:
    """Sentences for what its pods need and the quota has no more; only until the first of them is there."""
    order, driver = observed.look.order, observed.look.driver
    if order is None or driver is None or observed.quota is None or order.suspended or order.pods:
        return []
    wanted = driver.reserved(order)
    status = observed.quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    needs = {
        "requests.cpu": (wanted.cpu_millicores, quantity.cpu_millicores, quantity.cpu_text, "CPU"),
        "requests.memory": (wanted.memory_bytes, quantity.size_bytes, quantity.bytes_text, "memory"),
    }
    found = []
    for key, (need, read, text, word) in needs.items():
        if key not in hard:
            continue
        left = max(0, read(str(hard[key])) - read(str(used.get(key, "0"))))
        if need > left:
            found.append(f"it needs {text(need)} of {word}, {text(left)} of {hard[key]} are left")
    return found


def _exceeded(message: str) -> Condition:
    return Condition(type="QuotaExceeded", status="True", reason="TooSmall", message=message)
