"""Who stands behind a connection over TLS. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def common_name(shown: Mapping[str, Any]) -> str:
    """Common name of a certificate that was checked; empty when there is none, or more than one name.

    `shown` has the form of `ssl.SSLSocket.getpeercert`; empty: no certificate was shown.
    """
    names = [value for part in shown.get("subject", ()) for key, value in part if key == "commonName"]
    return str(names[0]) if len(names) == 1 else ""
