"""An order -> the objects of one server in the tenant's namespace. Pure.

No secret of NATS is among them: every key is made from the instance's secret when it is needed, and the server knows
public halves only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from govcloud_api import quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_operators.services import server
from govcloud_operators.services.driver import Order, owned
from govcloud_operators.services.nats import claims, logins, nkeys
from govcloud_operators.services.nats.logins import Logins
from govcloud_operators.services.nats.nkeys import Key

PORT = 4222
STORAGE_PERCENT = 90
"""Of the volume for streams; the rest is for what the server writes beside them."""
MEMORY_PERCENT = 85
"""Of the container's memory: near this the server collects its garbage instead of growing."""
FOLDERS = {"data": "/data", "tls": "/tls", "config": "/etc/nats"}
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""Issue time of what is the same for the instance's whole life: older than everything that the server is told later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys of one instance."""

    operator: Key
    system: Key
    account: Key


def keys(order: Order) -> Keys:
    """The same for an instance's whole life."""
    return Keys(
        operator=nkeys.derived("operator", order.secret, "operator"),
        system=nkeys.derived("account", order.secret, "system account"),
        account=nkeys.derived("account", order.secret, "account"),
    )


def stages(order: Order) -> list[list[Object]]:
    """Volume, settings and record of logins, then the server and the way in."""
    ground = [server.claim(order), config_map(order), record(order), server.network_policy(order, PORT)]
    return [ground, [server.service(order, "nats", PORT), stateful_set(order)]]


def refs(order: Order) -> list[Ref]:
    """Everything that can be there; removed from the last to the first."""
    return [ref_of(obj) for stage in stages(order) for obj in stage]


def record_ref(order: Order) -> Ref:
    """ConfigMap with the record of logins."""
    return Ref("v1", "ConfigMap", f"{order.name}-logins", order.namespace)


def recorded(found: Object | None) -> Logins:
    """Logins of the record as it is there."""
    return logins.parse(((found or {}).get("data") or {}).get(logins.FILE, ""))


def record(order: Order, wanted: Logins | None = None) -> Object:
    """The record with these logins; without any said, those that are there stay."""
    kept = recorded(order.live.get(record_ref(order))) if wanted is None else wanted
    return owned(order, "v1", "ConfigMap", "-logins", data={logins.FILE: kept.text()})


def account_claims(order: Order, known: Logins, issued: datetime = EPOCH) -> str:
    """What the server is told about the account: its room, and who is out."""
    of = keys(order)
    return claims.account(
        of.operator,
        of.account.public,
        storage_bytes=storage_bytes(order),
        revoked=known.revoked(),
        issued=issued,
    )


def storage_bytes(order: Order) -> int:
    """Room for streams."""
    return quantity.size_bytes(order.plan.storage) * STORAGE_PERCENT // 100


def config_map(order: Order) -> Object:
    """Settings."""
    return owned(order, "v1", "ConfigMap", data={"nats.conf": settings(order)})


def settings(order: Order, folders: dict[str, str] = FOLDERS, port: int = PORT) -> str:
    """Text of nats.conf. JSON, which the format includes: nothing in it can be taken for something else."""
    of = keys(order)
    body = {
        "server_name": order.name,
        "port": port,
        "max_payload": 1024 * 1024,
        "max_connections": 1000,
        "tls": {
            "cert_file": f"{folders['tls']}/tls.crt",
            "key_file": f"{folders['tls']}/tls.key",
            "timeout": 5,
        },
        "jetstream": {
            "store_dir": f"{folders['data']}/jetstream",
            "max_memory_store": 0,
            "max_file_store": storage_bytes(order),
        },
        "operator": claims.operator(of.operator, of.system.public, EPOCH),
        "system_account": of.system.public,
        # Kept on the volume: an account that was told of a revoked key stays told.
        "resolver": {"type": "full", "dir": f"{folders['data']}/accounts", "allow_delete": False, "interval": "2m"},
        "resolver_preload": {
            of.system.public: claims.system_account(of.operator, of.system.public, EPOCH),
            of.account.public: account_claims(order, Logins()),
        },
    }
    return json.dumps(body, indent=1) + "\n"


def stateful_set(order: Order) -> Object:
    """The server. Logins are no part of its settings: they change while it runs."""
    memory = quantity.size_bytes(order.plan.memory) * MEMORY_PERCENT // 100
    probe = {"tcpSocket": {"port": "nats"}, "timeoutSeconds": 3}
    container = server.container(order, "server", FOLDERS) | {
        "command": ["nats-server", "--config", f"{FOLDERS['config']}/nats.conf"],
        "env": [{"name": "GOMEMLIMIT", "value": str(memory)}],
        "ports": [{"name": "nats", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": probe | {"periodSeconds": 2, "failureThreshold": 150},
        "readinessProbe": probe | {"periodSeconds": 5, "failureThreshold": 3},
        "livenessProbe": probe | {"periodSeconds": 20, "failureThreshold": 6},
    }
    volumes: dict[str, Object] = {"config": {"configMap": {"name": order.name}}}
    return server.stateful_set(order, container, volumes, [settings(order)])
