"""What drivers of one server with one volume and no backup have in common."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from govcloud_api import policy
from govcloud_api.conditions import Condition
from govcloud_operators.services import server
from govcloud_operators.services.driver import Door, Order


class OneServer:
    """The part of `ServiceDriver` that is the same for all of them; pure."""

    has_certificate = True
    has_backup = False
    product: ClassVar[str]
    """As people know it."""
    smallest_memory: ClassVar[str]
    """A plan with less is refused."""

    def faults(self, order: Order) -> str:
        """See `ServiceDriver`."""
        if order.instance.spec.restore_from is not None:
            return f"spec.restoreFrom is set, but {self.product} has no backups; leave it out"
        return self.own_fault(order) or server.fault(order, smallest_memory=self.smallest_memory)

    def own_fault(self, order: Order) -> str:
        """What only this product refuses; empty when there is nothing."""
        return ""

    def readiness(self, order: Order) -> Condition:
        """See `ServiceDriver`."""
        return server.readiness(order)

    def applied_version(self, order: Order) -> str | None:
        """See `ServiceDriver`."""
        return server.applied_version(order)

    def reserved(self, order: Order) -> policy.Share:
        """See `ServiceDriver`."""
        return policy.share(cpu=order.plan.cpu, memory=order.plan.memory, storage=order.plan.storage)

    def want_backup(self, door: Door, since: datetime) -> None:
        """Never called: there are no backups."""

    def flush(self, door: Door) -> None:
        """Never called: there are no backups."""
