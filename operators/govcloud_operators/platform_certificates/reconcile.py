"""Looked at by the clock: each certificate of monitoring is there, young enough and unaltered, or is made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from govcloud_api import labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from govcloud_operators import actions, isolation, rounds
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.keys import Key
from govcloud_operators.platform_certificates import checks
from govcloud_operators.platform_certificates.checks import Wanted
from govcloud_operators.services.certificates import Pair

LOG = logging.getLogger(__name__)

KEY = Key("PlatformCertificates", labels.MONITORING_NAMESPACE, "monitoring")
NAMESPACES = tuple(dict.fromkeys(wanted.namespace for wanted in checks.WANTED))
"""Where the Secrets lie."""
ABSENT_PAUSE_SECONDS = 2.0
"""Until the next look for a namespace that comes after the operator: pods in it wait for these Secrets."""


def reconcile(cluster: Cluster, authority: Callable[[], Pair], now: datetime) -> float | None:
    """Bring the Secrets to what they shall be; nothing in a namespace that is not there.

    Returns seconds until the next look, None: with the resync. Raises what `Cluster` and `authority` raise.
    """
    standing = [name for name in NAMESPACES if stands(cluster, name)]
    for name in standing:
        _bring(cluster, name, authority(), now)
    return None if len(standing) == len(NAMESPACES) else ABSENT_PAUSE_SECONDS


def stands(cluster: Cluster, namespace: str) -> bool:
    """The namespace is there and stays. Raises what `Cluster` raises."""
    found = cluster.get(Ref("v1", "Namespace", namespace))
    return found is not None and not isolation.is_going(found)


def _bring(cluster: Cluster, namespace: str, pair: Pair, now: datetime) -> None:
    all_wanted = [wanted for wanted in checks.WANTED if wanted.namespace == namespace]
    rounds.converge(
        cluster,
        gather=lambda: actions.read(cluster, [wanted.ref for wanted in all_wanted]),
        decide=lambda live: changes(all_wanted, live, pair, now),
        actions_of=lambda decided: decided,
    )


def changes(
    all_wanted: Sequence[Wanted], live: Mapping[Ref, Object], authority: Pair, now: datetime
) -> tuple[Action, ...]:
    """Writes that bring `live` to what it shall be; what was removed is written after the next look."""
    made: list[Action] = []
    for wanted in all_wanted:
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
