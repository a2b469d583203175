"""The provider seen from a program."""

from typing import Any

import pulumi


class Network(pulumi.CustomResource):
    """The lab's bridge; `address` is this host's, with prefix length."""

    bridge: pulumi.Output[str]

    def __init__(self, name: str, *, bridge: str, address: str, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = {"bridge": bridge, "address": address}
        super().__init__("govcloud:infra:Network", name, properties, opts)


class Machine(pulumi.CustomResource):
    """A lab machine; `properties` as in `govcloud_infra.provider.machine`."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("govcloud:infra:Machine", name, {**properties, "hostKey": None}, opts)

    @property
    def host_key(self) -> pulumi.Output[str]:
        """Public SSH host key."""
        key: pulumi.Output[str] = pulumi.get(self, "hostKey")
        return key


class StaticMachine(pulumi.CustomResource):
    """A machine that exists already; `properties` as in `govcloud_infra.provider.static`."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("govcloud:infra:StaticMachine", name, {**properties, "foundKey": None}, opts)

    @property
    def host_key(self) -> pulumi.Output[str]:
        """Public SSH host key, pinned."""
        key: pulumi.Output[str] = pulumi.get(self, "hostKey")
        return key


class Endpoint(pulumi.CustomResource):
    """Where the API server is reached; `properties` as in `govcloud_infra.provider.endpoint`."""

    url: pulumi.Output[str]

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("govcloud:infra:Endpoint", name, {**properties, "url": None}, opts)


class Manifest(pulumi.CustomResource):
    """One Kubernetes object."""

    uid: pulumi.Output[str]

    def __init__(
        self, name: str, *, kubeconfig: str, manifest: dict[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:  # fmt: skip
        properties = {"kubeconfig": kubeconfig, "manifest": manifest, "uid": None}
        super().__init__("govcloud:kube:Manifest", name, properties, opts)


class Refusal(pulumi.CustomResource):
    """An object that the API server must refuse with words that contain `because`."""

    def __init__(
        self, name: str, *, kubeconfig: str, manifest: dict[str, Any], because: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:  # fmt: skip
        properties = {"kubeconfig": kubeconfig, "manifest": manifest, "because": because}
        super().__init__("govcloud:kube:Refusal", name, properties, opts)
