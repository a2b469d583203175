#!/usr/bin/python
"""Ansible module: which parts of the bundle a machine does not have."""

DOCUMENTATION = r"""
module: bundle_missing
short_description: Which parts of the bundle a machine does not have
description:
  - Looks at presence and size only; whoever installs a part checks its content.
options:
  store:
    description: Folder that holds C(blobs/sha256/); made when it is not there.
    type: path
    required: true
  blobs:
    description: SHA-256 of each part to its size in bytes.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look
  bundle_missing:
    store: /srv/govcloud/bundle
    blobs: {3f1c0c...: 1024}
  register: found
"""

RETURN = r"""
missing:
  description: SHA-256 of the parts that are not there, smallest first.
  type: list
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def missing(folder: Path, blobs: dict[str, int]) -> list[str]:
    """Parts that are absent or of another size, smallest first."""
    return sorted((name for name in blobs if not _is_whole(folder / name, int(blobs[name]))), key=lambda n: blobs[n])


def _is_whole(file: Path, size: int) -> bool:
    return file.is_file() and file.stat().st_size == size


def main() -> None:
    module = AnsibleModule(
        argument_spec={"store": {"type": "path", "required": True}, "blobs": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    folder = Path(module.params["store"]) / "blobs" / "sha256"
    if not module.check_mode:
        folder.mkdir(parents=True, exist_ok=True)
    module.exit_json(changed=False, missing=missing(folder, module.params["blobs"]))


if __name__ == "__main__":
    main()
