#!/usr/bin/python3
"""What only a machine knows about itself, as metrics: a page that node-exporter's textfile collector reads.

How much volumes really hold, when certificates end, how old the newest snapshot of etcd is. The page is replaced whole,
so nobody reads half of one; when anything goes wrong the old page stays, and its age tells.
"""

import argparse
import calendar
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import certificates
import volumes

PAGE, MEMORY = "machine.prom", ".volumes.json"
MAX_VOLUMES = 500
_SNAPSHOT = re.compile(r"snapshot-(\d{8}T\d{6})Z\.db")
Samples = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge. Format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def lines(self, samples: Samples) -> str:
        """None without samples. Values of labels need no escape: they are of names that Kubernetes or we allow."""
        head = f"# HELP {self.name} {self.help}\n# TYPE {self.name} gauge\n"
        found = [f"{self.name}{self._with(values)} {value}\n" for values, value in sorted(samples.items())]
        return head + "".join(found) if found else ""

    def _with(self, values: tuple[str, ...]) -> str:
        pairs = [f'{label}="{value}"' for label, value in zip(self.labels, values, strict=True)]
        return f"{{{','.join(pairs)}}}" if pairs else ""


_CLAIM = ("namespace", "persistentvolumeclaim")
VOLUME_USED = Metric(
    "govcloud_volume_used_bytes",
    "What a volume on this machine's disk really holds, in bytes: blocks of its files and folders, hard links once.",
    _CLAIM,
)
VOLUME_IN_PART = Metric(
    "govcloud_volume_measured_in_part",
    "1 for each volume with more than could be counted: it holds at least govcloud_volume_used_bytes.",
    _CLAIM,
)
NOT_SHOWN = Metric(
    "govcloud_volumes_not_shown",
    "How many volumes of this machine are left out because there are more than 500; the largest are shown.",
)
CERTIFICATE = Metric(
    "govcloud_certificate_expiry_timestamp_seconds",
    "When a certificate on this machine ends, in seconds since 1970; 0 for one that cannot be read.",
    ("certificate",),
)
SNAPSHOT_TIME = Metric(
    "govcloud_etcd_snapshot_timestamp_seconds",
    "When this control plane's newest snapshot of etcd was taken, in seconds since 1970; 0 when there is none.",
)
SNAPSHOT_SIZE = Metric(
    "govcloud_etcd_snapshot_size_bytes", "Size of this control plane's newest snapshot of etcd, in bytes."
)
WRITTEN = Metric(
    "govcloud_machine_metrics_timestamp_seconds",
    "When this machine last looked at its volumes, certificates and snapshots, in seconds since 1970.",
)


def volume_lines(found: dict[str, volumes.Measured]) -> str:
    """The largest volumes, and how many there are beyond them."""
    claims = volumes.by_claim(found)
    shown = sorted(claims, key=lambda claim: (-claims[claim][0], claim))[:MAX_VOLUMES]
    return (
        VOLUME_USED.lines({claim: claims[claim][0] for claim in shown})
        + VOLUME_IN_PART.lines({claim: 1 for claim in shown if not claims[claim][1]})
        + NOT_SHOWN.lines({(): len(claims) - len(shown)})
    )


def snapshot_lines(root: Path) -> str:
    """Of the newest snapshot, where a member of etcd is."""
    if not (root / "var/lib/etcd/member").is_dir():
        return ""
    folder = root / "var/lib/govcloud/etcd-snapshots"
    files = {match[1]: file for file in folder.glob("*.db") if (match := _SNAPSHOT.fullmatch(file.name))}
    if not files:
        return SNAPSHOT_TIME.lines({(): 0})
    newest = max(files)
    taken = calendar.timegm(time.strptime(newest, "%Y%m%dT%H%M%S"))
    return SNAPSHOT_TIME.lines({(): taken}) + SNAPSHOT_SIZE.lines({(): files[newest].stat().st_size})


def write(file: Path, text: str, mode: int) -> None:
    """Replace a file whole."""
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.write_text(text)
    unfinished.chmod(mode)
    unfinished.replace(file)


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Write what only this machine knows about itself as metrics.")
    parser.add_argument("--volumes", type=Path, required=True, help="folder of local volumes")
    parser.add_argument("--folder", type=Path, required=True, help="where the page is written")
    parser.add_argument("--root", type=Path, default=Path("/"), help="root of the machine's files")
    parser.add_argument("--files", type=int, default=200_000, help="how many files of volumes a run looks at")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long it does")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    given, now = arguments(words), time.time()
    budget = volumes.Budget(given.files, time.monotonic() + given.seconds)
    try:
        found = volumes.measure(given.volumes, volumes.remembered(given.folder / MEMORY), budget, now)
        ends = certificates.ends(given.root)
        page = volume_lines(found) + CERTIFICATE.lines({(name,): end for name, end in ends.items()})
        page += snapshot_lines(given.root) + WRITTEN.lines({(): int(now)})
        write(given.folder / MEMORY, volumes.plain(found), 0o600)
        write(given.folder / PAGE, page, 0o644)
    except OSError as error:
        sys.stderr.write(f"The page of this machine's metrics stays as it was: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
