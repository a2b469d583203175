"""What the Ansible modules decide and do, apart from Ansible."""

import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.modules import MODULES, module

NAMES = sorted(file.stem for file in MODULES.glob("*.py"))


bundle_files = module("bundle_files")
kubelet_certificates = module("kubelet_certificates")
kubectl_apply = module("kubectl_apply")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_documentation_says_what_the_module_takes(name: str) -> None:
    found = module(name)
    documented = yaml.safe_load(found.DOCUMENTATION)
    assert documented["module"] == name
    assert documented["short_description"]
    assert yaml.safe_load(found.EXAMPLES)[0][name].keys() <= documented["options"].keys()
    assert yaml.safe_load(found.RETURN)
    source = (MODULES / f"{name}.py").read_text()
    assert all(f'"{option}": {{"type": "{words["type"]}"' in source for option, words in documented["options"].items())
    assert "govcloud_" not in source, "it runs on a machine that has none of our packages"


def test_a_file_is_installed_whole_with_its_mode(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"program")
    place = tmp_path / "new" / "folder" / "kubelet"
    assert bundle_files.sha256_of(place) is None
    bundle_files.install(tmp_path / "blob", place, sha256(b"program"), 0o755)
    assert place.read_bytes() == b"program"
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    assert bundle_files.sha256_of(place) == sha256(b"program")
    assert [file.name for file in place.parent.iterdir()] == ["kubelet"]


@pytest.mark.parametrize("content", [b"prograM", b"program and more", b""])
def test_damaged_content_never_reaches_its_place(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(content)
    place = tmp_path / "bin" / "kubelet"
    place.parent.mkdir()
    place.write_bytes(b"older")
    with pytest.raises(ValueError, match=r"blob is damaged; run `govcloud bundle verify`"):
        bundle_files.install(tmp_path / "blob", place, sha256(b"program"), 0o755)
    assert place.read_bytes() == b"older"
    assert [file.name for file in place.parent.iterdir()] == ["kubelet"]


def test_missing_content_leaves_the_place_alone(tmp_path: Path) -> None:
    (tmp_path / "kubelet").write_bytes(b"older")
    with pytest.raises(FileNotFoundError):
        bundle_files.install(tmp_path / "none", tmp_path / "kubelet", sha256(b"x"), 0o755)
    assert (tmp_path / "kubelet").read_bytes() == b"older"


USER, SUBJECT = "system:node:w1", "CN=system:node:w1,O=system:nodes"
OWN = ["DNS:w1", "IP Address:10.77.0.12"]


@pytest.mark.parametrize(
    ("username", "subject", "names", "why"),
    [
        (USER, SUBJECT, OWN, ""),
        (USER, "O=system:nodes,CN=system:node:w1", OWN, ""),
        (USER, "O = system:nodes, CN = system:node:w1", OWN, ""),
        (USER, "O=system:nodes+CN=system:node:w1", OWN, ""),
        (USER, SUBJECT, OWN[::-1], ""),
        (USER, SUBJECT, OWN[1:], ""),
        (USER, SUBJECT, OWN[:1], "its address is missing"),
        (USER, SUBJECT, [], "its address is missing"),
        ("system:node:w2", SUBJECT, OWN, "requested by system:node:w2"),
        ("kubernetes-admin", SUBJECT, OWN, "requested by kubernetes-admin"),
        ("system:node:w11", SUBJECT, OWN, "requested by system:node:w11"),
        (USER, "CN=system:node:w2,O=system:nodes", OWN, "subject is CN=system:node:w2,O=system:nodes"),
        (USER, "CN=system:node:w1", OWN, "subject is CN=system:node:w1"),
        (USER, f"{SUBJECT},O=system:masters", OWN, f"subject is {SUBJECT},O=system:masters"),
        (USER, "CN=system:node:w1,O=system:masters", OWN, "subject is CN=system:node:w1,O=system:masters"),
        (USER, "", OWN, "subject is "),
        (USER, SUBJECT, [*OWN, "DNS:kubernetes.default.svc"], "names DNS:kubernetes.default.svc"),
        (USER, SUBJECT, [*OWN, "IP Address:10.77.0.11"], "names IP Address:10.77.0.11"),
        (USER, SUBJECT, [*OWN, "DNS:10.77.0.12"], "names DNS:10.77.0.12"),
        (USER, SUBJECT, [*OWN, "URI:spiffe://x", "email:a@b"], "names URI:spiffe://x, email:a@b"),
        (USER, SUBJECT, [*OWN, "DNS:*"], "names DNS:*"),
    ],
)
def test_only_a_nodes_own_request_is_approved(username: str, subject: str, names: list[str], why: str) -> None:
    assert kubelet_certificates.refusal(username, subject, names, "w1", "10.77.0.12") == why


@pytest.mark.parametrize(
    ("text", "replacements", "result"),
    [
        ("host: @API_HOST@:@API_PORT@", {"@API_HOST@": "10.0.0.1", "@API_PORT@": 6443}, "host: 10.0.0.1:6443"),
        ("@A@ @A@", {"@A@": "b"}, "b b"),
        ("nothing here", {"@A@": "b"}, "nothing here"),
        ("@A@", {}, "@A@"),
    ],
)
def test_placeholders(text: str, replacements: dict[str, Any], result: str) -> None:
    assert kubectl_apply.filled(text, replacements) == result
