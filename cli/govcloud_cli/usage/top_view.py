"""`govcloud top` as text. Pure."""

from collections.abc import Iterator
from datetime import datetime

from govcloud_cli.output import table
from govcloud_monitoring.shares import Department, Share, Usage

_GIB = 1 << 30
_BAR_CELLS = 10
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def text(usage: Usage, now: datetime, *, width: int = 0) -> str:
    """A line a department, its sum last; lines are cut at `width` columns (0: not)."""
    lines = [f"{now:%H:%M:%S}   cores, and GiB of memory and disk", *_stale(usage), *_rows(usage)]
    return "\n".join(line[:width] if width else line for line in lines)


def _stale(usage: Usage) -> Iterator[str]:
    if usage.stale:
        names = ", ".join(usage.stale)
        yield f"not read at the moment, so figures are missing: {names} (docs/reference/alerts.md#sourcestale)"


def _rows(usage: Usage) -> list[str]:
    if not usage.departments:
        return ["no department has an environment yet"]
    header = (
        "DEPARTMENT",
        "CPU GRANTED",
        "RESERVED",
        "USED",
        "WASTED",
        "",
        "MEM GRANTED",
        "RESERVED",
        "USED",
        "WASTED",
    )
    rows = [_row(each) for each in usage.departments]
    total = _row(_total(usage))
    return table((*header, "", "DISK GRANTED", "RESERVED", "USED"), [*rows, total]).splitlines()


def _row(each: Department) -> tuple[str, ...]:
    cpu, memory, disk = each.cpu, each.memory, each.storage
    return (
        each.code,
        *(_cores(value) for value in (cpu.granted, cpu.reserved, cpu.used, cpu.wasted)),
        bar(cpu),
        *(_gib(value) for value in (memory.granted, memory.reserved, memory.used, memory.wasted)),
        bar(memory),
        _gib(disk.granted),
        _gib(disk.reserved),
        _gib(disk.used),
    )


def _total(usage: Usage) -> Department:
    def summed(shares: list[Share]) -> Share:
        used = [share.used for share in shares if share.used is not None]
        return Share(
            granted=sum(share.granted for share in shares),
            reserved=sum(share.reserved for share in shares),
            used=sum(used) if used else None,
        )

    departments = usage.departments
    return Department(
        code="all",
        cpu=summed([each.cpu for each in departments]),
        memory=summed([each.memory for each in departments]),
        storage=summed([each.storage for each in departments]),
    )


def bar(share: Share) -> str:
    """How much of what is reserved is used, in eighths of a cell: `████▌      45 %`; empty when nothing is reserved."""
    if not share.reserved or share.used is None:
        return ""
    ratio = share.used / share.reserved
    eighths = round(min(ratio, 1.0) * _BAR_CELLS * 8)
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (_EIGHTHS[rest] if rest else "")
    return f"{drawn.ljust(_BAR_CELLS)} {ratio:4.0%}"


def _cores(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _gib(value: float | None) -> str:
    return "-" if value is None else f"{value / _GIB:.2f}"
