#!/usr/bin/python
"""Ansible module: kernel settings that hold now, where the machine may set them."""

DOCUMENTATION = r"""
module: kernel_settings
short_description: Kernel settings that hold now, where the machine may set them
description:
  - Writes the settings that differ below /proc/sys. What survives a reboot is a file in /etc/sysctl.d.
  - A setting that the kernel does not know, or does not let the machine change, is C(refused), never a change.
options:
  settings:
    description: Name, as in sysctl, to value.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Hide kernel addresses
  kernel_settings:
    settings: {kernel.kptr_restrict: "1"}
"""

RETURN = r"""
applied:
  description: Settings that were changed.
  type: list
  returned: always
refused:
  description: Settings that differ still.
  type: list
  returned: always
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

PROC_SYS = Path("/proc/sys")


def differing(settings: dict[str, str], root: Path) -> dict[str, str]:
    """Settings whose value now is another; one that the kernel does not know is among them."""
    return {name: str(value) for name, value in settings.items() if current(name, root) != str(value).split()}


def current(name: str, root: Path) -> list[str]:
    """Words of a setting's value, none when it cannot be read."""
    try:
        return place(name, root).read_text().split()
    except OSError:
        return []


def place(name: str, root: Path) -> Path:
    """File of a setting."""
    return root / name.replace(".", "/")


def written(name: str, value: str, root: Path) -> bool:
    """Set it; False when the machine may not. What it reads afterwards counts, not what the write returned."""
    try:
        with place(name, root).open("r+") as file:
            file.write(value)
    except OSError:
        return False
    return current(name, root) == value.split()


def main() -> None:
    module = AnsibleModule(
        argument_spec={"settings": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    wanted = differing(module.params["settings"], PROC_SYS)
    if module.check_mode:
        applied = sorted(name for name in wanted if os.access(place(name, PROC_SYS), os.W_OK))
    else:
        applied = sorted(name for name, value in wanted.items() if written(name, value, PROC_SYS))
    module.exit_json(changed=bool(applied), applied=applied, refused=sorted(wanted.keys() - set(applied)))


if __name__ == "__main__":
    main()
