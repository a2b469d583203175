"""The Pulumi engine that is used: the bundle's, or one on PATH. Its version is that of the SDK, to the last digit."""

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pulumi import automation as auto

from govcloud_api.errors import BundleCorrupt, PreflightFailed
from govcloud_infra.bundle.store import Store
from govcloud_infra.paths import SitePaths, unwritable

_COMPONENT = "pulumi"


def find(paths: SitePaths, environ: Mapping[str, str]) -> Path:
    """Folder that has the engine in `bin/`: of the bundle, else of an earlier run, else a link to the one on PATH.

    Raises BundleCorrupt when the bundle's is broken, or when there is none at all, PreflightFailed when the site's
    folder cannot be written.
    """
    root = paths.pulumi / "engine"
    try:
        _place(Store(paths.bundle), root, environ)
    except OSError as error:
        raise unwritable(error, root) from error
    return root


def command(root: Path) -> auto.PulumiCommand:
    """The engine below `root`. Raises PreflightFailed when it does not run or has another version than the SDK."""
    program, wanted = (root / "bin" / "pulumi").resolve(), importlib.metadata.version("pulumi")
    advice = f"run `govcloud bundle build {_COMPONENT}`, or install Pulumi {wanted}"
    try:
        found = auto.PulumiCommand(root=str(root), skip_version_check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PreflightFailed(f"the Pulumi engine {program} does not run ({error}); {advice}") from error
    if str(found.version) != wanted:
        raise PreflightFailed(f"{program} is Pulumi {found.version}, govcloud works with {wanted}; {advice}")
    return found


def _place(store: Store, root: Path, environ: Mapping[str, str]) -> None:
    try:
        store.place(_COMPONENT, root / "bin")
    except BundleCorrupt:
        # What was made can be looked at and removed without the bundle it was made from.
        if not (root / "bin" / "pulumi").exists():
            found = shutil.which("pulumi", path=environ.get("PATH", os.defpath))
            if found is None or _is_promised(store):
                raise
            _link(Path(found).resolve(), root / "bin" / "pulumi")


def _is_promised(store: Store) -> bool:
    try:
        return _COMPONENT in store.manifest().components
    except BundleCorrupt:
        return False


def _link(program: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(program)
    fresh.replace(place)
