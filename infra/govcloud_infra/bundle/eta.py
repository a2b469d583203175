"""How long a build still takes, from what earlier builds took. Pure."""

from collections.abc import Mapping, Sequence

_OVERDUE_SHARE = 0.1  # a component that is over its time is taken to need this share of it once more


def remaining_seconds(
    pending: Sequence[str], running: str, running_seconds: float, expected: Mapping[str, float]
) -> float:
    """Seconds until `running` (at work since `running_seconds`) and then all of `pending` are done."""
    usual = expected.get(running, 0.0)
    left = max(usual - running_seconds, usual * _OVERDUE_SHARE)
    return left + sum(expected.get(name, 0.0) for name in pending)


def expected_seconds(usual: Mapping[str, float], recorded: Mapping[str, float]) -> dict[str, float]:
    """What each component should take: as recorded on this host, else the usual figure of its recipe."""
    return {name: recorded.get(name, seconds) for name, seconds in usual.items()}


def duration(seconds: float) -> str:
    """Elapsed time as people write it: `8s`, `3m12s`, `1h05m`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def about(seconds: float) -> str:
    """Time left, no more precise than it is known: `about 21 min left`."""
    if seconds < 50:
        return "less than a minute left"
    return f"about {max(1, round(seconds / 60))} min left"


def size(count: int) -> str:
    """Bytes as people write them: `512 B`, `14.2 MB` (decimal, as disks are sold)."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
