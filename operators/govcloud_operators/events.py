"""Kubernetes Events about our own objects: what was done without being asked. Thin, bounded, and never in the way."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster

LOG = logging.getLogger(__name__)
QUIET = timedelta(minutes=10)
"""The same news about the same object is told once in this time."""
REMEMBERED = 4096
"""News kept in memory; when there is more within `QUIET`, the oldest may be told again."""
MESSAGE_MAX_CHARS = 1024
"""Source: k8s.io/kubernetes pkg/apis/core/validation/events.go (NoteLengthLimit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened. `reason` is a CamelCase word; nothing secret."""

    reason: str
    message: str
    type: Literal["Normal", "Warning"] = "Normal"


class Events:
    """Remembers what was told lately. Safe to use from several threads."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, News], datetime] = {}
        self._lock = threading.Lock()

    def tell(self, cluster: Cluster, about: Ref, uid: str, news: News, now: datetime) -> None:
        """Write an Event beside the object. Raises nothing: an Event that cannot be written is only logged."""
        if not self._is_new(uid, news, now):
            return
        try:
            cluster.create(_event(about, uid, news, now))
        except errors.GovcloudError as error:
            LOG.warning("event %s about %s was not written: %s", news.reason, about, error)

    def _is_new(self, uid: str, news: News, now: datetime) -> bool:
        with self._lock:
            last = self._told.get((uid, news))
            if last is not None and now - last < QUIET:
                return False
            if len(self._told) >= REMEMBERED:
                recent = [(key, at) for key, at in self._told.items() if now - at < QUIET]
                self._told = dict(recent[-REMEMBERED // 2 :])
            self._told[(uid, news)] = now
            return True


def _event(about: Ref, uid: str, news: News, now: datetime) -> Object:
    where = about.namespace or "default"
    involved = {"apiVersion": about.api_version, "kind": about.kind, "name": about.name, "uid": uid}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{about.name}.", "namespace": where},
        "involvedObject": involved | ({"namespace": about.namespace} if about.namespace else {}),
        "reason": news.reason,
        "message": news.message[:MESSAGE_MAX_CHARS],
        "type": news.type,
        "source": {"component": labels.OPERATOR_FIELD_MANAGER},
        "firstTimestamp": conditions.timestamp(now),
        "lastTimestamp": conditions.timestamp(now),
        "count": 1,
    }
