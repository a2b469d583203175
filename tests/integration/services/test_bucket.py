"""A real gateway: what each role may, what a revoke ends, what nobody can do with all that an environment shows."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
import urllib3
from requests_aws4auth import AWS4Auth

from govcloud_api import errors
from govcloud_operators.services.bucket import accounts, agreement, desired
from govcloud_operators.services.bucket.driver import BucketDriver
from govcloud_operators.services.driver import Credentials, Role
from govcloud_operators.services.s3 import accounts as keys
from govcloud_operators.services.s3 import buckets, policies
from govcloud_operators.services.s3.gateway import Gateway, Refused, send
from support import apiserver, s3, tenancy
from support.s3 import Pod

LOGINS = accounts.BucketAccounts()
BUCKET = "svc-main"
PASSWORD = "p" * 40


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    with s3.pod(tmp_path_factory.mktemp("bucket")) as running:
        yield running


def give(pod: Pod, user: str, role: Role = "rw", password: str = PASSWORD) -> Gateway:
    credentials = Credentials(user=user, role=role, password=password)
    LOGINS.ensure(pod.order, pod.door, credentials)
    return pod.client(credentials)


Ask = tuple[str, str, dict[str, str], bytes]
STAR = (
    b'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",'
    b' "Resource": "arn:aws:s3:::svc-main/*"}]}'
)
CORS = (
    b"<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin>"
    b"<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
)
NEW_ADMIN = b"<Account><Access>evil</Access><Secret>evil</Secret><Role>admin</Role></Account>"
READ: list[Ask] = [
    ("GET", f"/{BUCKET}/kept", {}, b""),
    ("HEAD", f"/{BUCKET}/kept", {}, b""),
    ("GET", f"/{BUCKET}", {"list-type": "2"}, b""),
]
WRITE: list[Ask] = [
    ("PUT", f"/{BUCKET}/new", {}, b"1"),
    ("DELETE", f"/{BUCKET}/new", {}, b""),
    ("POST", f"/{BUCKET}/parts", {"uploads": ""}, b""),
]
RULE: list[Ask] = [("PUT", f"/{BUCKET}", {"cors": ""}, CORS), ("GET", f"/{BUCKET}", {"cors": ""}, b"")]
NEVER: list[Ask] = [
    ("GET", f"/{BUCKET}", {"policy": ""}, b""),
    ("PUT", f"/{BUCKET}", {"policy": ""}, STAR),
    ("DELETE", f"/{BUCKET}", {"policy": ""}, b""),
    ("PUT", f"/{BUCKET}", {"acl": ""}, b""),
    ("DELETE", f"/{BUCKET}", {}, b""),
    ("PUT", "/other-bucket", {}, b""),
]
ADMINISTER: list[Ask] = [
    ("PATCH", "/other-bucket/create", {}, b""),
    ("PATCH", "/create-user", {}, NEW_ADMIN),
    ("PATCH", "/list-users", {}, b""),
    ("PATCH", "/delete-user", {"access": "somebody_rw"}, b""),
    ("PATCH", "/update-user", {"access": "somebody_rw"}, b"<MutableProps><Role>admin</Role></MutableProps>"),
    ("PATCH", "/change-bucket-owner", {"bucket": BUCKET, "owner": "may-rw_rw"}, b""),
]
ALLOWED: dict[Role, list[Ask]] = {"ro": READ, "rw": READ + WRITE, "admin": READ + WRITE + RULE}
REFUSED: dict[Role, list[Ask]] = {"ro": WRITE + RULE + NEVER, "rw": RULE + NEVER, "admin": NEVER}


@pytest.mark.parametrize("role", ["ro", "rw", "admin"])
def test_a_role_may_what_it_says_and_nothing_else(pod: Pod, role: Role) -> None:
    client = give(pod, f"may-{role}", role)
    buckets.put(pod.administrator, BUCKET, "kept", b"content")
    for method, path, query, body in ALLOWED[role]:
        send(client, method, path, query=query, body=body)
    elsewhere = replace(client, endpoint=pod.keys.endpoint)
    before = buckets.policy(pod.administrator, BUCKET), keys.every(pod.keys)
    for method, path, query, body in REFUSED[role]:
        with pytest.raises(Refused) as refused:
            send(client, method, path, query=query, body=body)
        assert refused.value.status in (403, 404), f"{method} {path} {query}: {refused.value}"
    for method, path, query, body in ADMINISTER:
        with pytest.raises(Refused, match="XAdminAccessDenied"):
            send(elsewhere, method, path, query=query, body=body)
        with pytest.raises(Refused, match=r"MethodNotAllowed|404|405"):
            send(client, method, path, query=query, body=body)
    assert (buckets.policy(pod.administrator, BUCKET), keys.every(pod.keys)) == before
    assert buckets.get(client, BUCKET, "kept") == b"content"


def test_objects_come_back_as_they_were_put(pod: Pod) -> None:
    client = give(pod, "works")
    content = bytes(range(256)) * 20_000
    for key in ("a/b/c.bin", "a/with space & ä?#.bin", "empty"):
        put = b"" if key == "empty" else content
        buckets.put(client, BUCKET, key, put)
        assert buckets.get(client, BUCKET, key) == put
    found = {item.key: item.size_bytes for item in buckets.items(client, BUCKET, "a/")}
    assert found == {"a/b/c.bin": len(content), "a/with space & ä?#.bin": len(content)}
    buckets.empty(client, BUCKET, "a/")
    assert not list(buckets.items(client, BUCKET, "a/"))
    assert buckets.get(client, BUCKET, "a/b/c.bin") is None


def test_nobody_gets_in_without_a_key_that_is_right(pod: Pod) -> None:
    client = give(pod, "somebody")
    buckets.put(client, BUCKET, "kept", b"content")
    for key, secret in (
        ("somebody_rw", "wrong"),
        *((name, PASSWORD) for name in ("somebody_ro", "somebody", "nobody")),
    ):
        with pytest.raises(Refused) as refused:
            buckets.get(replace(client, access_key=key, secret_key=secret), BUCKET, "kept")
        assert refused.value.status == 403
    with urllib3.PoolManager(cert_reqs="CERT_NONE", assert_hostname=False) as pool:
        for method, path in (("GET", f"/{BUCKET}/kept"), ("GET", f"/{BUCKET}"), ("PUT", f"/{BUCKET}/mine")):
            with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
                answer = pool.request(method, f"{client.endpoint}{path}", retries=False)
            assert answer.status == 403
    with urllib3.PoolManager() as plain, pytest.raises(urllib3.exceptions.HTTPError):
        plain.request("GET", f"http://127.0.0.1:{pod.port}/{BUCKET}/kept", retries=False, timeout=5)


def test_an_owner_cannot_be_the_administrator_with_all_that_can_be_read(pod: Pod) -> None:
    """Objects of the namespace, Secrets included, logs, and the pod's status; see ADR 20."""
    halves = agreement.public(agreement.operator_key(pod.base.secret)), (pod.folder / "message").read_text()
    wanted = desired.stateful_set(pod.base)["spec"]["template"]
    told = [*halves, pod.base.name, desired.OPERATOR, PASSWORD, (pod.folder / "tls" / "tls.key").read_text()]
    told += [value for part in (wanted["metadata"]["annotations"],) for value in part.values()]
    for secret in told:
        with pytest.raises(Refused, match="SignatureDoesNotMatch"):
            keys.every(replace(pod.keys, secret_key=secret))
    own = pod.administrator.secret_key
    assert own not in pod.log()
    assert own not in str(BucketDriver().stages(pod.order))
    assert keys.every(pod.keys) is not None


def test_the_operator_trusts_no_other_server(pod: Pod) -> None:
    elsewhere = replace(pod.door, server_name="svc-other.tax-portal-dev.svc.cluster.local")
    with pytest.raises(errors.NotReady, match="does not answer: hostname"):
        LOGINS.seen(pod.order, elsewhere, "")
    stranger = replace(pod.order, secret="9" * 64)
    with pytest.raises(errors.NotReady, match="SignatureDoesNotMatch"):
        LOGINS.seen(stranger, pod.door, "")
    with pytest.raises(errors.NotReady, match="does not answer"):
        LOGINS.seen(pod.order, replace(pod.door, port=apiserver.free_port()), "")


def test_another_bucket_and_the_rest_of_the_volume_are_out_of_reach(pod: Pod) -> None:
    client, root = give(pod, "curious", "admin"), pod.administrator
    buckets.create(root, "platforms-own")
    buckets.put(root, "platforms-own", "secret", b"hidden")
    try:
        for ask in (buckets.items, lambda c, b: iter([buckets.get(c, b, "secret")])):
            with pytest.raises(Refused, match="AccessDenied"):
                next(ask(client, "platforms-own"))
        for source in (
            "platforms-own/secret",
            f"{BUCKET}/../platforms-own/secret",
            f"{BUCKET}/../../accounts/users.json",
        ):
            with pytest.raises(Refused):
                send(client, "PUT", f"/{BUCKET}/copy", headers={"x-amz-copy-source": source})
        assert not list(buckets.items(client, BUCKET, "../"))
        assert buckets.get(client, BUCKET, "copy") is None
    finally:
        buckets.remove(root, "platforms-own")
    assert not buckets.exists(root, "platforms-own")


def test_a_rotation_breaks_no_request(pod: Pod) -> None:
    first = give(pod, "b_0123456789ab_1", password="1" * 40)
    failed: list[Exception] = []
    done, over = 0, threading.Event()

    def work() -> None:
        nonlocal done
        while not over.is_set():
            try:
                buckets.put(first, BUCKET, "rotating", b"1")
                done += 1
            except errors.NotReady as error:
                failed.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        second = give(pod, "b_0123456789ab_2", password="2" * 40)
        give(pod, "unrelated", "ro")
        LOGINS.remove(pod.order, pod.door, "unrelated")
        assert buckets.get(second, BUCKET, "rotating") in (b"1", None)
    finally:
        over.set()
        worker.join(30)
    assert failed == []
    assert done > 0
    LOGINS.remove(pod.order, pod.door, "b_0123456789ab_1")
    with pytest.raises(Refused, match="InvalidAccessKeyId"):
        buckets.put(first, BUCKET, "rotating", b"1")
    buckets.put(second, BUCKET, "rotating", b"2")


def test_a_revoked_key_is_refused_at_once(pod: Pod) -> None:
    client = give(pod, "revoked")
    for _ in range(3):
        buckets.put(client, BUCKET, "a", b"1")
    started = time.monotonic()
    LOGINS.remove(pod.order, pod.door, "revoked")
    with pytest.raises(Refused, match="InvalidAccessKeyId"):
        buckets.get(client, BUCKET, "a")
    assert time.monotonic() - started < 5
    LOGINS.remove(pod.order, pod.door, "revoked")
    assert LOGINS.seen(pod.order, pod.door, "revoked") == ()
    assert "revoked" not in str(buckets.policy(pod.administrator, BUCKET))


def test_who_holds_every_place_of_the_gateway_does_not_outlive_a_revoke(pod: Pod) -> None:
    """Uploads that never end take all requests that the plan allows; keys are ended at another port."""
    client, root = give(pod, "greedy"), pod.administrator
    (limit,) = [word for word in desired.command(pod.base) if word.startswith("--max-requests=")]
    context = ssl.create_default_context(cadata=pod.authority.certificate)
    with contextlib.ExitStack() as held:
        for number in range(int(limit.partition("=")[2])):
            plain = held.enter_context(socket.create_connection(("127.0.0.1", pod.port), 10))
            upload = held.enter_context(context.wrap_socket(plain, server_hostname=client.server_name))
            upload.sendall(unfinished(client, f"held-{number}"))
        tenancy.eventually(lambda: is_full(root), "the gateway lets nobody in")
        with pytest.raises(errors.NotReady):
            LOGINS.remove(pod.order, pod.door, "greedy")
        assert "greedy_rw" not in {account.access_key for account in keys.every(pod.keys)}
    tenancy.eventually(lambda: not is_full(root), "the gateway has places again")
    with pytest.raises(Refused, match="InvalidAccessKeyId"):
        buckets.get(client, BUCKET, "a")
    LOGINS.remove(pod.order, pod.door, "greedy")
    assert "greedy" not in str(buckets.policy(root, BUCKET))


def unfinished(client: Gateway, key: str) -> bytes:
    """The beginning of an upload that says it is longer than what comes."""
    url = f"{client.endpoint}/{BUCKET}/{key}"
    sign = AWS4Auth(client.access_key, client.secret_key, client.region, "s3")
    signed = requests.Request("PUT", url, data=b"x" * 2**20, auth=sign).prepare()
    told = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
    host = client.endpoint.removeprefix("https://")
    return f"PUT /{BUCKET}/{key} HTTP/1.1\r\nHost: {host}\r\n{told}\r\n".encode() + b"x" * 2**16


def is_full(root: Gateway) -> bool:
    try:
        buckets.exists(root, BUCKET)
    except Refused as refused:
        return refused.status == 503
    return False


def test_another_role_or_password_takes_the_place_of_the_one_before(pod: Pod) -> None:
    writer = give(pod, "changing", "rw", "1" * 40)
    reader = give(pod, "changing", "ro", "2" * 40)
    with pytest.raises(Refused, match="InvalidAccessKeyId"):
        buckets.put(writer, BUCKET, "a", b"1")
    again = give(pod, "changing", "ro", "3" * 40)
    with pytest.raises(Refused, match="SignatureDoesNotMatch"):
        buckets.get(reader, BUCKET, "a")
    buckets.get(again, BUCKET, "a")
    assert [seen.user for seen in LOGINS.seen(pod.order, pod.door, "changing")] == ["changing"]


def test_a_look_mends_a_policy_that_a_crash_left_behind(pod: Pod) -> None:
    client = give(pod, "halfway")
    buckets.set_policy(pod.administrator, BUCKET, None)
    with pytest.raises(Refused, match="AccessDenied"):
        buckets.get(client, BUCKET, "a")
    LOGINS.seen(pod.order, pod.door, "")
    buckets.get(client, BUCKET, "a")
    keys.remove(pod.keys, "halfway_rw")
    LOGINS.seen(pod.order, pod.door, "")
    assert "halfway" not in str(buckets.policy(pod.administrator, BUCKET))


def test_a_crash_keeps_objects_and_keys_and_makes_another_administrator_key(pod: Pod) -> None:
    client, before = give(pod, "stays"), pod.keys
    buckets.put(client, BUCKET, "survives", b"yes")
    give(pod, "goes")
    LOGINS.remove(pod.order, pod.door, "goes")
    pod.stop(hard=True)
    certificate = pod.certify()
    pod.start()
    assert buckets.get(client, BUCKET, "survives") == b"yes"
    users = [seen.user for seen in LOGINS.seen(pod.order, pod.door, "")]
    assert "stays" in users
    assert "goes" not in users
    with pytest.raises(Refused, match="SignatureDoesNotMatch"):
        keys.every(before)
    assert certificate.certificate == (pod.folder / "tls" / "tls.crt").read_text()


def test_the_client_removes_buckets_with_everything_in_them(pod: Pod) -> None:
    root = pod.administrator
    owner = keys.Account(access_key="backup-1", secret_key="s" * 40)
    for _ in range(2):
        keys.ensure(pod.keys, owner)
        buckets.create(pod.keys, "backup-1", owner.access_key)
        buckets.set_policy(root, "backup-1", policies.document("backup-1", {owner.access_key: "rw"}))
    client = replace(root, access_key=owner.access_key, secret_key=owner.secret_key)
    for number in range(5):
        buckets.put(client, "backup-1", f"archive/{number}", b"x")
    send(client, "POST", "/backup-1/half-done", query={"uploads": ""})
    assert buckets.exists(client, "backup-1")
    for _ in range(2):
        buckets.remove(root, "backup-1")
        keys.remove(pod.keys, owner.access_key)
    assert not buckets.exists(root, "backup-1")
    assert owner.access_key not in {account.access_key for account in keys.every(pod.keys)}
