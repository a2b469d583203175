"""Images of the bundle as folders, to run what is in them without a container."""

import json
import subprocess
from pathlib import Path

from govcloud_infra.bundle import store


def unpacked(kept: store.Store, component: str, folder: Path) -> Path:
    """The root file system of the component's one image."""
    (image,) = kept.manifest().component(component).images.values()
    described = json.loads(kept.path(image.manifest).read_text())
    folder.mkdir()
    for layer in described["layers"]:
        blob = kept.path(layer["digest"].removeprefix("sha256:"))
        subprocess.run(["tar", "--zstd", "-x", "-f", blob, "-C", folder], check=True)
    return folder
