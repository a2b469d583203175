"""The passphrase that secrets in the engine's state are encrypted with: a file, made once, with the state it opens.

A new one beside an existing state would lock people out of their own secrets, so it is never made there. A file that
others could read is refused rather than repaired: only its owner can tell who has seen it.
"""

import secrets
import stat
from pathlib import Path

from govcloud_api.errors import ConfigError
from govcloud_infra import pki


def file(folder: Path) -> Path:
    """The passphrase file of the stacks in `folder`, made when there is no stack yet.

    Raises ConfigError when it is missing beside a state, empty, or open to others.
    """
    found = folder / "passphrase"
    if found.exists():
        _check(found)
    elif stacks(folder):
        raise ConfigError(
            f"{found} is gone, and the state beside it ({folder / 'state'}) opens with nothing else; put the file back "
            "from the backup"
        )
    else:
        pki.write_private(found, secrets.token_urlsafe(32).encode())
    return found


def wrong(found: Path) -> ConfigError:
    """What to say when the state does not open with it."""
    return ConfigError(
        f"{found} does not open the state of this site; put the file back that lay there when the site was deployed "
        "(from the backup, together with the state)"
    )


def stacks(folder: Path) -> list[Path]:
    """Files of stacks that exist in the engine's state below `folder`."""
    return sorted((folder / "state" / ".pulumi" / "stacks").rglob("*.json"))


def _check(found: Path) -> None:
    mode = stat.S_IMODE(found.stat().st_mode)
    if mode & 0o077:
        raise ConfigError(
            f"{found} can be read by others (mode {mode:04o}); find out who did, then run: chmod 600 {found}"
        )
    if not found.read_bytes().strip():
        raise ConfigError(f"{found} is empty; put it back from the backup")
