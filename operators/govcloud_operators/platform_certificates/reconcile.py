"""Looked at by the clock: each certificate of monitoring is there, young enough and unaltered, or is made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from govcloud_api import labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from govcloud_operators import actions, isolation, rounds
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.keys import Key
from govcloud_operators.platform_certificates import checks
from govcloud_operators.services.certificates import Pair

LOG = logging.getLogger(__name__)

KEY = Key("PlatformCertificates", labels.MONITORING_NAMESPACE, "monitoring")
HOME = Ref("v1", "Namespace", labels.MONITORING_NAMESPACE)
ABSENT_PAUSE_SECONDS = 2.0
"""Until the next look for a namespace that comes after the operator: pods in it wait for these Secrets."""


def reconcile(cluster: Cluster, authority: Callable[[], Pair], now: datetime) -> float | None:
    """Bring the Secrets to what they shall be; nothing while monitoring is not there.

    Returns seconds until the next look, None: with the resync. Raises what `Cluster` and `authority` raise.
    """
    home = cluster.get(HOME)
    if home is None or isolation.is_going(home):
        return ABSENT_PAUSE_SECONDS
    pair, refs = authority(), [wanted.ref for wanted in checks.WANTED]
    rounds.converge(
        cluster,
        gather=lambda: actions.read(cluster, refs),
        decide=lambda live: changes(live, pair, now),
        actions_of=lambda decided: decided,
    )
    return None


def changes(live: Mapping[Ref, Object], authority: Pair, now: datetime) -> tuple[Action, ...]:
    """Writes that bring `live` to what it shall be; what was removed is written after the next look."""
    made: list[Action] = []
    for wanted in checks.WANTED:
        found = live.get(wanted.ref)
        match checks.step(wanted, found, authority, now):
            case "write":
                LOG.info("%s is missing, altered or half its life old; it is made anew", wanted.ref)
                made.append(Apply(checks.issue(wanted, authority, now)))
            case "remove" if found is not None:
                LOG.warning("%s is of another type, or locked; it is removed to be made anew", wanted.ref)
                made.append(Delete(wanted.ref, found["metadata"]["uid"]))
            case _:
                pass
    return tuple(made)
