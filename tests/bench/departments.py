"""Departments by the hundred and their environments: asked for as people ask, and watched until they are Ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from govcloud_api import conditions, errors, labels
from govcloud_kube import Object, real
from govcloud_kube.shelf import Followed
from support import tenancy

ASKING_THREADS = 8
Name = tuple[str, str]
"""(namespace or "", name)."""


def codes(count: int) -> list[str]:
    """Codes of departments."""
    return [f"d{number:03}" for number in range(count)]


def make(admin: real.RealCluster, wanted: Iterable[str]) -> None:
    """Have departments; each has one owner, the user `<code>-owner`."""

    def one(code: str) -> None:
        people = [{"kind": "User", "name": f"{code}-owner", "role": "owner"}]
        admin.apply(tenancy.department(code, subjects=people), field_manager=labels.PLATFORM_FIELD_MANAGER)

    with ThreadPoolExecutor(ASKING_THREADS) as pool:
        list(pool.map(one, wanted))


def ask(admin: real.RealCluster, wanted: Iterable[str], product: str) -> None:
    """Each department's owner asks for a sandbox, which policy grants."""

    def one(code: str) -> None:
        asking = admin.acting_as(f"{code}-owner")
        asking.create(tenancy.request(labels.home_namespace(code), product, product=product))

    with ThreadPoolExecutor(ASKING_THREADS) as pool:
        list(pool.map(one, wanted))


class Watched:
    """When each object of a kind was seen Ready, and when each generation was seen looked at. Monotonic seconds."""

    def __init__(self, admin: real.RealCluster, kind: str) -> None:
        self.ready: dict[Name, float] = {}
        self.looked_at: dict[tuple[Name, int], float] = {}
        self._admin = admin
        self._followed = Followed(api_version=labels.API_VERSION, kind=kind)
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def wait(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        """Until something is so; raises TimeoutError with what was not."""
        with self._changed:
            if not self._changed.wait_for(done, seconds):
                raise TimeoutError(f"{what}: not after {seconds} s; {len(self.ready)} are Ready")

    def end(self) -> None:
        """Stop with the next event."""
        self._ended = True

    def _watch(self) -> None:
        version = "0"
        while not self._ended:
            try:
                for event in self._admin.changes(self._followed, version, seconds=300, silent_seconds=120):
                    version = event["object"]["metadata"].get("resourceVersion", "0")
                    if event["type"] in ("ADDED", "MODIFIED"):
                        self._note(event["object"])
            except errors.ApiUnavailable:
                time.sleep(0.1)

    def _note(self, obj: Object) -> None:
        metadata, now = obj["metadata"], time.monotonic()
        name = (metadata.get("namespace") or "", metadata["name"])
        status: dict[str, Any] = obj.get("status") or {}
        with self._changed:
            if conditions.is_true(obj, "Ready"):
                self.ready.setdefault(name, now)
            self.looked_at.setdefault((name, int(status.get("observedGeneration") or 0)), now)
            self._changed.notify_all()
