"""The site file as a frozen model: what an operations engineer decides about one cloud."""

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

API_VERSION = "govcloud.internal/v1alpha1"
Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,9}[a-z0-9])?$")]
Bridge = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,14}$")]
Version = Annotated[str, StringConstraints(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")]
Role = Literal["control-plane", "worker"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Metadata(_Model):
    """`name` is part of interface, cgroup and host names, hence at most 11 characters."""

    name: Name


class Network(_Model):
    """Address ranges (IPv4, CIDR); the first address of `node_cidr` is the host's own on the lab's bridge."""

    node_cidr: IPv4Network
    pod_cidr: IPv4Network
    service_cidr: IPv4Network
    bridge: Bridge

    @property
    def gateway(self) -> IPv4Address:
        """The host's address on the machines' network."""
        return self.node_cidr.network_address + 1

    @property
    def dns_address(self) -> IPv4Address:
        """kubeadm gives cluster DNS the tenth address of the service range."""
        return self.service_cidr.network_address + 10


class Kubernetes(_Model):
    """`version` must be the one in the bundle."""

    version: Version


class Node(_Model):
    """One machine; `provider` says who makes it: `nspawn` boots a Debian system on this host."""

    name: Name
    role: Role
    address: IPv4Address
    provider: Literal["nspawn"] = "nspawn"


class Spec(_Model):
    network: Network
    kubernetes: Kubernetes
    nodes: Annotated[tuple[Node, ...], Field(min_length=1, max_length=50)]
    departments: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,200}$")] = "departments"


class Site(_Model):
    """One cloud. `departments` is a folder beside the file with one Department object a file."""

    api_version: Literal["govcloud.internal/v1alpha1"]
    kind: Literal["Site"]
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
    def api_address(self) -> IPv4Address:
        """Where the API server is reached."""
        return self.control_planes[0].address
