"""The folder of departments: Departments and nothing else, since it is applied with the administrator's rights."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.components.departments import read
from support.sites import LAB

Object = dict[str, Any]
TAX: Object = yaml.safe_load((LAB.parent / "departments" / "tax.yaml").read_text())


def department(code: str = "tax", *, name: str | None = None, **spec: Any) -> Object:
    """The lab's tax department under another code, or with another name, or with other keys of its spec."""
    found = copy.deepcopy(TAX)
    found["metadata"]["name"] = name or code
    found["spec"] |= {"code": code, **spec}
    return found


def written(folder: Path, **files: list[Object] | str) -> Path:
    """The folder with one file a name; its objects, or its text."""
    for name, content in files.items():
        text = content if isinstance(content, str) else yaml.safe_dump_all(content)
        (folder / f"{name}.yaml").write_text(text)
    return folder


def faults(folder: Path) -> list[str]:
    """Of a folder that is refused: what it says, file by file."""
    with pytest.raises(ConfigError) as caught:
        read(folder)
    first, *rest = str(caught.value).splitlines()
    assert first == f"the departments in {folder} cannot be used:"
    assert all(line.startswith("  ") for line in rest)
    return [line.strip() for line in rest]


def test_the_labs_departments_are_good() -> None:
    assert [item["metadata"]["name"] for item in read(LAB.parent / "departments")] == ["civil", "health", "tax"]


def test_departments_come_as_written_in_the_order_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    written(tmp_path / "more", c=[department("three")])
    written(tmp_path, b=[department("two"), department("one")], notes="")
    (tmp_path / "README.md").write_text("no manifest")
    assert read(tmp_path) == [department("two"), department("one"), department("three")]


def test_a_site_may_have_no_department_yet(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    with pytest.raises(ConfigError, match=f"there is no folder of departments {folder}; make it, or change spec"):
        read(folder)
    folder.write_text("a file")
    with pytest.raises(ConfigError, match="there is no folder of departments"):
        read(folder)


BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "tax"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "tax:owner"}],
}


@pytest.mark.parametrize(
    ("item", "what"),
    [
        (BINDING, "a ClusterRoleBinding (rbac.authorization.k8s.io/v1)"),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dept-tax"}}, "a Namespace (v1)"),
        ({**TAX, "apiVersion": "govcloud.internal/v1"}, "a Department (govcloud.internal/v1)"),
        ({**TAX, "kind": "Environment"}, "a Environment (govcloud.internal/v1alpha1)"),
        ({**TAX, "kind": "List", "items": [BINDING]}, "a List (govcloud.internal/v1alpha1)"),
    ],
    ids=["rights", "another kind", "another version", "another of our kinds", "a list"],
)
def test_anything_else_is_refused_with_its_file(item: Object, what: str, tmp_path: Path) -> None:
    written(tmp_path, a=[department("civil")], b=[item])
    assert faults(tmp_path) == [f"{tmp_path}/b.yaml: holds {what}; only Departments belong here"]


def test_a_stowaway_behind_a_department_is_found(tmp_path: Path) -> None:
    written(tmp_path, a=[department("civil"), BINDING])
    [fault] = faults(tmp_path)
    assert fault.startswith(f"{tmp_path}/a.yaml: holds a ClusterRoleBinding")


@pytest.mark.parametrize(
    ("item", "where"),
    [
        (department("tax", displayName=""), "Department tax: spec.displayName: "),
        (department("tax", quota={"hard": {"cpu": "a lot", "memory": "1Gi", "storage": "1Gi"}}), "spec.quota.hard.cpu"),
        (department("tax", subjects=[{"kind": "Group", "name": "a", "role": "king"}]), "spec.subjects.0.role: "),
        (department("tax", budget=1), "spec.budget: "),
        (department("Tax"), "spec.code: "),
        ({key: value for key, value in TAX.items() if key != "spec"}, "Department tax: spec: "),
        ({**TAX, "metadata": {}}, "metadata.name: "),
    ],
    ids=["empty", "no quantity", "no such role", "no such key", "no code", "no spec", "no name"],
)
def test_what_the_model_refuses_is_refused_here(item: Object, where: str, tmp_path: Path) -> None:
    written(tmp_path, a=[item])
    [fault] = faults(tmp_path)
    assert fault.startswith(f"{tmp_path}/a.yaml: ")
    assert where in fault


def test_a_department_has_one_name(tmp_path: Path) -> None:
    written(tmp_path, a=[department("tax", name="revenue")])
    assert faults(tmp_path) == [f"{tmp_path}/a.yaml: metadata.name is revenue, spec.code is tax; they must be the same"]


def test_a_department_is_described_once(tmp_path: Path) -> None:
    written(tmp_path, a=[department("tax"), department("civil")], b=[department("tax", displayName="Another")])
    assert faults(tmp_path) == [f"{tmp_path}/b.yaml: tax is described twice"]


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    written(
        tmp_path,
        a=[department("tax"), BINDING],
        b=[department("civil", displayName="")],
        c=[department("health", name="sickness"), department("tax")],
    )
    found = [(line.split(": ")[0].removeprefix(f"{tmp_path}/"), line) for line in faults(tmp_path)]
    assert {file for file, _ in found} == {"a.yaml", "b.yaml", "c.yaml"}
    for text in ("a ClusterRoleBinding", "spec.displayName", "name is sickness", "c.yaml: tax is described twice"):
        assert sum(text in line for _, line in found) == 1


@pytest.mark.parametrize("text", ["a: [", "- a", "kind: Department"])
def test_a_file_that_is_no_manifest_is_named_with_the_others(text: str, tmp_path: Path) -> None:
    written(tmp_path, a=[department("tax", name="revenue")], b=text)
    first, second = sorted(faults(tmp_path))
    assert first.startswith(f"{tmp_path}/a.yaml: metadata.name is revenue")
    assert second.startswith(f"{tmp_path}/b.yaml ")


@pytest.mark.parametrize("name", ["civil.yml", "civil.YAML", "civil.json", "more/civil.yml"])
def test_a_file_that_would_not_be_read_is_named_with_the_others(name: str, tmp_path: Path) -> None:
    written(tmp_path, a=[department("tax", name="revenue")])
    (tmp_path / "more").mkdir()
    (tmp_path / name).write_text(yaml.safe_dump(department("civil")))
    found = faults(tmp_path)
    assert len(found) == 2
    assert f"{tmp_path}/{name}: only files called *.yaml are read; rename it, or move it elsewhere" in found


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    (tmp_path / "b.yaml").symlink_to(tmp_path / "nowhere")
    assert faults(tmp_path) == [
        f"{tmp_path}/a.yaml: cannot be read: Is a directory",
        f"{tmp_path}/b.yaml: cannot be read: No such file or directory",
    ]


@pytest.mark.parametrize(
    "text", ["apiVersion: v1\nkind: X\nmetadata:\n", "apiVersion: v1\nkind: X\nmetadata: [a]\n", "- a"]
)
def test_what_is_no_object_is_a_fault_of_the_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"a\.yaml holds something that is no Kubernetes object"):
        read(tmp_path)


def test_bytes_that_are_no_text_are_a_fault_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"a\.yaml is not UTF-8 text"):
        read(tmp_path)
