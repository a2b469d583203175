"""The real Traefik with the arguments of its Deployment, on the real API server: one request all the way through."""

from __future__ import annotations

import functools
import http.client
import json
import os
import shlex
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from govcloud_api import labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_operators.services import authority
from support import apiserver, manifests, tenancy
from support.apiserver import ApiServer

NAMESPACE = "tax-traefik-test"
HOST = f"web.{NAMESPACE}.{labels.APPS_DOMAIN}"
BACKEND = f"web.{NAMESPACE}.svc.cluster.local"
MANIFEST = Path(__file__).parents[3] / "operators" / "deploy" / "50-ingress.yaml"


class Program(BaseHTTPRequestHandler):
    """Says which host it was asked for."""

    def do_GET(self) -> None:
        body = json.dumps({"host": self.headers["Host"], "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture(scope="module")
def program() -> Iterator[int]:
    """A program of the environment on this machine; gives its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Program) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running.server_address[1]
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def ports(
    server: ApiServer,
    tax: str,
    admin: Cluster,
    as_operator: Cluster,
    program: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, int]]:
    """Traefik, with one Ingress of an environment published; gives its ports by name of the entry point."""
    marks = {labels.DEPARTMENT: "tax", labels.MANAGED_BY: labels.MANAGER}
    metadata = {"name": NAMESPACE, "labels": marks, "annotations": {labels.OWNER_UID: "somebody"}}
    as_operator.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    tenancy.eventually(lambda: admin.create(ingress(program)), "the Ingress is taken")
    folder = tmp_path_factory.mktemp("traefik")
    (folder / "hosts").write_text(f"127.0.0.1 localhost {BACKEND}\n")
    (folder / "token").write_text(token(admin))
    found = {name: apiserver.free_port() for name in ("web", "websecure", "ping")}
    # Its own view of /etc/hosts stands in for the cluster's DNS.
    line = f"mount --bind {folder / 'hosts'} /etc/hosts && exec {shlex.join(command(server, folder, found))}"
    environ = {"PATH": os.environ["PATH"]}
    with apiserver.process(["unshare", "--mount", "sh", "-c", line], folder / "traefik.log", environ) as child:
        tenancy.eventually(lambda: answers(found["ping"]), "Traefik answers", seconds=60)
        yield found
        assert child.poll() is None, (folder / "traefik.log").read_text()[-3000:]


def command(server: ApiServer, folder: Path, found: dict[str, int]) -> list[str]:
    """The Deployment's arguments with ports of this machine and the way to the API server from outside."""
    deployment = next(obj for obj in manifests.objects(MANIFEST) if obj["kind"] == "Deployment")
    given: list[str] = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    inside = {"web": 8080, "websecure": 8443, "ping": 8082}
    for name, port in inside.items():
        flag = f"--entrypoints.{name}.address="
        assert f"{flag}:{port}" in given
        given = [f"{flag}127.0.0.1:{found[name]}" if argument.startswith(flag) else argument for argument in given]
    outside = "--providers.kubernetesingress."
    return [
        str(apiserver.binary("traefik")),
        *given,
        f"{outside}endpoint={server.url}",
        f"{outside}token={(folder / 'token').read_text()}",
        f"{outside}certauthfilepath={server.authority.certificate}",
    ]


def token(admin: Cluster) -> str:
    """A token of Traefik's own account, as the kubelet gets it."""
    path = f"/api/v1/namespaces/{labels.INGRESS_NAMESPACE}/serviceaccounts/traefik/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    return str(json.loads(admin.raw("POST", path, body))["status"]["token"])


def ingress(port: int) -> Object:
    backend = {"service": {"name": "web", "port": {"number": port}}}
    rule = {"host": HOST, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "govcloud", "rules": [rule]}
    metadata = {"name": "web", "namespace": NAMESPACE}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def answers(port: int) -> bool:
    try:
        return fetch(port, "localhost", "/ping")[0] == 200
    except OSError:
        return False


def fetch(port: int, host: str, path: str, context: ssl.SSLContext | None = None) -> tuple[int, str, str]:
    """(status, body, Location) of one request that names `host`, encrypted when a context is given."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    if context is not None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sock = context.wrap_socket(plain, server_hostname=host)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    finally:
        connection.close()


@pytest.fixture(scope="module")
def trusting(admin: Cluster, ports: dict[str, int]) -> ssl.SSLContext:
    """A client of the site: it trusts the services' authority and nobody else."""
    ref = Ref("v1", "Secret", f"tls.{NAMESPACE}", labels.INGRESS_NAMESPACE)
    found = tenancy.eventually(lambda: admin.get(ref), "the operator makes a certificate", seconds=60)
    return ssl.create_default_context(cadata=authority.decoded(found, "ca.crt"))


def is_served(port: int, trusting: ssl.SSLContext) -> bool:
    try:
        return fetch(port, HOST, "/", trusting)[0] == 200
    except OSError:
        return False


def test_a_request_gets_through_under_a_certificate_of_the_site(
    ports: dict[str, int], trusting: ssl.SSLContext
) -> None:
    tenancy.eventually(functools.partial(is_served, ports["websecure"], trusting), "the route is there", seconds=60)
    status, body, _ = fetch(ports["websecure"], HOST, "/some/path?x=1", trusting)
    assert (status, json.loads(body)) == (200, {"host": HOST, "path": "/some/path?x=1"})


def test_without_encryption_one_is_sent_to_where_there_is(ports: dict[str, int]) -> None:
    status, _, location = fetch(ports["web"], HOST, "/some/path")
    assert status in (301, 308)
    assert location == f"https://{HOST}:30443/some/path"


def test_other_names_are_nobodys(ports: dict[str, int]) -> None:
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    assert fetch(ports["websecure"], "other.example.org", "/", blind)[0] == 404
    assert fetch(ports["websecure"], "other.example.org", "/dashboard/", blind)[0] == 404
    assert fetch(ports["websecure"], "other.example.org", "/api/rawdata", blind)[0] == 404


def test_what_is_taken_back_is_served_no_more(ports: dict[str, int], admin: Cluster, trusting: ssl.SSLContext) -> None:
    tenancy.eventually(functools.partial(is_served, ports["websecure"], trusting), "the route is there", seconds=60)
    admin.delete(Ref("networking.k8s.io/v1", "Ingress", "web", NAMESPACE))
    started = time.monotonic()
    tenancy.eventually(lambda: not is_served(ports["websecure"], trusting), "the route is gone", seconds=20)
    assert time.monotonic() - started < 20
