"""The example site files, whole or with one change."""

from pathlib import Path
from typing import Any

import yaml

from govcloud_infra.paths import REPOSITORY
from govcloud_infra.site.model import Site

SITES = REPOSITORY / "sites"
LAB, LAB_HA, STATIC = (SITES / name / "site.yaml" for name in ("lab", "lab-ha", "static-example"))


def lab(*, nodes: list[dict[str, Any]] | None = None, **network: Any) -> Site:
    """The lab's site as a value, with other nodes or other keys of `spec.network`; only its form is checked."""
    data = yaml.safe_load(LAB.read_text())
    data["spec"]["network"].update(network)
    if nodes is not None:
        data["spec"]["nodes"] = nodes
    return Site.model_validate(data)


def replaced(old: str, new: str, file: Path = LAB) -> str:
    """Text of a site file with the one place that reads `old` changed."""
    text = file.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    return text.replace(old, new)


def written(text: str | bytes, folder: Path) -> Path:
    """A site file in `folder`."""
    file = folder / "site.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file
