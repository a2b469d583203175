"""Every kind of service on machines: ordered by an owner, and used from a pod that has the Secret and nothing else."""

import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud_api import labels
from govcloud_infra.components.manifests import REGISTRY
from support import probe, sandboxes
from support.lab import Lab, eventually

pytestmark = pytest.mark.e2e
NAME, WHERE = "shop-sandbox", "tax-shop-sandbox"
HOST = f"front.{WHERE}.{labels.APPS_DOMAIN}"
HTTPS_PORT = 30443
WORKER = "10.91.0.12"
IMAGES = {
    "postgresql": "postgresql:15.20",
    "valkey": "govcloud:0.1.0",
    "nats": "govcloud:0.1.0",
    "bucket": "govcloud:0.1.0",
}
PSQL = """
take() { read -r "$1" < "/binding/$2" || [ -n "$2" ]; export "$1"; }  # no file ends with a newline
take PGHOST host; take PGPORT port; take PGUSER username; take PGDATABASE database; take PGPASSWORD password
export PGSSLMODE=verify-full PGSSLROOTCERT=/binding/ca.crt
exec psql -Atqc "$ASK"
"""
REDIS = """
import pathlib, redis
uri = pathlib.Path("/binding/uri").read_text()
there = redis.Redis.from_url(uri, ssl_ca_certs="/binding/ca.crt", decode_responses=True)
there.set("kept", "42")
print(there.get("kept"))
"""
NATS = """
import asyncio, base64, logging, nats, pathlib, ssl
from govcloud_operators.services import driver
from govcloud_operators.services.nats import accounts
logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of how the client ends its connection
read = lambda name: pathlib.Path("/binding", name).read_text()
login = driver.Credentials(user=read("username"), role="admin", password=read("password"))
key, token = accounts.user_key(login), read("user.creds").splitlines()[1]
async def main():
    client = await nats.connect(
        read("uri"), tls=ssl.create_default_context(cadata=read("ca.crt")), user_jwt_cb=lambda: token.encode(),
        signature_cb=lambda nonce: base64.b64encode(key.sign(nonce.encode())),
    )
    stream = client.jetstream()
    await stream.add_stream(name="orders", subjects=["orders.>"], max_bytes=1048576)
    await stream.publish("orders.new", b"42")
    found = await stream.subscribe("orders.new", ordered_consumer=True)
    print((await found.next_msg(timeout=5)).data.decode())
    await client.close()
asyncio.run(main())
"""
BUCKET = """
import pathlib
from govcloud_operators.services.s3 import buckets, gateway
read = lambda name: pathlib.Path("/binding", name).read_text()
there = gateway.Gateway(
    endpoint=read("endpoint"), access_key=read("access-key-id"), secret_key=read("secret-access-key"),
    authority_pem=read("ca.crt"), region=read("region"),
)
buckets.put(there, read("bucket"), "kept", b"42")
print(buckets.get(there, read("bucket"), "kept").decode())
"""
USED = {
    "postgresql": ["/bin/sh", "-ec", PSQL],
    "valkey": ["python3", "-c", REDIS],
    "nats": ["python3", "-c", NATS],
    "bucket": ["python3", "-c", BUCKET],
}


@pytest.fixture(scope="module")
def lab(deployed: Lab) -> Lab:
    return deployed


@pytest.fixture(scope="module")
def owner(lab: Lab) -> Path:
    """Credentials of an owner of the tax office, who has a sandbox for all of this."""
    made = lab.member("tax")
    much = ["--cpu", "4", "--memory", "8Gi", "--storage", "40Gi", "--pods", "30"]
    sandboxes.ask(lab, made, "shop", *much)
    return made


def service(lab: Lab, owner: Path, *words: str) -> str:
    """A verb of `govcloud service` in the sandbox."""
    return lab.govcloud("service", *words, "-e", NAME, "--kubeconfig", str(owner))


def order(lab: Lab, owner: Path, kind: str) -> str:
    """A service of a kind with credentials for it, both named after it."""
    service(lab, owner, "create", kind, "--offering", kind, "--plan", "small", "--unprotected", "--wait")
    return bind(lab, owner, kind)


def bind(lab: Lab, owner: Path, name: str) -> str:
    service(lab, owner, "bind", name, "--instance", name, "--role", "admin")

    def content() -> bool:
        found = lab.try_kubectl("get", "secret", name, "-n", WHERE, kubeconfig=owner)
        return found.returncode == 0

    eventually(content, 60, f"credentials of {name}")
    return name


def used(lab: Lab, owner: Path, kind: str, secret: str, ask: str = "") -> str:
    """What a program with the Secret's content as files says at its end."""
    made = probe.pod(f"use-{time.time_ns()}", [])
    container = made["spec"]["containers"][0]
    container |= {"image": f"{REGISTRY}/{IMAGES[kind]}", "command": USED[kind]}
    container.pop("args")
    container["env"] = [{"name": "ASK", "value": ask}, {"name": "HOME", "value": "/tmp"}]
    container["volumeMounts"] = [{"name": "binding", "mountPath": "/binding", "readOnly": True}]
    made["spec"]["volumes"] = [{"name": "binding", "secret": {"secretName": secret}}]
    phase, said = probe.run(lab, WHERE, made, kubeconfig=owner, seconds=90)
    assert phase == "Succeeded", said
    return said


@pytest.mark.parametrize("kind", ["valkey", "nats", "bucket"])
def test_a_program_uses_it_with_the_secret_alone(lab: Lab, owner: Path, kind: str) -> None:
    assert used(lab, owner, kind, order(lab, owner, kind)) == "42"


def test_the_gateways_key_is_in_memory_and_nobody_reads_it(lab: Lab, owner: Path) -> None:
    """The pod's own half is public; what both halves make is in no object that an owner sees."""
    pod = lab.get("pod", "svc-bucket-0", "-n", WHERE, kubeconfig=owner)
    (keys,) = pod["status"]["initContainerStatuses"]
    assert len(bytes.fromhex(keys["state"]["terminated"]["message"])) == 32
    there = ["-n", WHERE, "exec", "svc-bucket-0", "--", "cat", "/keys/gateway.env"]
    assert lab.try_kubectl(*there, kubeconfig=owner).returncode != 0
    node = str(pod["status"]["hostIP"])
    uid = pod["metadata"]["uid"]
    mounted = lab.ssh(node, f"findmnt -no FSTYPE /var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/keys")
    assert mounted.strip() == "tmpfs"


def test_a_database_goes_back_to_a_moment(lab: Lab, owner: Path) -> None:
    secret = order(lab, owner, "postgresql")
    used(lab, owner, "postgresql", secret, "create table t as select 1 as n")
    service(lab, owner, "backup", "postgresql", "--wait")
    used(lab, owner, "postgresql", secret, "insert into t values (2)")
    time.sleep(2)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(2)
    used(lab, owner, "postgresql", secret, "delete from t")
    service(lab, owner, "backup", "postgresql", "--wait")  # what was written until then is in the store, too
    service(lab, owner, "restore", "again", "--from", "postgresql", "--time", moment, "--wait")
    assert used(lab, owner, "postgresql", bind(lab, owner, "again"), "select sum(n) from t") == "3"
    assert used(lab, owner, "postgresql", secret, "select count(*) from t") == "0"


def test_a_program_answers_under_its_name(lab: Lab, owner: Path, tmp_path: Path) -> None:
    """From outside, with the site's authority; somebody else's name is not answered."""
    image = f"{REGISTRY}/node-exporter:v1.12.1"  # a program that serves HTTP without being told anything
    wish = ["--offering", "web", "--plan", "small", "--image", image, "--port", "9100", "--host", HOST]
    service(lab, owner, "create", "front", *wish, "--unprotected", "--wait")
    authority = tmp_path / "ca.crt"
    authority.write_text(lab.get("configmap", "govcloud-ca", "-n", "dept-tax", kubeconfig=owner)["data"]["ca.crt"])

    def asked(host: str) -> str:
        at = ["--resolve", f"{host}:{HTTPS_PORT}:{WORKER}", "--cacert", str(authority)]
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *at, f"https://{host}:{HTTPS_PORT}/"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout

    eventually(lambda: asked(HOST) == "200", 30, "it answers")
    assert asked(f"other.{WHERE}.{labels.APPS_DOMAIN}") != "200"
