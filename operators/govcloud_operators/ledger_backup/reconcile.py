"""Looked at by the clock: the ledger's way to its backups is there and unaltered. Its bucket is the store's room's."""

from __future__ import annotations

import logging
from collections.abc import Callable

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_kube import Cluster
from govcloud_operators import actions, drift, rounds
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.keys import Key
from govcloud_operators.ledger_backup import desired
from govcloud_operators.platform_certificates.reconcile import ABSENT_PAUSE_SECONDS, stands
from govcloud_operators.services.backups.vault import Vault

LOG = logging.getLogger(__name__)

KEY = Key("LedgerBackup", labels.MONITORING_NAMESPACE, desired.SECRET.name)


def reconcile(cluster: Cluster, vault: Callable[[], Vault]) -> float | None:
    """Bring the Secret to what it shall be, also while the store is away; nothing while monitoring is not there.

    Returns seconds until the next look, None: with the resync. Raises what `Cluster` and `vault` raise.
    """
    if not stands(cluster, labels.MONITORING_NAMESPACE):
        return ABSENT_PAUSE_SECONDS
    wanted = desired.secret(vault())
    rounds.converge(
        cluster,
        gather=lambda: actions.read(cluster, [desired.SECRET]),
        decide=lambda live: changes(live.get(desired.SECRET), wanted),
        actions_of=lambda decided: decided,
    )
    return None


def changes(found: Object | None, wanted: Object) -> tuple[Action, ...]:
    """Writes that bring it there; what cannot be written is removed, and made anew after the next look."""
    if found is not None and drift.covers(found, wanted):
        return ()
    if found is not None and (found.get("type") != wanted["type"] or found.get("immutable")):
        LOG.warning("%s is of another type, or locked; it is removed to be made anew", desired.SECRET)
        return (Delete(desired.SECRET, found["metadata"]["uid"]),)
    LOG.info("%s is missing or altered; it is written", desired.SECRET)
    return (Apply(wanted),)
