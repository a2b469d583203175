#!/usr/bin/python
"""Ansible module: a systemd service that runs with the files it has now."""

DOCUMENTATION = r"""
module: fresh_service
short_description: A systemd service that runs with the files it has now
description:
  - Enables the service, starts it, and restarts it when one of its files is newer than its start.
  - Looks at the world instead of being notified, so an interrupted run loses no restart.
options:
  name:
    description: Service.
    type: str
    required: true
  files:
    description: Its program, settings and unit. A folder means the files in it.
    type: list
    elements: path
    required: true
  start:
    description: Whether to start it when it does not run. Otherwise it is only kept fresh.
    type: bool
    default: true
  enable:
    description: Whether to have it started at every start of the machine. Otherwise that is left as it is.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Run containerd
  fresh_service:
    name: containerd
    files: [/usr/local/bin/containerd, /etc/containerd/config.toml, /etc/systemd/system/containerd.service]
"""

RETURN = r"""
action:
  description: What was done (none, start or restart).
  type: str
  returned: always
"""

import time
from collections.abc import Iterable
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

PROPERTIES = ("ActiveState", "UnitFileState", "InactiveExitTimestampMonotonic")


def parse(text: str) -> dict[str, str]:
    """`systemctl show` output as a map."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def newest(paths: Iterable[Path]) -> float:
    """When the latest of the files was put in its place, in seconds since 1970; files that are absent do not count."""
    files = [inner for path in paths for inner in (path.iterdir() if path.is_dir() else [path])]
    return max((file.stat().st_ctime for file in files if file.exists()), default=0.0)


def action(state: dict[str, str], changed_at: float, boot: float, *, start: bool) -> str:
    """What the service needs. `boot` is the moment, in seconds since 1970, at which the monotonic clock began."""
    if state["ActiveState"] not in ("active", "activating", "reloading"):
        return "start" if start else "none"
    started_at = boot + int(state["InactiveExitTimestampMonotonic"]) / 1e6
    return "restart" if changed_at > started_at else "none"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "path", "required": True},
            "start": {"type": "bool", "default": True},
            "enable": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]

    def systemctl(*words: str) -> str:
        return str(module.run_command(["systemctl", *words], check_rc=True)[1])

    if not module.check_mode:
        systemctl("daemon-reload")
    state = parse(systemctl("show", name, f"--property={','.join(PROPERTIES)}"))
    boot = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    changed_at = newest(map(Path, module.params["files"]))
    wanted = action(state, changed_at, boot, start=module.params["start"])
    enable = module.params["enable"] and state["UnitFileState"] != "enabled"
    if enable and not module.check_mode:
        systemctl("enable", "--quiet", name)
    if wanted != "none" and not module.check_mode:
        systemctl(wanted, name)
    module.exit_json(changed=enable or wanted != "none", action=wanted)


if __name__ == "__main__":
    main()
