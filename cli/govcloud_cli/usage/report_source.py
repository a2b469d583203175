"""Where a month comes from: the accountant, through the Kubernetes API, which decides who may ask."""

from __future__ import annotations

from datetime import date

from govcloud_monitoring.accountant import days as closed
from govcloud_monitoring.accountant.days import Days
from govcloud_monitoring.accountant.month import Month, parse
from govcloud_monitoring.prometheus import RawReader

PROXY = "/api/v1/namespaces/govcloud-monitoring/services/https:ledger:api/proxy"


def month(api: RawReader, first: date) -> Month:
    """The month that begins on `first`, up to now. Raises GovcloudError."""
    return parse(api.raw("GET", f"{PROXY}/v1/months/{first.isoformat()[:7]}"))


def days(api: RawReader, first: date) -> Days:
    """Its closed hours, day by day. Raises GovcloudError."""
    return closed.parse(api.raw("GET", f"{PROXY}/v1/days/{first.isoformat()[:7]}"))
