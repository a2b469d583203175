"""What the control planes say about themselves, as conditions: etcd, certificates, snapshots, encryption, audit. Pure.

Reports are those of `verify_cluster.yml`, by host; each says how the world looks from there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from govcloud_infra.health.health import EXPIRING, STALE, Condition, condition

TYPES = ("EtcdHealthy", "CertificatesValid", "SnapshotRecent", "SecretsEncrypted", "AuditWritten")
_WARN_DAYS = 30
_HOUR_SECONDS = 3600.0
_DAY_HOURS = 24
_GRACE_HOURS = 1
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE)
_SHORTHANDS = {
    "minutely": 1,
    "hourly": 1,
    "daily": _DAY_HOURS,
    "weekly": 7 * _DAY_HOURS,
    "monthly": 31 * _DAY_HOURS,
    "quarterly": 92 * _DAY_HOURS,
    "semiannually": 184 * _DAY_HOURS,
    "yearly": 366 * _DAY_HOURS,
    "annually": 366 * _DAY_HOURS,
}
Reports = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """Names of the control planes, and how often etcd is saved (systemd calendar event)."""

    control_planes: tuple[str, ...]
    schedule: str


def conditions(reports: Reports, promised: Promised) -> list[Condition]:
    """In the order of `TYPES`. A control plane that says nothing is Unknown, or False where its word is needed."""
    return [
        _etcd(reports, promised),
        _certificates(reports, promised),
        _snapshot(reports, promised),
        _everywhere(
            reports, promised, _Promise("SecretsEncrypted", "encryption", "secretbox", "Secrets are ciphertext in etcd")
        ),
        _everywhere(
            reports, promised, _Promise("AuditWritten", "audit", "written", "what is asked of the API is written down")
        ),
    ]


def unknown(message: str, reason: str = "NotVerified") -> list[Condition]:
    """All of them, when the machines could not be asked."""
    return [condition(name, "Unknown", reason, message) for name in TYPES]


def longest_gap_hours(schedule: str) -> int:
    """Longest time between two runs of a systemd calendar event, rounded up generously."""
    if schedule.strip().lower() in _SHORTHANDS:
        return _SHORTHANDS[schedule.strip().lower()]
    words = schedule.split()
    date = next((word for word in words if "-" in word and ":" not in word), "*-*-*")
    time = next((word for word in words if ":" in word), "00:00:00")
    year, month, day = ["*", "*", *date.split("-")][-3:]
    if month != "*" or year != "*":
        return _SHORTHANDS["yearly"]
    if day != "*":
        return _SHORTHANDS["monthly"]
    if any(_WEEKDAY.match(word) for word in words):
        return _SHORTHANDS["weekly"]
    return _longest_gap_of_hours(time.split(":")[0])


def _longest_gap_of_hours(field: str) -> int:
    if field == "*":
        return 1
    hours: set[int] = set()
    for part in field.split(","):
        start, _, every = part.partition("/")
        first, _, last = start.partition("..")
        if not (first.isdecimal() or first == "*") or (every and not every.isdecimal()):
            return _DAY_HOURS
        begin = int(first) if first.isdecimal() else 0
        end = int(last) if last.isdecimal() else 23 if every else begin
        hours.update(range(begin, end + 1, max(1, int(every or 1))))
    ordered = sorted(hours) or [0]
    return max(after - before for before, after in pairwise([*ordered, ordered[0] + _DAY_HOURS]))


def _etcd(reports: Reports, promised: Promised) -> Condition:
    name, wanted = "EtcdHealthy", len(promised.control_planes)
    views = {host: report["etcd"] for host, report in reports.items() if "etcd" in report}
    if not views:
        return condition(name, "Unknown", "NotVerified", "no control plane said anything about etcd")
    ill = sorted({m["name"] or m["id"] for view in views.values() for m in view["members"] if not m["healthy"]})
    silent = sorted(host for host, view in views.items() if not view["members"])
    learners = sorted({m["name"] or m["id"] for view in views.values() for m in view["members"] if m["is_learner"]})
    voters = min(view["voters"] for view in views.values())
    if ill:
        text = f"unhealthy: {', '.join(ill)}; is the machine on? `govcloud deploy` powers it on and repairs it"
        return condition(name, "False", "MemberUnhealthy", text)
    if silent:
        text = f"etcd does not answer on {', '.join(silent)}; run: govcloud deploy"
        return condition(name, "False", "MemberSilent", text)
    if voters != wanted:
        extra = f" ({', '.join(learners)} still learn)" if learners else ""
        text = f"{_of(voters, wanted)} vote{extra}; `govcloud deploy` brings each control plane in"
        return condition(name, "False", "VotersMissing" if voters < wanted else "TooManyVoters", text)
    return condition(name, "True", "AllHealthy", f"{_of(voters, wanted)} vote and are healthy")


def _certificates(reports: Reports, promised: Promised) -> Condition:
    kind = "CertificatesValid"
    told = {
        f"{name} on {host}": left
        for host, report in reports.items()
        for name, left in (report.get("certificates") or {}).items()
    }
    unread = sorted(name for name, left in told.items() if left is None)
    if unread:
        return condition(kind, "False", "NotReadable", f"no certificate that can be read: {', '.join(unread)}")
    days = {name: float(left) for name, left in told.items()}
    if not days:
        return condition(kind, "Unknown", "NotVerified", "no control plane said anything about its certificates")
    first = min(days, key=lambda name: days[name])
    text = f"{first} is good for {days[first]:.0f} days"
    if days[first] <= 0:
        return condition(
            kind, "False", "Expired", f"{first} ended {-days[first]:.0f} days ago; `govcloud deploy` renews it"
        )
    if days[first] < _WARN_DAYS:
        return condition(kind, "True", EXPIRING, f"only {text}; `govcloud deploy` renews what is short")
    return _silent(reports, promised, kind) or condition(kind, "True", "AllValid", f"{text}, all others longer")


def _snapshot(reports: Reports, promised: Promised) -> Condition:
    name, limit_hours = "SnapshotRecent", longest_gap_hours(promised.schedule) + _GRACE_HOURS
    ages = {host: report["snapshot"].get("age_seconds") for host, report in reports.items() if report.get("snapshot")}
    if not ages:
        return condition(name, "Unknown", "NotVerified", "no control plane said anything about snapshots of etcd")
    known = {host: age / _HOUR_SECONDS for host, age in ages.items() if age is not None}
    if not known:
        text = f"no snapshot of etcd yet; the schedule is {promised.schedule}: is its timer on?"
        return condition(name, "False", "NoSnapshot", text)
    newest = min(known, key=lambda host: known[host])
    text = f"the newest is {known[newest]:.1f} h old, on {newest}"
    if known[newest] > limit_hours:
        text += f"; one is due every {limit_hours - _GRACE_HOURS} h: look at `systemctl list-timers` there"
        return condition(name, "False", "TooOld", text)
    behind = sorted(host for host in ages if known.get(host, limit_hours + 1) > limit_hours)
    if behind:
        return condition(name, "True", STALE, f"{text}; none that recent on {', '.join(behind)}")
    return condition(name, "True", "Recent", text)


@dataclass(frozen=True, slots=True)
class _Promise:
    """`reports[host][part][key]` must be true on every control plane."""

    kind: str
    part: str
    key: str
    text: str


def _everywhere(reports: Reports, promised: Promised, promise: _Promise) -> Condition:
    told = {host: report[promise.part] for host, report in reports.items() if promise.part in report}
    # A machine whose etcd is silent could not look into it: that is another condition's word.
    blind = {host for host in told if promise.part == "encryption" and not _has_members(reports[host])}
    found = {host: bool(part.get(promise.key)) for host, part in told.items() if host not in blind}
    if not found:
        return condition(promise.kind, "Unknown", "NotVerified", f"no control plane could say whether {promise.text}")
    wrong = sorted(host for host, good in found.items() if not good)
    if wrong:
        text = f"not so on {', '.join(wrong)}: {promise.text}; run: govcloud deploy"
        return condition(promise.kind, "False", "NotAsPromised", text)
    return _silent(reports, promised, promise.kind) or condition(promise.kind, "True", "AsPromised", promise.text)


def _has_members(report: Mapping[str, Any]) -> bool:
    return bool((report.get("etcd") or {}).get("members"))


def _silent(reports: Reports, promised: Promised, kind: str) -> Condition | None:
    silent = [host for host in promised.control_planes if host not in reports]
    text = f"{', '.join(silent)} did not answer; is it on?"
    return condition(kind, "Unknown", "MachineSilent", text) if silent else None


def _of(count: int, wanted: int) -> str:
    return f"{count} of {wanted} {'member' if wanted == 1 else 'members'}"
