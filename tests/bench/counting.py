"""What a process and an API server say of themselves: processor time, memory, who wrote what, how long writes took."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govcloud_kube import Cluster

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE", "APPLY"})
_LINE = re.compile(r"^apiserver_request_duration_seconds_bucket\{([^}]*)\} (\S+)$", re.MULTILINE)
_UPKEEP = frozenset({"leases", "selfsubjectreviews"})
"""Not the operator's work on objects: it says every few seconds that it is there, and asks once who it is."""


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, user and system. Source: proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads_cpu_seconds(pid: int) -> float:
    """The same of the threads that it has now, to the nanosecond. Source: the kernel's scheduler/sched-stats.rst."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def peak_mib(pid: int) -> float:
    """The most memory a process ever had in use."""
    return _memory_mib(pid, "VmHWM")


def resident_mib(pid: int) -> float:
    """Memory that a process has in use now."""
    return _memory_mib(pid, "VmRSS")


def _memory_mib(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def durations(cluster: Cluster) -> dict[float, float]:
    """Writes so far by upper bound of their duration in seconds, cumulative, as the API server counts them."""
    found: Counter[float] = Counter()
    for tags, value in _LINE.findall(cluster.raw("GET", "/metrics").decode()):
        tag = dict(part.split("=", 1) for part in tags.split(","))
        if tag["verb"].strip('"') in MUTATING:
            found[float(tag["le"].strip('"').replace("+Inf", "inf"))] += float(value)
    return dict(found)


def percentile_seconds(before: dict[float, float], after: dict[float, float], part: float) -> float:
    """Upper bound of the bucket in which a part (0-1) of what came between lies: never better than the truth. Pure."""
    counts = {bound: total - before.get(bound, 0.0) for bound, total in sorted(after.items())}
    wanted = counts.get(float("inf"), 0.0) * part
    return next((bound for bound, count in counts.items() if count >= wanted), 0.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the audit log."""

    offset: int


class Audit:
    """What users asked for, from the API server's audit log; reads only of those whose reads it holds."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def mark(self) -> Mark:
        """Now."""
        return Mark(self._log.stat().st_size)

    def writes(self, since: Mark, user: str) -> Counter[str]:
        """Successful writes of a user since then: `patch environments/status` -> how often. Upkeep is left out."""
        found: Counter[str] = Counter()
        for event in self._events(since, user):
            about = event.get("objectRef") or {}
            bad = int((event.get("responseStatus") or {}).get("code", 500)) >= 300
            # In the name of others, too: it is the operator who writes.
            if bad or about.get("resource", "") in _UPKEEP:
                continue
            sub = about.get("subresource")
            found[f"{event['verb']} {about.get('resource', '')}{f'/{sub}' if sub else ''}"] += 1
        return found

    def verbs(self, since: Mark, user: str) -> Counter[str]:
        """Requests of a user that began since then, whatever came of them, by verb: `list`, `watch`, …"""
        # A watch is told of twice: when it begins and, much later, when it ends. Others are told of once.
        return Counter(
            event["verb"]
            for event in self._events(since, user)
            if event["verb"] != "watch" or event["stage"] == "ResponseStarted"
        )

    def _events(self, since: Mark, user: str) -> Iterator[dict[str, Any]]:
        with self._log.open("rb") as lines:
            lines.seek(since.offset)
            for line in lines:
                event: dict[str, Any] = json.loads(line)
                if event["user"]["username"] == user:
                    yield event
