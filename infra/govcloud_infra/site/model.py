"""The site file as a frozen model: what an operations engineer decides about one cloud.

The JSON Schema beside the sites and the reference page are generated from it: a field's `description` is what people
read there.
"""

import re
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,9}[a-z0-9])?$")]
Bridge = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,14}$")]
Version = Annotated[str, StringConstraints(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")]
Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
Server = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
User = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
# systemd.time(7), calendar events: no shell reads it, and nothing but such an expression fits.
Calendar = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9*][A-Za-z0-9*/:.,~ -]{0,63}$")]
Folder = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._-]+){1,8}$")]
FilePath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~/-]{1,200}$")]
RelativePath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,200}$")]
HostKey = Annotated[str, StringConstraints(pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]{40,400}$")]
# Without user information: the file is no place for secrets.
WebhookUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~/%?=&-]{0,400})?$"),
]
# Strict: what YAML reads as text or as true is no number.
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Role = Literal["control-plane", "worker"]
_API_PORT = 6443
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
ADDRESS_PATTERN = rf"^({_OCTET}\.){{3}}{_OCTET}$"
RANGE_PATTERN = rf"{ADDRESS_PATTERN[:-1]}/(3[0-2]|[12]?[0-9])$"


def _written_as(kind: str, pattern: str) -> BeforeValidator:
    """Python reads an address from a bare number and a range from a netmask too; the file has one way to write each."""

    def written(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise PydanticCustomError(kind, "another form")
        return value

    return BeforeValidator(written)


Address = Annotated[
    IPv4Address,
    _written_as("ip_v4_address", ADDRESS_PATTERN),
    WithJsonSchema({"type": "string", "format": "ipv4", "pattern": ADDRESS_PATTERN}),
]
Range = Annotated[
    IPv4Network,
    _written_as("ip_v4_network", RANGE_PATTERN),
    WithJsonSchema({"type": "string", "pattern": RANGE_PATTERN}),
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Metadata(_Model):
    """Who the site is."""

    name: Annotated[Name, Field(description="Part of interface, control group and state folder names.")]


class Network(_Model):
    """Address ranges, IPv4 in CIDR form. None of them changes once the site is deployed."""

    node_cidr: Annotated[
        Range,
        Field(description="The machines' network. In a lab its first address is this host's own on the bridge."),
    ]
    pod_cidr: Annotated[Range, Field(description="Addresses of pods; each node gets 256 of them.")]
    service_cidr: Annotated[Range, Field(description="Addresses of services.")]
    bridge: Annotated[
        Bridge | None, Field(description="The lab's bridge, made on this host; needed for `nspawn` nodes only.")
    ] = None

    @property
    def gateway(self) -> IPv4Address:
        """The host's address on the machines' network."""
        return self.node_cidr.network_address + 1

    @property
    def dns_address(self) -> IPv4Address:
        """kubeadm gives cluster DNS the tenth address of the service range."""
        return self.service_cidr.network_address + 10


class Kubernetes(_Model):
    """What runs."""

    version: Annotated[Version, Field(description="Must be the one in the bundle: `govcloud bundle list`.")]


class Api(_Model):
    """A virtual address for the API server, held by one of the control planes (keepalived and HAProxy)."""

    vip: Annotated[Address, Field(description="An unused address within `network.nodeCidr`.")]
    port: Annotated[Port, Field(description="Where HAProxy listens on every control plane.")] = 8443
    router_id: Annotated[
        int,
        Field(
            strict=True, ge=1, le=255, description="VRRP router id; differs from every other one on the same network."
        ),
    ] = 77


class Time(_Model):
    """Time synchronisation (chrony)."""

    servers: Annotated[
        tuple[Server, ...],
        Field(
            max_length=8, description="NTP servers of the site; without any, the control planes agree among themselves."
        ),
    ] = ()
    max_skew_seconds: Annotated[
        float,
        Field(strict=True, gt=0, le=60, description="A machine whose clock differs more from this host's is refused."),
    ] = 2.0


class Backup(_Model):
    """Snapshots of etcd, taken on every control plane."""

    schedule: Annotated[Calendar, Field(description="systemd calendar event.")] = "*-*-* 00/6:00:00"
    keep: Annotated[int, Field(strict=True, ge=1, le=365, description="How many stay on each control plane.")] = 28


class Etcd(_Model):
    """The cluster's own database."""

    backup: Annotated[Backup, Field(description="Scheduled snapshots.")] = Backup()


class Security(_Model):
    """What is on from the first start; none of it can be switched off later without a trace."""

    host_profile: Annotated[
        Literal["baseline", "none"],
        Field(description="`baseline` hardens SSH, accounts and kernel settings of every machine; `none` leaves them."),
    ] = "baseline"
    encryption_at_rest: Annotated[
        Literal["secretbox"], Field(description="How Secrets and ConfigMaps lie in etcd.")
    ] = "secretbox"
    audit_days: Annotated[
        int, Field(strict=True, ge=1, le=3650, description="How long API audit logs stay on a machine.")
    ] = 30


class Storage(_Model):
    """Where volumes of pods lie."""

    provisioner: Annotated[
        Literal["local-path"], Field(description="`local-path`: a folder on the node that runs the pod.")
    ] = "local-path"
    path: Annotated[Folder, Field(description="That folder.")] = "/var/lib/local-path"


class Alerting(_Model):
    """Whom alerts reach."""

    webhook_url: Annotated[
        WebhookUrl | None,
        Field(
            description="Every alert that fires or ends is posted there as JSON (Alertmanager's webhook, version 4). "
            "Without it, alerts are only shown: `govcloud status` names the address."
        ),
    ] = None


class Ssh(_Model):
    """How `static` machines are reached; lab machines get a key and user of their own."""

    user: Annotated[User, Field(description="root, or a user who may sudo without a password.")] = "root"
    port: Annotated[Port, Field(description="Port of sshd.")] = 22
    private_key_file: Annotated[
        FilePath | None,
        Field(description="Key file, beside the site file or absolute; without one the site's own key is made."),
    ] = None


class Node(_Model):
    """One machine."""

    name: Annotated[Name, Field(description="Host name, and name of the node.")]
    role: Annotated[Role, Field(description="`control-plane` runs API server and etcd, `worker` what departments ask.")]
    address: Annotated[Address, Field(description="Within `network.nodeCidr`.")]
    provider: Annotated[
        Literal["nspawn", "static"],
        Field(
            description="`nspawn`: a Debian system booted on this host. `static`: an existing machine, reached by SSH."
        ),
    ] = "nspawn"
    failure_domain: Annotated[
        Domain | None, Field(description="Rack, room or building: becomes `topology.kubernetes.io/zone`.")
    ] = None
    host_key: Annotated[
        HostKey | None,
        Field(description="SSH host key of a `static` machine; without one the key found first is kept."),
    ] = None


class Spec(_Model):
    """Everything about the site."""

    network: Network
    kubernetes: Kubernetes
    api: Annotated[Api | None, Field(description="Needed with more than one control plane.")] = None
    time: Time = Time()
    etcd: Etcd = Etcd()
    security: Security = Security()
    storage: Storage = Storage()
    alerting: Alerting = Alerting()
    ssh: Ssh = Ssh()
    nodes: Annotated[tuple[Node, ...], Field(min_length=1, max_length=200, description="The machines.")]
    departments: Annotated[
        RelativePath,
        Field(description="Folder beside the site file, one Department a file."),
    ] = "departments"


class Site(_Model):
    """One cloud."""

    api_version: Annotated[Literal["govcloud.internal/v1alpha1"], Field(description="Version of this form.")]
    kind: Annotated[Literal["Site"], Field(description="What the file describes.")]
    metadata: Metadata
    spec: Spec

    @property
    def name(self) -> str:
        """Name of the site, also of its state folder."""
        return self.metadata.name

    @property
    def control_planes(self) -> tuple[Node, ...]:
        """Nodes that run the API server and etcd."""
        return tuple(node for node in self.spec.nodes if node.role == "control-plane")

    @property
    def workers(self) -> tuple[Node, ...]:
        """Nodes that run what departments ask for."""
        return tuple(node for node in self.spec.nodes if node.role == "worker")

    @property
    def api_host(self) -> IPv4Address:
        """Where the API server is reached: the virtual address, or the only control plane."""
        return self.spec.api.vip if self.spec.api else self.control_planes[0].address

    @property
    def api_port(self) -> int:
        """Its port there."""
        return self.spec.api.port if self.spec.api else _API_PORT

    @property
    def has_lab_machines(self) -> bool:
        """Does this host carry machines of the site?"""
        return any(node.provider == "nspawn" for node in self.spec.nodes)
