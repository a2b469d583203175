"""What a lab machine is, and the files that make it so. Pure."""

from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.paths import SitePaths

SHARED_BUNDLE = "/srv/govcloud/bundle"

# cgroup v1 controllers arrive read-only in the machine (a bind remount is enough), and volumes with mount
# propagation need a shared root.
_NETWORK_SCRIPT = """#!/bin/sh -e
for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
  [ -d /sys/fs/cgroup/$controller ] && mount -o remount,bind,rw /sys/fs/cgroup/$controller || :
done
until ip link show host0 >/dev/null 2>&1; do sleep 0.1; done
ip link set host0 up
ip address replace "$ADDRESS" dev host0
ip route replace default via "$GATEWAY"
mount --make-rshared /
"""
_NETWORK_UNIT = """[Unit]
Description=Address of this machine and writable control groups
Before=network.target ssh.service containerd.service
DefaultDependencies=no
After=local-fs.target
[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=/etc/govcloud-machine
ExecStart=/usr/local/sbin/govcloud-machine-network
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """One machine; `address` with prefix length, `rootfs_sha256` names the Debian system it starts from."""

    site: str
    name: str
    address: str
    gateway: str
    bridge: str
    rootfs_sha256: str
    authorized_key: str

    @property
    def full_name(self) -> str:
        """Unique on this host: names its control groups and its end of the virtual cable."""
        return f"{self.site}.{self.name}"

    @property
    def cable(self) -> str:
        """The host's end of the virtual cable; nspawn shortens a long name and keeps this one as its alternative."""
        return f"vb-{self.full_name}"

    @property
    def control_group(self) -> str:
        """Below every cgroup hierarchy."""
        return f"govcloud-{self.full_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinePaths:
    """Folders of one machine on the host."""

    base: Path
    disk: Path
    bpf: Path
    log: Path
    bundle: Path

    @property
    def root(self) -> Path:
        """Where the overlay of `base` and the machine's own changes is mounted."""
        return self.disk / "root"

    @property
    def var(self) -> Path:
        """The machine's /var, on the host's disk: containerd's overlays cannot lie on an overlay."""
        return self.disk / "var"


def machine_paths(spec: MachineSpec, paths: SitePaths) -> MachinePaths:
    """The unpacked Debian system is shared by every machine and site; all else is the machine's own."""
    return MachinePaths(
        base=paths.cache / "rootfs" / spec.rootfs_sha256,
        disk=paths.machines / spec.name,
        bpf=paths.run / f"bpf-{spec.name}",
        log=paths.run / f"{spec.name}.log",
        bundle=paths.bundle,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFile:
    """A file below the machine's root; `mode` as in chmod.

    `first`: only a new machine gets it, for later it belongs to the roles.
    """

    path: str
    text: str
    mode: int = 0o644
    first: bool = False


def root_files(spec: MachineSpec) -> list[RootFile]:
    """Files that give a plain Debian system its name, address and first key."""
    hosts = f"127.0.0.1 localhost\n{spec.address.split('/')[0]} {spec.name}\n"
    address = f"ADDRESS={spec.address}\nGATEWAY={spec.gateway}\n"
    return [
        RootFile(path="etc/hostname", text=f"{spec.name}\n"),
        RootFile(path="etc/hosts", text=hosts, first=True),
        # Nothing answers there: CoreDNS only refuses to start without any upstream.
        RootFile(path="etc/resolv.conf", text=f"nameserver {spec.gateway}\n", first=True),
        RootFile(path="etc/govcloud-machine", text=address),
        RootFile(path="usr/local/sbin/govcloud-machine-network", text=_NETWORK_SCRIPT, mode=0o755),
        RootFile(path="etc/systemd/system/govcloud-machine-network.service", text=_NETWORK_UNIT),
        RootFile(path="root/.ssh/authorized_keys", text=f"{spec.authorized_key}\n", mode=0o600),
    ]


def nspawn_command(spec: MachineSpec, paths: MachinePaths) -> list[str]:
    """The machine as one command. Capabilities and system calls are those that containerd and Cilium need."""
    return [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        f"--directory={paths.root}",
        f"--machine={spec.full_name}",
        f"--hostname={spec.name}",
        f"--bind={paths.var}:/var",
        f"--bind={paths.bpf}:/sys/fs/bpf",
        f"--bind-ro={paths.bundle}:{SHARED_BUNDLE}",
        "--bind=/dev/kmsg",
        f"--network-bridge={spec.bridge}",
        "--register=no",
        "--keep-unit",
        "--capability=all",
        "--kill-signal=SIGRTMIN+3",
        "--system-call-filter=@keyring bpf perf_event_open @mount @module",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--console=pipe",
    ]
