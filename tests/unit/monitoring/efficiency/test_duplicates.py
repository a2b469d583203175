"""The same thing run by several departments."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.efficiency.duplicates import (
    MAX_GROUP_CHARS,
    MAX_GROUPS,
    Duplicate,
    Instance,
    Service,
    duplicates,
    group_label,
    of_images,
    of_services,
)
from govcloud_monitoring.efficiency.inputs import Placed
from govcloud_monitoring.folding import OTHER
from govcloud_monitoring.kubernetes.pods import Amount

SAFE = re.compile(r"[a-z0-9._/-]+")


def pod(department: str, *images: str, app: str = "web", cpu_milli: int = 100) -> Placed:
    namespace = f"{department}-test" if department else "kube-system"
    request = Amount(cpu_milli, 0)
    return Placed(namespace=namespace, node="n", request=request, department=department, app=app, images=images)


def service(department: str, version: str = "16.3", *, name: str = "db", cpu_milli: int = 100) -> Service:
    return Service(
        department=department,
        namespace=f"{department}-test",
        name=name,
        engine="postgresql",
        version=version,
        size="small",
        cpu_request_milli=cpu_milli,
    )


def instance(group: str, department: str, cpu_milli: int = 4) -> Instance:
    return Instance(group=group, kind="image", department=department, identity=("n", "a"), cpu_request_milli=cpu_milli)


def test_images_of_one_repository_are_one_group_whatever_the_tag():
    pods = [pod("tax", "r.example/forms:1"), pod("roads", "r.example/forms:2"), pod("police", "r.example/radio:1")]
    assert duplicates(of_images(pods)) == {
        ("r.example/forms", "image"): Duplicate(instances=2, departments=2, reclaimable_cpu_milli=75)
    }


def test_a_quarter_of_what_all_but_the_largest_department_request_stays():
    pods = [
        pod("tax", "r.example/forms", cpu_milli=1000),
        pod("tax", "r.example/forms", app="second", cpu_milli=500),
        pod("roads", "r.example/forms", cpu_milli=1200),
        pod("police", "r.example/forms", cpu_milli=401),
    ]
    # Tax is the largest with 1500; of 1601 the quarter stays, and what is freed rounds down.
    expected = Duplicate(instances=4, departments=3, reclaimable_cpu_milli=1200)
    assert duplicates(of_images(pods)) == {("r.example/forms", "image"): expected}


def test_pods_of_one_workload_are_one_instance():
    pods = [pod("tax", "r.example/forms")] * 3 + [pod("roads", "r.example/forms", cpu_milli=4)]
    expected = Duplicate(instances=2, departments=2, reclaimable_cpu_milli=3)
    assert duplicates(of_images(pods)) == {("r.example/forms", "image"): expected}


def test_one_department_alone_is_no_duplicate():
    assert duplicates(of_images([pod("tax", "r.example/forms", app=app) for app in "abc"])) == {}


def test_the_platform_is_left_out_pods_and_images():
    pods = [
        pod("tax", "r.example/mesh:1", "r.example/forms"),
        pod("roads", "r.example/mesh:2", "r.example/maps"),
        pod("police", "r.example/mesh:2"),
        pod("", "r.example/forms"),
    ]
    assert duplicates(of_images(pods, {"r.example/mesh:7"})) == {}


def test_a_pod_counts_in_the_group_of_its_first_image_only():
    pods = [pod("tax", "r.example/forms", "r.example/logs"), pod("roads", "r.example/forms", "r.example/logs")]
    assert list(duplicates(of_images(pods))) == [("r.example/forms", "image")]


def test_an_image_that_cannot_be_read_is_passed_over():
    pods = [pod("tax", "NOT/a reference"), pod("roads", "NOT/a reference"), pod("police")]
    assert list(of_images(pods)) == []
    with pytest.raises(ValueError, match="is not a reference to an image"):
        list(of_images([], {"NOT/a reference"}))


def test_services_are_grouped_by_engine_major_version_and_size():
    services = [
        service("tax", "16.3"),
        service("roads", "16.9", cpu_milli=40),
        service("roads", "17.1"),
        replace(service("police", "16.1"), size="large"),
        replace(service("tax"), engine="bucket", version="", size="small"),
        replace(service("roads"), engine="bucket", version="", size="small"),
    ]
    assert duplicates(of_services(services)) == {
        ("postgresql-16-small", "service"): Duplicate(instances=2, departments=2, reclaimable_cpu_milli=30),
        ("bucket-small", "service"): Duplicate(instances=2, departments=2, reclaimable_cpu_milli=75),
    }


def test_services_that_run_a_departments_own_image_are_not_compared():
    web = [replace(service(department), engine="web", version="") for department in ("tax", "roads")]
    assert list(of_services(web)) == []


def test_the_groups_that_free_least_are_folded_and_lose_nothing():
    instances = [
        instance(f"g{number:03}", department, 4 * number)
        for number in range(MAX_GROUPS + 3)
        for department in ("tax", f"d{number}")
    ]
    found = duplicates(instances)
    assert len(found) == MAX_GROUPS + 1
    assert found[OTHER, "image"] == Duplicate(instances=6, departments=4, reclaimable_cpu_milli=9, groups=3)
    assert {group for group, _ in found}.isdisjoint({"g000", "g001", "g002"})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("registry.example/tax/portal", "registry.example/tax/portal"),
        ("a" * 63, "a" * 63),
    ],
)
def test_a_short_and_safe_name_is_its_own_label(text: str, label: str):
    assert group_label(text) == label


@pytest.mark.parametrize("text", ["r.example:5000/a", "r.example-5000/A", "a" * 64, "other", "", 'a"}\n', "漢"])
def test_any_other_name_gets_a_label_that_is_bounded_and_its_own(text: str):
    label = group_label(text)
    assert SAFE.fullmatch(label)
    assert len(label) <= MAX_GROUP_CHARS
    assert label not in {OTHER, text}


def test_the_end_of_a_long_name_stays_readable():
    assert "/tax/portal-" in group_label(f"registry.{'very-long.' * 9}example:5000/tax/portal")


names = st.sampled_from(["a", "b", "c"])
instances = st.lists(
    st.builds(
        Instance,
        group=st.sampled_from([f"g{number}" for number in range(70)]),
        kind=st.sampled_from(["image", "service"]),
        department=names,
        identity=st.tuples(names, names),
        cpu_request_milli=st.integers(0, 10**6),
    ),
    max_size=150,
)


@given(found=instances)
def test_a_group_of_one_department_never_appears(found: list[Instance]):
    result = duplicates(found)
    owners = {
        (each.group, each.kind): {one.department for one in found if (one.group, one.kind) == (each.group, each.kind)}
        for each in found
    }
    assert all(each.departments > 1 for each in result.values())
    assert all(len(owners[key]) > 1 for key in result if key[0] != OTHER)
    shared = [key for key, departments in owners.items() if len(departments) > 1]
    assert sum(each.groups for each in result.values()) == len(shared)
    assert sum(kind == "image" for _, kind in result) <= MAX_GROUPS + 1


@given(found=instances)
def test_never_more_is_freed_than_is_requested(found: list[Instance]):
    freed = sum(each.reclaimable_cpu_milli for each in duplicates(found).values())
    assert 0 <= freed <= sum(each.cpu_request_milli for each in found) * 3 // 4


@given(found=instances, data=st.data())
def test_the_order_does_not_matter(found: list[Instance], data: st.DataObject):
    assert duplicates(data.draw(st.permutations(found))) == duplicates(found)


@given(text=st.text())
def test_every_label_is_safe_and_short(text: str):
    label = group_label(text)
    assert SAFE.fullmatch(label)
    assert len(label) <= MAX_GROUP_CHARS
