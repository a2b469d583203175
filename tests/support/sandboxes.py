"""The sandboxes that two departments ask for in the stories on a lab."""

import time
from pathlib import Path

from support.lab import Lab

TAX, HEALTH = "tax-forms-sandbox", "health-clinic-sandbox"
"""Their namespaces."""


def ask(lab: Lab, kubeconfig: Path, product: str, *more: str) -> float:
    """Ask for a sandbox with the member's credentials alone; returns the seconds until it is ready. `more`: words."""
    began = time.monotonic()
    wish = ["--product", product, "--purpose", "sandbox", "--why", "try it", *more]
    lab.govcloud("env", "request", str(lab.site), "--kubeconfig", str(kubeconfig), *wish, "--wait")
    return time.monotonic() - began
