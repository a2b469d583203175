"""An order -> the objects of one server in the tenant's namespace. Pure."""

from __future__ import annotations

from govcloud_api import quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_operators.services import authority, server
from govcloud_operators.services.driver import Order, owned
from govcloud_operators.services.valkey import acl

PORT = 6379
MEMORY_PERCENT = 70
"""Of the container's memory for data; the rest is for connections and for the copy that rewriting the log makes."""
FOLDERS = {"data": "/data", "tls": "/tls", "config": "/etc/redis/config", "accounts": "/etc/redis/accounts"}


def stages(order: Order) -> list[list[Object]]:
    """Volume, settings and logins, then the server and the way in."""
    ground = [server.claim(order), config_map(order), accounts(order), server.network_policy(order, PORT)]
    return [ground, [server.service(order, "redis", PORT), stateful_set(order)]]


def refs(order: Order) -> list[Ref]:
    """Everything that can be there; removed from the last to the first."""
    return [ref_of(obj) for stage in stages(order) for obj in stage]


def accounts_ref(order: Order) -> Ref:
    """Secret with the ACL file."""
    return Ref("v1", "Secret", f"{order.name}-accounts", order.namespace)


def accounts(order: Order, logins: dict[str, str] | None = None) -> Object:
    """The ACL file with these logins; without any said, those that are there stay."""
    kept = acl.logins(authority.decoded(order.live.get(accounts_ref(order)), acl.FILE)) if logins is None else logins
    data = {acl.FILE: authority.encoded(acl.text(order.secret, kept))}
    return owned(order, "v1", "Secret", "-accounts", type="Opaque", data=data)


def config_map(order: Order) -> Object:
    """Settings."""
    return owned(order, "v1", "ConfigMap", data={"redis.conf": settings(order)})


def settings(order: Order, folders: dict[str, str] = FOLDERS, port: int = PORT) -> str:
    """Text of redis.conf: encrypted only, every write in a log on the volume, no login without a name."""
    lines = {
        "port": "0",
        "tls-port": str(port),
        "tls-cert-file": f"{folders['tls']}/tls.crt",
        "tls-key-file": f"{folders['tls']}/tls.key",
        "tls-ca-cert-file": f"{folders['tls']}/ca.crt",
        "tls-auth-clients": "no",
        "tls-protocols": '"TLSv1.2 TLSv1.3"',
        "aclfile": f"{folders['accounts']}/{acl.FILE}",
        "protected-mode": "no",
        "dir": folders["data"],
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory": str(quantity.size_bytes(order.plan.memory) * MEMORY_PERCENT // 100),
        # Only values that have a time to live make room; the others are data, and a full server says so.
        "maxmemory-policy": "volatile-lru",
        "maxclients": "1000",
        "tcp-keepalive": "60",
        "logfile": '""',
    }
    return "".join(f"{key} {value}\n" for key, value in lines.items())


def stateful_set(order: Order) -> Object:
    """The server. Logins are no part of its settings: they change while it runs."""
    # Without a login every command is refused; an answer is all that is asked for.
    ask = ["redis-cli", "--tls", "--cacert", f"{FOLDERS['tls']}/ca.crt", "-h", "127.0.0.1", "-p", str(PORT), "ping"]
    probe = {"exec": {"command": ask}, "timeoutSeconds": 5}
    container = server.container(order, "server", FOLDERS) | {
        "command": ["redis-server", f"{FOLDERS['config']}/redis.conf"],
        "ports": [{"name": "redis", "containerPort": PORT, "protocol": "TCP"}],
        "readinessProbe": probe | {"periodSeconds": 5, "failureThreshold": 3},
        "livenessProbe": probe | {"periodSeconds": 20, "failureThreshold": 6},
    }
    volumes: dict[str, Object] = {
        "config": {"configMap": {"name": order.name}},
        "accounts": {"secret": {"secretName": accounts_ref(order).name, "defaultMode": 0o440}},
    }
    return server.stateful_set(order, container, volumes, [settings(order)])
