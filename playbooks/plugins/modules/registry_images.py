#!/usr/bin/python
"""Ansible module: bring the bundle's images into the site's registry."""

DOCUMENTATION = r"""
module: registry_images
short_description: Bring the bundle's images into the site's registry
description:
  - Asks the registry for each image's digest and pushes those that are missing or differ.
  - The registry itself is read-only; a second service on the loopback writes to the same storage while this runs.
options:
  store:
    description: Folder that holds C(blobs/sha256/).
    type: path
    required: true
  registry:
    description: Host and port of the registry.
    type: str
    required: true
  ca_file:
    description: Certificate authority of the registry.
    type: path
    required: true
  writer:
    description: Service that takes pushes on the loopback; started and stopped here.
    type: str
    required: true
  writer_port:
    description: Its port.
    type: int
    required: true
  images:
    description: Image (C(name:tag)) to SHA-256 of its manifest.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Push
  registry_images:
    store: /srv/govcloud/bundle
    registry: 10.77.0.11:5000
    ca_file: /etc/govcloud/registry/ca.crt
    writer: registry-fill
    writer_port: 5001
    images: {"pause:3.10.2": 9aa1c0...}
"""

RETURN = r"""
pushed:
  description: Images that were pushed.
  type: list
  returned: always
"""

import http.client
import json
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

WRITER_SECONDS = 20.0
ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def digest_in_registry(connection: http.client.HTTPSConnection, image: str) -> str | None:
    """Digest of `name:tag` as the registry has it, None when it has none (OCI distribution API). Raises OSError."""
    name, _, tag = image.rpartition(":")
    connection.request("HEAD", f"/v2/{name}/manifests/{tag}", headers={"Accept": ACCEPT})
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (200, 404):
        raise OSError(f"it answers {answer.status} {answer.reason} when asked for {image}")
    return answer.headers.get("Docker-Content-Digest")


def layout(store: Path, manifest: str, folder: Path) -> None:
    """Make `folder` an OCI image layout whose blobs are the store's."""
    content = (store / "blobs" / "sha256" / manifest).read_bytes()
    media_type = json.loads(content).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
    descriptor = {"mediaType": media_type, "digest": f"sha256:{manifest}", "size": len(content)}
    (folder / "blobs").symlink_to(store / "blobs")
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))


@contextmanager
def writer(module: AnsibleModule) -> Iterator[str]:
    """The writing service, for as long as it is needed; yields its host and port."""
    name, port = module.params["writer"], module.params["writer_port"]
    module.run_command(["systemctl", "start", name], check_rc=True)
    try:
        deadline = time.monotonic() + WRITER_SECONDS
        while not answers(port):
            if time.monotonic() > deadline:
                module.fail_json(msg=f"{name} does not answer on port {port}; see: journalctl -u {name}")
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        module.run_command(["systemctl", "stop", name], check_rc=True)


def answers(port: int) -> bool:
    """Does anything listen on this loopback port?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def push(module: AnsibleModule, image: str, registry: str) -> None:
    """One image by crane; it speaks plain HTTP to loopback addresses."""
    with tempfile.TemporaryDirectory(prefix="govcloud-image-") as folder:
        layout(Path(module.params["store"]), module.params["images"][image], Path(folder))
        code, out, err = module.run_command(["crane", "push", folder, f"{registry}/{image}"])
        if code:
            module.fail_json(msg=f"cannot push {image}: {(err or out).strip()[-400:]}")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "store": {"type": "path", "required": True},
            "registry": {"type": "str", "required": True},
            "ca_file": {"type": "path", "required": True},
            "writer": {"type": "str", "required": True},
            "writer_port": {"type": "int", "required": True},
            "images": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    context = ssl.create_default_context(cafile=module.params["ca_file"])
    connection = http.client.HTTPSConnection(module.params["registry"], context=context, timeout=10)
    try:
        missing = sorted(
            image
            for image, manifest in module.params["images"].items()
            if digest_in_registry(connection, image) != f"sha256:{manifest}"
        )
        if not missing and answers(module.params["writer_port"]):  # left behind by a run that was killed
            module.run_command(["systemctl", "stop", module.params["writer"]], check_rc=True)
        if missing and not module.check_mode:
            with writer(module) as registry:
                for image in missing:
                    push(module, image, registry)
    except (OSError, http.client.HTTPException) as error:
        module.fail_json(msg=f"registry {module.params['registry']}: {error}")
    finally:
        connection.close()
    module.exit_json(changed=bool(missing), pushed=missing)


if __name__ == "__main__":
    main()
