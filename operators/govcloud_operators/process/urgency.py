"""What people wait for goes before upkeep."""

from __future__ import annotations

from govcloud_kube.pace import Pace
from govcloud_operators.keys import Key
from govcloud_operators.process.queue import Work

KINDS = frozenset({"Approval", "EnvironmentRequest", "PolicyExemption", "ServiceBinding"})
"""Somebody sits before each of these; the environments behind them come by the hundred."""


def work(inner: Work, pace: Pace) -> Work:
    """The same work; writes about urgent kinds may take the part of the bucket that is kept for them."""

    def hurried(key: Key) -> float | None:
        with pace.urgent(yes=key.kind in KINDS):
            return inner(key)

    return hurried
