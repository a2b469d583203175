"""Writes the dashboards: `python -m govcloud_monitoring.dashboards monitoring/dashboards`."""

from __future__ import annotations

import sys
from pathlib import Path

from govcloud_monitoring.dashboards.all import files


def main(folder: Path) -> None:
    """Write every dashboard into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
