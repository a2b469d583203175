"""The rules and alerts as they are deployed, but looked at each second, and without waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from support.scraped import ROOT


def written(folder: Path) -> str:
    """Write all of them below the folder; the pattern for Prometheus' `rule_files`."""
    target = folder / "rules"
    target.mkdir()
    for kind in ("rules", "alerts"):
        for file in sorted((ROOT / kind).glob("*.yaml")):
            (target / f"{kind}-{file.name}").write_text(yaml.safe_dump(hasty(file)))
    return f"{target}/*.yaml"


def hasty(file: Path) -> dict[str, Any]:
    """The file's rules, looked at each second; alerts fire at once."""
    groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    without = [[{key: rule[key] for key in rule if key != "for"} for rule in group["rules"]] for group in groups]
    return {
        "groups": [
            {"name": group["name"], "interval": "1s", "rules": rules}
            for group, rules in zip(groups, without, strict=True)
        ]
    }
