"""Where things lie on the machine that runs `govcloud`; nothing here touches the disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import PreflightFailed

# Playbooks, recipes and manifests lie beside the packages: kubectl, Ansible and Prometheus read them, not Python.
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePaths:
    """Files of one site. `state` must outlive the command: it holds keys, Pulumi state and the lab's disks."""

    state: Path
    cache: Path

    @property
    def bundle(self) -> Path:
        """Content-addressed store that `govcloud bundle build` fills."""
        return self.cache / "bundle"

    @property
    def machines(self) -> Path:
        """One folder a machine: its disk."""
        return self.state / "machines"

    @property
    def run(self) -> Path:
        """What does not survive a reboot: process ids, logs of machines, their BPF file systems."""
        return self.state / "run"

    @property
    def ssh_key(self) -> Path:
        """The site's own private key, for its lab machines; the public half lies beside it."""
        return self.state / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """Host keys of the site's machines, written from the inventory."""
        return self.state / "ssh" / "known_hosts"

    @property
    def pki(self) -> Path:
        """The site's certificate authority, and the key for encryption at rest."""
        return self.state / "pki"

    @property
    def pulumi(self) -> Path:
        """State of both stacks, their passphrase and the engine's home."""
        return self.state / "pulumi"

    @property
    def inventory(self) -> Path:
        """What the `site` program made; the only thing Ansible is told."""
        return self.state / "inventory.json"

    @property
    def deployed(self) -> Path:
        """The site as it was last deployed."""
        return self.state / "deployed.json"

    @property
    def journal(self) -> Path:
        """One line a run."""
        return self.state / "journal.ndjson"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.state / "kubeconfig"

    @property
    def lock(self) -> Path:
        """Held by the one command that changes the site."""
        return self.state / "lock"

    @property
    def logs(self) -> Path:
        """One file a run."""
        return self.state / "logs"


def site_paths(site_name: str, environ: Mapping[str, str]) -> SitePaths:
    """Folders of a site: `GOVCLOUD_STATE` and `GOVCLOUD_CACHE` override the places Debian would choose."""
    state = Path(environ.get("GOVCLOUD_STATE") or "/var/lib/govcloud")
    return SitePaths(state=state / site_name, cache=cache_folder(environ))


def cache_folder(environ: Mapping[str, str]) -> Path:
    """`GOVCLOUD_CACHE`, else `govcloud` in the user's cache folder (XDG base directories)."""
    if environ.get("GOVCLOUD_CACHE"):
        return Path(environ["GOVCLOUD_CACHE"])
    home = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/root") / ".cache")
    return home / "govcloud"


def unwritable(error: OSError, folder: Path) -> PreflightFailed:
    """What to say when the state of a site, or something beside it, cannot be written."""
    why = error.strerror or str(error)
    return PreflightFailed(
        f"{error.filename or folder} cannot be written ({why}), and the state of a site must be; make its folder "
        "writable, or name another one with GOVCLOUD_STATE"
    )
