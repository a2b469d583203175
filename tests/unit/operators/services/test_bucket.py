"""Bucket as an order: the key that nobody is given, the pod that makes it, logins as keys and a policy."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import errors
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators import actions
from govcloud_operators.services import certificates, looking, server
from govcloud_operators.services.bucket import accounts, administrator, agreement, desired, prepare
from govcloud_operators.services.bucket.driver import BucketDriver
from govcloud_operators.services.driver import Credentials, Door, Order, Role
from support import s3, services
from support.services import ServiceWorld

DRIVER = BucketDriver()
DOOR = Door(host="10.0.0.1", port=7070, authority="PEM", certificate="", key="", tenant=MemoryCluster())


@given(st.text(min_size=1), st.binary(min_size=32, max_size=32))
def test_both_sides_agree_and_a_third_does_not(secret: str, seed: bytes) -> None:
    operators, pods = agreement.operator_key(secret), X25519PrivateKey.from_private_bytes(seed)
    halves = agreement.public(operators), agreement.public(pods)
    shared = agreement.shared(operators, *halves)
    assert agreement.shared(pods, *halves) == shared
    assert len(shared) == 64
    assert agreement.shared(X25519PrivateKey.generate(), *halves) != shared
    assert shared not in halves


@pytest.mark.parametrize("half", ["", "00", "0" * 64, "g" * 64, "ab" * 33, f"{'01':0<64}"])
def test_what_is_no_half_is_refused(half: str) -> None:
    own = agreement.operator_key("8" * 64)
    with pytest.raises(ValueError, match=r".*"):
        agreement.shared(own, agreement.public(own), half)


def test_a_pod_leaves_its_half_in_the_open_and_the_key_to_its_gateway_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operators = agreement.operator_key("8" * 64)
    environment, message, folder = tmp_path / "env", tmp_path / "message", tmp_path / "data"
    seen = set()
    for _ in range(2):
        prepare.main(agreement.public(operators), environment, message, [folder])
        key = agreement.shared(operators, agreement.public(operators), message.read_text())
        assert environment.read_text() == f"ROOT_SECRET_KEY='{key}'\n"
        assert stat.S_IMODE(environment.stat().st_mode) == 0o400
        assert key not in message.read_text()
        seen.add(key)
    assert len(seen) == 2
    assert folder.is_dir()
    assert capsys.readouterr() == ("", "")


def test_a_pod_that_is_given_no_key_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r".*"):
        prepare.main("nonsense", tmp_path / "env", tmp_path / "message", [])
    assert not (tmp_path / "env").exists()


def seen_by_operator(*pods: Object) -> str:
    ways = administrator.ways(s3.order(pods=pods), DOOR)
    assert (ways.objects.endpoint, ways.keys.endpoint) == ("https://10.0.0.1:7070", "https://10.0.0.1:7071")
    assert ways.objects.secret_key == ways.keys.secret_key
    return ways.objects.secret_key


def test_the_operator_finds_the_key_in_the_pods_status() -> None:
    pod, operators = X25519PrivateKey.generate(), agreement.operator_key("8" * 64)
    half = agreement.public(pod)
    key = agreement.shared(pod, agreement.public(operators), half)
    assert seen_by_operator(s3.shown_by("0" * 64, name="svc-other-0"), s3.shown_by(half)) == key


@pytest.mark.parametrize(
    "pods",
    [
        (),
        ({"metadata": {"name": "svc-main-0"}},),
        (s3.shown_by(agreement.public(X25519PrivateKey.generate()), exit_code=1),),
        (s3.shown_by(agreement.public(X25519PrivateKey.generate()), name="svc-mine-0"),),
        (s3.shown_by("0" * 64),),
        (s3.shown_by("Traceback (most recent call last)"),),
    ],
)
def test_without_a_pods_half_the_operator_waits(pods: tuple[Object, ...]) -> None:
    with pytest.raises(errors.NotReady, match="svc-main-0 does not show its public key"):
        seen_by_operator(*pods)


def test_nothing_that_is_written_gives_the_key_away() -> None:
    wanted = s3.order()
    operators = agreement.operator_key(wanted.secret)
    objects = str(DRIVER.stages(wanted))
    assert agreement.public(operators) in objects
    assert operators.private_bytes_raw().hex() not in objects
    assert wanted.secret not in objects
    assert "secretKeyRef" not in objects
    assert not [ref for ref in DRIVER.refs(wanted) if ref.kind in ("Secret", "ConfigMap")]


def template(order: Order) -> Any:
    return desired.stateful_set(order)["spec"]["template"]


def test_the_gateway_gets_its_key_from_a_volume_in_memory_that_it_cannot_see() -> None:
    spec = template(s3.order())["spec"]
    (gateway,), (keys,) = spec["containers"], spec["initContainers"]
    source = gateway["env"][0]["valueFrom"]["fileKeyRef"]
    (volume,) = [found for found in spec["volumes"] if found["name"] == source["volumeName"]]
    assert volume["emptyDir"]["medium"] == "Memory"
    assert source["volumeName"] not in {mount["name"] for mount in gateway["volumeMounts"]}
    assert f"{desired.KEYS_FOLDER}/{source['path']}" in keys["command"]
    assert keys["image"] == s3.HELPER_IMAGE
    assert "--iam-cache-disable" in gateway["command"]
    assert not [word for word in gateway["command"] if word.startswith(("--secret", "--webui", "--pprof"))]


def test_a_new_certificate_starts_the_gateway_again_and_a_new_release_does_not() -> None:
    def settings(order: Order) -> str:
        return str(template(order)["metadata"]["annotations"][server.SETTINGS_ID])

    wanted = s3.order(certificate_id="1")
    assert settings(replace(wanted, certificate_id="2")) != settings(wanted)
    there = {server.server_ref(wanted): desired.stateful_set(wanted)}
    released = replace(wanted, live=there, helper_image=f"{s3.HELPER_IMAGE}-new")
    assert template(released) == template(wanted)
    upgraded = replace(released, version="1.9.0")
    assert template(upgraded)["spec"]["initContainers"][0]["image"] == f"{s3.HELPER_IMAGE}-new"


@pytest.mark.parametrize(("memory", "requests"), [("128Mi", 34), ("512Mi", 136), ("2Gi", 546), ("4Mi", 16)])
def test_requests_at_once_follow_the_memory(memory: str, requests: int) -> None:
    command = desired.command(s3.order(plan=services.PLAN.model_copy(update={"memory": memory})))
    assert f"--max-requests={requests}" in command


@pytest.mark.parametrize(
    ("changed", "spec", "said"),
    [
        ({}, {}, ""),
        ({"replicas": 3}, {}, "runs one"),
        ({"memory": "64Mi"}, {}, "128Mi is the least"),
        ({"storage": "0"}, {}, "has no storage"),
        ({}, {"restoreFrom": {"instance": "old"}}, "has no backups; leave it out"),
    ],
)
def test_faults_say_what_to_change(changed: dict[str, Any], spec: dict[str, Any], said: str) -> None:
    plan = Plan.model_validate(services.PLAN.wire() | changed)
    found = DRIVER.faults(s3.order(plan=plan, spec={"offeringRef": "bucket"} | spec))
    assert said in found if said else found == ""


def test_names_that_s3_keeps_and_an_offering_without_a_helper_are_refused() -> None:
    assert "choose another name" in DRIVER.faults(s3.order(name="my-s3alias"))
    assert "no helperImage" in DRIVER.faults(s3.order(helper_image=""))


def test_the_helper_is_that_of_the_version_that_runs(world: ServiceWorld) -> None:
    of = {"1.0": "a", "1.1": "b"}
    versions = [
        {"version": version, "image": services.IMAGE, "helperImage": f"helper:{tag}", "default": version == "1.1"}
        for version, tag in of.items()
    ]
    world.cluster.seed(services.offering(versions=versions))
    for version, tag in of.items():
        made = world.order(f"v{tag}", version=version)
        order = looking.look(world.cluster, world.authority, made, world.now).order
        assert order is not None
        assert order.helper_image == f"helper:{tag}"


@pytest.mark.parametrize("role", ["ro", "rw", "admin"])
def test_a_key_tells_its_login_and_role(role: Role) -> None:
    assert accounts.split(accounts.access_key("b_0123456789ab_12", role)) == ("b_0123456789ab_12", role)


@pytest.mark.parametrize("key", ["somebody", "b_0123456789ab_1", "_rw", "b_1_root"])
def test_a_key_of_no_login_has_no_role(key: str) -> None:
    assert accounts.split(key) == (key, None)


def test_the_secret_of_a_binding_says_everything_a_client_needs() -> None:
    found = DRIVER.entries(s3.order(), Credentials(user="b_1_1", role="ro", password="p" * 40))
    host = f"svc-main.{services.NAMESPACE}.svc.cluster.local"
    assert found == {
        "type": "s3",
        "provider": "govcloud",
        "host": host,
        "port": "7070",
        "username": "b_1_1",
        "password": "p" * 40,
        "endpoint": f"https://{host}:7070",
        "bucket": "svc-main",
        "region": "us-east-1",
        "access-key-id": "b_1_1_ro",
        "secret-access-key": "p" * 40,
        "uri": f"https://{host}:7070/svc-main",
    }
    assert host in certificates.server_names("main", services.NAMESPACE)


def test_a_suspended_instance_runs_nothing_and_keeps_its_volume() -> None:
    asleep = s3.order(suspended=True)
    assert desired.stateful_set(asleep)["spec"]["replicas"] == 0
    assert Ref("v1", "PersistentVolumeClaim", "data-svc-main-0", services.NAMESPACE) in DRIVER.refs(asleep)
    assert DRIVER.readiness(asleep).reason == "Suspended"


def test_a_cluster_that_shows_what_is_wanted_gets_no_write() -> None:
    wanted, cluster = s3.order(), MemoryCluster()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": services.NAMESPACE}})
    for _ in range(3):
        live = actions.read(cluster, DRIVER.refs(wanted))
        actions.perform(cluster, actions.first_stage(DRIVER.stages(replace(wanted, live=live)), live))
    assert [ref for _, ref in cluster.writes] == DRIVER.refs(wanted)
    assert DRIVER.applied_version(replace(wanted, live=live)) == "1.8.0"
