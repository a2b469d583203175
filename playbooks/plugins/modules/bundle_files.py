#!/usr/bin/python
"""Ansible module: install files of the bundle by content hash."""

DOCUMENTATION = r"""
module: bundle_files
short_description: Install files of the bundle by content hash
description:
  - Copies each file from the bundle's store to its place when the content there differs.
  - The content is hashed while it is copied, so a damaged bundle never reaches its place.
options:
  store:
    description: Folder that holds C(blobs/sha256/).
    type: path
    required: true
  files:
    description: Place (absolute path) to SHA-256 of the content.
    type: dict
    required: true
  mode:
    description: Mode of the files.
    type: str
    default: "0755"
"""

EXAMPLES = r"""
- name: Install the kubelet
  bundle_files:
    store: /srv/govcloud/bundle
    files: {/usr/local/bin/kubelet: 3f1c0c...}
"""

RETURN = r"""
replaced:
  description: Places that were written.
  type: list
  returned: always
"""

import hashlib
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def sha256_of(file: Path) -> str | None:
    """Hex digest of a file, None when it is not there."""
    if not file.is_file():
        return None
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def install(source: Path, place: Path, wanted: str, mode: int) -> None:
    """Copy with a check of the content; raises ValueError when the source is not what was promised."""
    unfinished = place.with_name(f"{place.name}.new")
    place.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reader, unfinished.open("wb") as writer:
        for block in iter(lambda: reader.read(1 << 20), b""):
            digest.update(block)
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != wanted:
        unfinished.unlink()
        raise ValueError(f"{source} is damaged; run `govcloud bundle verify`")
    unfinished.chmod(mode)
    unfinished.rename(place)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "store": {"type": "path", "required": True},
            "files": {"type": "dict", "required": True},
            "mode": {"type": "str", "default": "0755"},
        },
        supports_check_mode=True,
    )
    blobs, files = Path(module.params["store"]) / "blobs" / "sha256", module.params["files"]
    replaced = sorted(place for place, wanted in files.items() if sha256_of(Path(place)) != wanted)
    try:
        for place in [] if module.check_mode else replaced:
            install(blobs / files[place], Path(place), files[place], int(module.params["mode"], 8))
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(replaced), replaced=replaced)


if __name__ == "__main__":
    main()
