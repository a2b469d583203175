"""Web as a `ServiceDriver`."""

from __future__ import annotations

from datetime import datetime

from govcloud_api import policy
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_operators.services import driver
from govcloud_operators.services.driver import Accounts, Credentials, Door, Observation, Order
from govcloud_operators.services.web import checks, desired, status


class WebDriver:
    """A program has no logins, no certificate of its own and nothing to back up."""

    accounts: Accounts | None = None
    has_certificate = False
    has_backup = False

    def faults(self, order: Order) -> str:
        """See `ServiceDriver`."""
        return checks.fault(order)

    def stages(self, order: Order) -> list[list[Object]]:
        """See `ServiceDriver`."""
        return desired.stages(order)

    def refs(self, order: Order) -> list[Ref]:
        """See `ServiceDriver`."""
        return desired.refs(order)

    def readiness(self, order: Order) -> Condition:
        """See `ServiceDriver`."""
        return status.readiness(order)

    def applied_version(self, order: Order) -> str | None:
        """See `ServiceDriver`; the version of a program is its image's own affair."""
        return order.version if order.live.get(desired.deployment_ref(order)) else None

    def endpoint(self, order: Order) -> Endpoint:
        """See `ServiceDriver`."""
        return Endpoint(host=driver.host(order), port=desired.SERVICE_PORT)

    def reserved(self, order: Order) -> policy.Share:
        """See `ServiceDriver`: as many copies as it may ever have."""
        one = policy.share(cpu=order.plan.cpu, memory=order.plan.memory, storage="0")
        most = desired.scale(order).most
        return policy.Share(cpu_millicores=one.cpu_millicores * most, memory_bytes=one.memory_bytes * most)

    def entries(self, order: Order, credentials: Credentials) -> dict[str, str]:
        """Nothing: there are no logins."""
        return {}

    def observe(self, order: Order, door: Door) -> Observation:
        """Nothing beyond what the objects say."""
        return Observation()

    def want_backup(self, door: Door, since: datetime) -> None:
        """Never called: there is nothing to back up."""

    def flush(self, door: Door) -> None:
        """Never called: there is nothing to back up."""
