"""`inventory.json`: what the `site` program made, versioned; Ansible is run from it. Pure but for files.

Version 1 knew lab machines only; it is read as version 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from govcloud_api.errors import ConfigError
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Node, Port, Role, Site

Provider = Literal["nspawn", "static"]
_SSH_PORT = 22


class Host(BaseModel):
    """One machine; `host_key` is `type base64`, as in known_hosts, `port` that of its sshd."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    role: Role
    address: str
    host_key: str
    provider: Provider = "nspawn"
    failure_domain: str | None = None
    port: Port = _SSH_PORT


class Inventory(BaseModel):
    """Hosts in the order of the site file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: Literal[2] = 2
    site: str
    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, data: Any) -> Any:
        is_old = isinstance(data, dict) and data.get("schema_version") == 1
        return {**data, "schema_version": 2} if is_old else data


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAccess:
    """Who is let into machines: `user` with `private_key` on static ones, root with `site_key` on lab machines."""

    user: str
    private_key: Path
    site_key: Path
    known_hosts: Path


def made(site: Site, host_keys: Mapping[str, str]) -> Inventory:
    """The inventory of a site whose machines answer with these SSH host keys (by node name)."""
    hosts = tuple(
        Host(
            name=node.name,
            role=node.role,
            address=str(node.address),
            host_key=host_keys[node.name],
            provider=node.provider,
            failure_domain=node.failure_domain,
            port=ssh_port(site, node),
        )
        for node in site.spec.nodes
    )
    return Inventory(site=site.name, hosts=hosts)


def ssh_port(site: Site, node: Node) -> int:
    """Where the machine's sshd listens: lab machines have the usual one."""
    return site.spec.ssh.port if node.provider == "static" else _SSH_PORT


def ssh_access(site: Site, site_file: Path, paths: SitePaths) -> SshAccess:
    """As the site file says: a key file is absolute, below the home (`~`), or beside the site file."""
    named = site.spec.ssh.private_key_file
    key = site_file.resolve().parent / Path(named).expanduser() if named else paths.ssh_key
    return SshAccess(
        user=site.spec.ssh.user, private_key=key, site_key=paths.ssh_key, known_hosts=paths.known_hosts.absolute()
    )


def save(inventory: Inventory, file: Path) -> None:
    """Write atomically."""
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.write_text(inventory.model_dump_json(indent=2) + "\n")
    unfinished.replace(file)


def load(file: Path) -> Inventory:
    """Read what `save` wrote; raises ConfigError for another schema or a broken file."""
    try:
        return Inventory.model_validate_json(file.read_bytes())
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'it'}: {item['msg']}" for item in error.errors())
        raise ConfigError(f"{file} cannot be used ({found}); `govcloud deploy` writes it anew") from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be used ({error.strerror}); `govcloud deploy` writes it anew") from error


def known_hosts(inventory: Inventory) -> str:
    """OpenSSH known_hosts lines: a machine with another key is refused."""
    return "".join(f"{_known_name(host)} {host.host_key}\n" for host in inventory.hosts)


def _known_name(host: Host) -> str:
    return host.address if host.port == _SSH_PORT else f"[{host.address}]:{host.port}"


def for_ansible(inventory: Inventory, ssh: SshAccess) -> dict[str, Any]:
    """Ansible's own inventory form (YAML structure); group `existing` has the machines that were not made here."""
    groups: dict[str, dict[str, Any]] = {"control_plane": {}, "workers": {}}
    for host in inventory.hosts:
        group = "control_plane" if host.role == "control-plane" else "workers"
        groups[group][host.name] = {**_reached(host, ssh), **_facts(host)}
    variables = {
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={ssh.known_hosts} -o StrictHostKeyChecking=yes",
    }
    groups["existing"] = {host.name: {} for host in inventory.hosts if host.provider == "static"}
    children = {group: {"hosts": hosts} for group, hosts in groups.items()}
    return {"all": {"vars": variables, "children": children}}


def _reached(host: Host, ssh: SshAccess) -> dict[str, Any]:
    is_static = host.provider == "static"
    user = ssh.user if is_static else "root"
    found = {
        "ansible_host": host.address,
        "ansible_port": host.port,
        "ansible_user": user,
        "ansible_ssh_private_key_file": str(ssh.private_key if is_static else ssh.site_key),
    }
    return found if user == "root" else {**found, "ansible_become": True, "ansible_become_method": "sudo"}


def _facts(host: Host) -> dict[str, str]:
    found: dict[str, str] = {"govcloud_provider": host.provider}
    return {**found, "govcloud_failure_domain": host.failure_domain} if host.failure_domain else found
