#!/usr/bin/python
"""Ansible module: server-side apply of a manifest file, only when the cluster differs."""

DOCUMENTATION = r"""
module: kubectl_apply
short_description: Server-side apply of a manifest file, only when the cluster differs
options:
  src:
    description: Manifest file on the machine.
    type: path
    required: true
  replace:
    description: Text in the manifest to replace, such as C(@API_HOST@), and what by.
    type: dict
    default: {}
  kubeconfig:
    description: Credentials.
    type: path
    default: /etc/kubernetes/admin.conf
"""

EXAMPLES = r"""
- name: Apply the network
  kubectl_apply:
    src: /etc/govcloud/manifests/cilium.yaml
"""

RETURN = r"""
diff_lines:
  description: Lines of the difference that was found.
  type: int
  returned: always
"""

import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

MANAGER = "govcloud-cluster"


def filled(text: str, replacements: dict[str, str]) -> str:
    """The manifest with every placeholder replaced."""
    for placeholder, value in replacements.items():
        text = text.replace(placeholder, str(value))
    return text


def apply(module: AnsibleModule, file: str) -> tuple[bool, int]:
    """`kubectl diff` says whether `kubectl apply` is needed."""
    options = ["--server-side", "--force-conflicts", "--field-manager", MANAGER, "-f", file]
    kubectl = ["kubectl", "--kubeconfig", module.params["kubeconfig"]]
    # 0: the same; 1: differs; more: kubectl could not tell (a kind or namespace that this file creates).
    code, diff, _ = module.run_command([*kubectl, "diff", *options])
    if code and not module.check_mode:
        code, out, err = module.run_command([*kubectl, "apply", *options])
        if code:
            module.fail_json(msg=f"cannot apply {module.params['src']}: {(err or out).strip()[-800:]}")
        return True, len(diff.splitlines())
    return bool(code), len(diff.splitlines())


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "src": {"type": "path", "required": True},
            "replace": {"type": "dict", "default": {}},
            "kubeconfig": {"type": "path", "default": "/etc/kubernetes/admin.conf"},
        },
        supports_check_mode=True,
    )
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", prefix="govcloud-") as file:
        file.write(filled(Path(module.params["src"]).read_text(), module.params["replace"]))
        file.flush()
        changed, lines = apply(module, file.name)
    module.exit_json(changed=changed, diff_lines=lines)


if __name__ == "__main__":
    main()
