"""An order -> the objects of one gateway in the tenant's namespace. Pure.

No secret of the gateway is among them; how it gets one is told in `agreement`.
"""

from __future__ import annotations

from govcloud_api import quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_operators.services import server
from govcloud_operators.services.bucket import agreement, prepare
from govcloud_operators.services.driver import Order
from govcloud_operators.services.s3 import gateway

PORT = 7070
ADMIN_PORT = PORT + 1
"""Where keys are made and ended, with limits of its own: whoever fills the other port does not outlive a revoke."""
OPERATOR = "govcloud_operator"
"""Access key of the gateway's administrator."""
MEMORY_PERCENT = 80
"""Of the container's memory: near this the server collects its garbage instead of growing."""
MAX_CONNECTIONS = 1000
REQUEST_BYTES = 3 * 1024 * 1024
"""Memory that one request may take at once: a buffer of 1 MiB for its content, and what TLS and the protocol need."""
FOLDERS = {"data": "/data", "tls": "/tls"}
KEYS = "keys"
"""Volume in memory with the administrator's secret key, and the container that makes it."""
KEYS_FOLDER = "/keys"
KEYS_FILE = "gateway.env"
MESSAGE = "/dev/termination-log"
"""Where Kubernetes looks for a container's last words."""
HEALTH = "/health"


def stages(order: Order) -> list[list[Object]]:
    """Volume and network policy, then the server and the way in."""
    return [[server.claim(order), network_policy(order)], [service(order), stateful_set(order)]]


def refs(order: Order) -> list[Ref]:
    """Everything that can be there; removed from the last to the first."""
    return [ref_of(obj) for stage in stages(order) for obj in stage]


def network_policy(order: Order) -> Object:
    """The operator gets in, at both ports."""
    body = server.network_policy(order, PORT)
    body["spec"]["ingress"][0]["ports"].append({"protocol": "TCP", "port": ADMIN_PORT})
    return body


def service(order: Order) -> Object:
    """The name that programs call, and the operator."""
    body = server.service(order, "s3", PORT)
    body["spec"]["ports"] += server.service(order, "admin", ADMIN_PORT)["spec"]["ports"]
    return body


def bucket(order: Order) -> str:
    """The one bucket of the instance."""
    return order.name


def folders_to_make(data: str) -> list[str]:
    """Folders on the volume: accounts, and buckets."""
    return [f"{data}/accounts", f"{data}/objects"]


def command(
    order: Order, folders: dict[str, str] = FOLDERS, address: str = f":{PORT}", admin: str = f":{ADMIN_PORT}"
) -> list[str]:
    """The gateway with its arguments: encrypted only, no ACLs, and no cache of accounts, so that an end is at once."""
    accounts, objects = folders_to_make(folders["data"])
    requests = max(16, quantity.size_bytes(order.plan.memory) * MEMORY_PERCENT // 100 // REQUEST_BYTES)
    return [
        "versitygw",
        f"--port={address}",
        f"--cert={folders['tls']}/tls.crt",
        f"--key={folders['tls']}/tls.key",
        f"--admin-port={admin}",
        f"--admin-cert={folders['tls']}/tls.crt",
        f"--admin-cert-key={folders['tls']}/tls.key",
        f"--access={OPERATOR}",
        f"--region={gateway.REGION}",
        f"--iam-dir={accounts}",
        "--iam-cache-disable",
        "--disable-acl",
        f"--health={HEALTH}",
        # More than this is told to come again (503 SlowDown), which clients do by themselves.
        f"--max-requests={requests}",
        f"--max-connections={MAX_CONNECTIONS}",
        "--keep-alive",
        "--quiet",
        "posix",
        objects,
    ]


def stateful_set(order: Order) -> Object:
    """The server. It reads its certificate only when it starts, so a new one starts it again."""
    settings = [*command(order), order.certificate_id]
    body = server.stateful_set(order, _gateway(order), {KEYS: _in_memory()}, settings)
    body["spec"]["template"]["spec"]["initContainers"] = [_keys(order)]
    return body


def helper_image(order: Order) -> str:
    """That of the server as it stands, while its version stays: a new release of the platform restarts no gateway."""
    found = order.live.get(server.server_ref(order))
    if found is None or server.applied_version(order) != order.version:
        return order.helper_image
    before = found["spec"]["template"]["spec"].get("initContainers") or []
    return str(before[0]["image"]) if before else order.helper_image


def _gateway(order: Order) -> Object:
    memory = quantity.size_bytes(order.plan.memory) * MEMORY_PERCENT // 100
    secret = {"fileKeyRef": {"volumeName": KEYS, "path": KEYS_FILE, "key": prepare.VARIABLE}}
    probe = {"httpGet": {"path": HEALTH, "port": "s3", "scheme": "HTTPS"}, "timeoutSeconds": 3}
    return server.container(order, "server", FOLDERS) | {
        "command": command(order),
        "env": [
            {"name": prepare.VARIABLE, "valueFrom": secret},
            {"name": "GOMEMLIMIT", "value": str(memory)},
        ],
        "ports": [
            {"name": "s3", "containerPort": PORT, "protocol": "TCP"},
            {"name": "admin", "containerPort": ADMIN_PORT, "protocol": "TCP"},
        ],
        "startupProbe": probe | {"periodSeconds": 2, "failureThreshold": 150},
        "readinessProbe": probe | {"periodSeconds": 5, "failureThreshold": 3},
        "livenessProbe": probe | {"periodSeconds": 20, "failureThreshold": 6},
    }


def _keys(order: Order) -> Object:
    halves = agreement.public(agreement.operator_key(order.secret))
    arguments = [halves, f"{KEYS_FOLDER}/{KEYS_FILE}", MESSAGE, *folders_to_make(FOLDERS["data"])]
    made = server.container(order, KEYS, {"data": FOLDERS["data"]})
    return made | {
        "image": helper_image(order),
        "command": ["python3", "-m", prepare.__name__, *arguments],
        "volumeMounts": [*made["volumeMounts"], {"name": KEYS, "mountPath": KEYS_FOLDER}],
        "terminationMessagePath": MESSAGE,
        "terminationMessagePolicy": "File",
    }


def _in_memory() -> Object:
    return {"emptyDir": {"medium": "Memory", "sizeLimit": "64Ki"}}
