"""`inventory.json`: what the `site` program made, versioned; Ansible is run from it. Pure but for files."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from govcloud_api.errors import ConfigError
from govcloud_infra.site.model import Role


class Host(BaseModel):
    """One machine; `host_key` is `type base64`, as in known_hosts."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    role: Role
    address: str
    host_key: str


class Inventory(BaseModel):
    """Hosts in the order of the site file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: Literal[1] = 1
    site: str
    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]


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
    return "".join(f"{host.address} {host.host_key}\n" for host in inventory.hosts)


def for_ansible(inventory: Inventory, ssh_key: Path, known: Path) -> dict[str, Any]:
    """Ansible's own inventory form (YAML structure), groups `control_plane` and `workers`."""
    groups: dict[str, dict[str, Any]] = {"control_plane": {}, "workers": {}}
    for host in inventory.hosts:
        group = "control_plane" if host.role == "control-plane" else "workers"
        groups[group][host.name] = {"ansible_host": host.address}
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(ssh_key),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes",
    }
    children = {group: {"hosts": hosts} for group, hosts in groups.items()}
    return {"all": {"vars": variables, "children": children}}
