"""Python layers: the locked wheels, and this project's own wheel, as folders for PYTHONPATH."""

import importlib.util
import platform
import shutil
import sys
import zipfile
from pathlib import Path

from govcloud_api.errors import PreflightFailed
from govcloud_infra.bundle import archive, command

IMAGE_PYTHON = (3, 11)
"""The Python of Debian 12, which runs in the image."""
_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux_2_5", "manylinux1")
_TRIMMED = ("bin", "tests", "test", "__pycache__")


def needed_modules() -> list[str]:
    """Python modules of this environment that the layers are made with and that are missing."""
    return [name for name in ("pip", "hatchling") if importlib.util.find_spec(name) is None]


def check() -> None:
    """Raises PreflightFailed when pip or hatchling is missing beside this Python."""
    missing = needed_modules()
    if missing:
        raise PreflightFailed(
            f"{sys.executable} has no {' and no '.join(missing)}, which make the image of govcloud; "
            "install the project with its extra `dev`."
        )


def locked(lock: Path, folder: Path, inside: str, shell: command.Shell) -> None:
    """Install the wheels of a lock file into `folder`, each checked against its hash; `inside` is its place later."""
    python = ".".join(map(str, IMAGE_PYTHON))
    platforms = [f"--platform={p}_{platform.machine()}" for p in _PLATFORMS]
    shell.run(
        [
            sys.executable, "-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary=:all:",
            "--no-compile", "--quiet", "--disable-pip-version-check",
            f"--python-version={python}", "--implementation=cp", *platforms,
            f"--target={folder}", f"--requirement={lock}",
        ]
    )  # fmt: skip
    _trim(folder)
    _compile(folder, inside, shell)


def project(work_tree: Path, folder: Path, inside: str, shell: command.Shell) -> None:
    """Build this project's wheel from the work tree and lay it out in `folder`."""
    built = folder.with_name(f"{folder.name}-wheel")
    shell.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built], cwd=work_tree, env=_FIXED)
    for wheel in built.glob("*.whl"):
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(folder)  # a wheel that we made one line above
    _compile(folder, inside, shell)


def _trim(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and path.name in _TRIMMED:
            shutil.rmtree(path)


def _compile(folder: Path, inside: str, shell: command.Shell) -> None:
    """Compile ahead: containers have a read-only root and would compile at every start. Hash-based, so no times."""
    if sys.version_info[:2] != IMAGE_PYTHON:
        return
    shell.run(
        [
            sys.executable, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash",
            "-s", folder, "-p", inside, folder,
        ],
        env=_FIXED,
    )  # fmt: skip


_FIXED = {"SOURCE_DATE_EPOCH": str(archive.TIME_SECONDS), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
