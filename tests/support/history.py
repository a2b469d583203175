"""Prometheus with a past: samples written into its database before it starts, as if it had run for long."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from support import apiserver as servers
from support.waiting import is_ready, wait

Labels = Mapping[str, str]
Curve = Callable[[datetime], float | None]
"""Value at a moment; None: no sample."""


def text(
    curves: Mapping[tuple[str, tuple[tuple[str, str], ...]], Curve], since: datetime, until: datetime, step: timedelta
) -> str:
    """Samples of all series in OpenMetrics, series by series as promtool wants them."""
    lines: list[str] = []
    known: set[str] = set()
    for (name, labels), curve in sorted(curves.items(), key=lambda each: each[0]):
        if name not in known:
            lines.append(f"# TYPE {name} gauge")
            known.add(name)
        shown = ",".join(f'{key}="{value}"' for key, value in labels)
        moment = since
        while moment <= until:
            value = curve(moment)
            if value is not None:
                lines.append(f"{name}{{{shown}}} {value} {moment.timestamp():.0f}")
            moment += step
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def prometheus(program: Path, promtool: Path, folder: Path, past: str) -> Iterator[str]:
    """Address of a Prometheus that remembers `past` and scrapes nothing."""
    (folder / "past.txt").write_text(past)
    data = folder / "data"
    # One block for three weeks: by default it is one for two hours, and promtool reads the whole file for each.
    create = [promtool, "tsdb", "create-blocks-from", "--max-block-duration=486h"]
    words = [str(word) for word in (*create, "openmetrics", folder / "past.txt", data)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    url = f"127.0.0.1:{servers.free_port()}"
    options = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={data}", f"--web.listen-address={url}"]
    with servers.process([str(program), *options, "--storage.tsdb.retention.time=90d"], folder / "prometheus.log"):
        wait(lambda: is_ready(f"http://{url}"), seconds=60)
        yield f"http://{url}"
