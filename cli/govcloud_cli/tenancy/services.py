"""Services of environments: order, look, restore, delete."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from govcloud_api import conditions, labels, requests, summaries
from govcloud_api.errors import InvalidSpec
from govcloud_cli.output import table
from govcloud_cli.tenancy import following, places, words
from govcloud_kube.cluster import Cluster, Object, Ref, ref_of

if TYPE_CHECKING:
    from govcloud_cli.tables import Rows

INSTANCE = "ServiceInstance"
_FAILED = frozenset(
    {
        "ConfigurationWrong",
        "DataClassTooHigh",
        "InvalidOrder",
        "InvalidVersion",
        "NoSuchOffering",
        "NoSuchPlan",
        "QuotaExceeded",
        "Refused",
        "RestoreFailed",
        "Suspended",
    }
)
"""Reasons of `Ready` after which somebody must do something first."""


def order(cluster: Cluster, wanted: requests.Order, *, dry_run: bool) -> Object:
    """Create the instance, after a look at the catalogue. Raises InvalidSpec for what cannot be had."""
    offering = places.named(cluster, "ServiceOffering", wanted.offering, None)
    plans = [plan["name"] for plan in offering["spec"]["plans"]]
    versions = [version["version"] for version in offering["spec"].get("versions") or []]
    wrong = [] if wanted.plan in plans else [f"plan: there is no {wanted.plan}; choose from {', '.join(plans)}"]
    if wanted.version not in (None, *versions):
        wrong.append(f"version: there is no {wanted.version}; choose from {', '.join(versions) or 'none'}")
    if offering["spec"]["driver"] == "web" and not wanted.web:
        wrong.append("image: is missing; a web program needs --image")
    if wrong:
        raise InvalidSpec(f"{wanted.offering} cannot be had like that: {'; '.join(wrong)}")
    return cluster.create(requests.build_instance(wanted), dry_run=dry_run)


def restored(source: Object, name: str, moment: str | None) -> requests.Order:
    """The order of a new instance that starts as a copy of `source`."""
    spec, backup = source["spec"], source["spec"].get("backup") or {}
    return requests.Order(
        namespace=source["metadata"]["namespace"],
        name=name,
        offering=spec["offeringRef"],
        plan=spec["plan"],
        version=((source.get("status") or {}).get("version") or {}).get("applied") or spec.get("version"),
        backup_hour=backup.get("hour"),
        retention_days=backup.get("retentionDays"),
        restore_instance=source["metadata"]["name"],
        restore_time=moment,
        protected=bool(spec.get("deletionProtection", True)),
    )


def wait(cluster: Cluster, instance: Object) -> Object:
    """Follow an instance until it is ready, or will not be."""
    return following.until(
        cluster,
        ref_of(instance),
        "service",
        served=lambda found: summaries.summarize(found).ready,
        given_up=lambda found: summaries.summarize(found).phase in _FAILED,
    )


def want_backup(cluster: Cluster, instance: Object, now: datetime) -> Object:
    """Ask for one more backup, beginning now; the instance as it is then.

    Raises InvalidSpec for a service that makes none, or cannot make one as long as it stands still.
    """
    name, phase = instance["metadata"]["name"], summaries.summarize(instance).phase
    if conditions.find(instance, "BackupRecent") is None:
        raise InvalidSpec(f"{name} makes no backups, or has not started yet (it is {phase}): look with service show")
    if phase == "Suspended":
        raise InvalidSpec(f"{name} rests with its environment; its data is kept, and a backup waits until it runs")
    metadata = {key: instance["metadata"][key] for key in ("name", "namespace", "uid")}
    known = (instance.get("status") or {}).get("lastBackup")
    # By a clock that goes behind, the backup that is there would be taken for the one that is asked for.
    since = max(now, conditions.parse_timestamp(known) + timedelta(seconds=1)) if known else now
    wish = {"annotations": {labels.BACKUP_REQUESTED: conditions.timestamp(since)}}
    body = {"apiVersion": labels.API_VERSION, "kind": INSTANCE, "metadata": metadata | wish}
    return cluster.apply(body, field_manager=_BACKUP_FIELD_MANAGER)


_BACKUP_FIELD_MANAGER = f"{labels.CLI_FIELD_MANAGER}-backup"
"""Of its own: what else the command line states of an instance stays as it is."""


def has_wanted_backup(instance: Object) -> bool:
    """Is there a backup of after the moment from which one is asked for?"""
    since = (instance["metadata"].get("annotations") or {}).get(labels.BACKUP_REQUESTED, "")
    return bool(str((instance.get("status") or {}).get("lastBackup") or "") >= since)


def wait_for_backup(cluster: Cluster, instance: Object) -> Object:
    """Follow an instance until the backup that is asked for is there, or cannot come."""
    return following.until(
        cluster,
        ref_of(instance),
        "backup",
        served=has_wanted_backup,
        given_up=lambda found: summaries.summarize(found).phase in _FAILED,
    )


def backup_text(instance: Object) -> str:
    """Whether it is there."""
    where = f"{instance['metadata']['namespace']}/{instance['metadata']['name']}"
    if has_wanted_backup(instance):
        return f"service {where}: backed up at {instance['status']['lastBackup']}"
    since = instance["metadata"]["annotations"][labels.BACKUP_REQUESTED]
    return f"service {where}: a backup is asked for, beginning after {since}; look with service show"


def delete(cluster: Cluster, instance: Object) -> None:
    """Lift the protection and delete, exactly this instance."""
    metadata = instance["metadata"]
    if instance["spec"].get("deletionProtection", True):
        exactly = {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}
        change = {"apiVersion": labels.API_VERSION, "kind": INSTANCE, "metadata": exactly}
        cluster.apply(change | {"spec": {"deletionProtection": False}}, field_manager=labels.CLI_FIELD_MANAGER)
    cluster.delete(ref_of(instance), uid=metadata["uid"])


def bindings_of(cluster: Cluster, instance: Object) -> list[Object]:
    """Who may use it."""
    found = places.readable(cluster, "ServiceBinding", instance["metadata"]["namespace"]) or []
    return [item for item in found if item["spec"]["instanceRef"] == instance["metadata"]["name"]]


def web(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a web program is, in wire form; None when no image was named. Raises UsageError for a wrong variable."""
    if not options.get("image"):
        return None
    least, most = replicas(options.get("replicas") or "1")
    given = {
        "image": options["image"],
        "port": options.get("port"),
        "host": options.get("host"),
        "healthPath": options.get("health_path"),
        "minReplicas": least,
        "maxReplicas": most,
        "variables": [*map(_variable, options.get("variables") or ()), *map(_secret, options.get("secrets") or ())],
    }
    return {key: value for key, value in given.items() if value is not None}


def replicas(text: str) -> tuple[int, int]:
    """`2` -> (2, 2), `2-5` -> (2, 5). Raises UsageError."""
    least, _, most = text.partition("-")
    if not least.isdecimal() or not (most or least).isdecimal():
        raise click.UsageError(f"--replicas {text}: write a number, or two with a dash between: 2-5")
    return int(least), int(most or least)


def _variable(text: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: write NAME=VALUE")
    return {"name": name, "value": value}


def _secret(text: str) -> dict[str, str]:
    name, _, place = text.partition("=")
    secret, slash, key = place.partition("/")
    if not slash:
        raise click.UsageError(f"--secret {text}: write NAME=SECRET/KEY, the key of a Secret in the environment")
    return {"name": name, "secretName": secret, "secretKey": key}


def listing_text(found: Sequence[Object]) -> str:
    """A table, or a sentence when there is nothing."""
    if not found:
        return "no services yet; `govcloud catalog ls` shows what can be ordered"
    rows: Rows = []
    for item in found:
        summary, status, spec = summaries.summarize(item), item.get("status") or {}, item["spec"]
        version = (status.get("version") or {}).get("applied") or spec.get("version") or "-"
        what = (item["metadata"]["namespace"], item["metadata"]["name"], spec["offeringRef"], spec["plan"], version)
        rows.append(
            (*what, summary.phase, _endpoint(status), status.get("lastBackup") or "-", summary.waiting_on or "-")
        )
    return table(
        ("NAMESPACE", "NAME", "OFFERING", "PLAN", "VERSION", "PHASE", "ENDPOINT", "LAST BACKUP", "WAITING ON"), rows
    )


def instance_text(item: Object, bindings: Sequence[Object] = ()) -> str:
    """Everything about one instance, and who may use it."""
    summary, status, spec = summaries.summarize(item), item.get("status") or {}, item["spec"]
    version = status.get("version") or {}
    lines = [
        f"service {item['metadata']['namespace']}/{item['metadata']['name']}: {spec['offeringRef']} {spec['plan']}",
        f"phase: {summary.phase}",
        *_said("waiting on", summary.waiting_on),
        *_said("version", _versions(version)),
        *_said("endpoint", _endpoint(status).strip("-")),
        *_said("last backup", status.get("lastBackup")),
        *_said("can be restored from", status.get("oldestRestore")),
        *_said("price", f"{words.money(status['monthlyCents'])} a month" if "monthlyCents" in status else ""),
        *([] if status.get("message") == summary.waiting_on else _said("message", status.get("message"))),
        *[f"problem: {problem}" for problem in summary.problems],
    ]
    return "\n".join([*lines, *_bindings(bindings)])


def _bindings(found: Sequence[Object]) -> list[str]:
    if not found:
        return []
    rows: Rows = []
    for item in found:
        summary, status = summaries.summarize(item), item.get("status") or {}
        who = item["spec"].get("requestedBy") or "-"
        used = status.get("lastUsed") or "-"
        rows.append(
            (
                item["metadata"]["name"],
                item["spec"].get("role", "rw"),
                who,
                summary.phase,
                summary.expires_at or "-",
                used,
            )
        )
    return [table(("BINDING", "ROLE", "WHO", "PHASE", "ENDS", "LAST USED"), rows)]


def _said(name: str, value: object) -> list[str]:
    return [f"{name}: {value}"] if value else []


def _versions(version: Mapping[str, str]) -> str:
    desired, applied = version.get("desired", ""), version.get("applied") or ""
    return applied if applied == desired or not desired else f"{applied or 'none yet'}, will be {desired}"


def _endpoint(status: Mapping[str, Any]) -> str:
    found = status.get("endpoint")
    return f"{found['host']}:{found['port']}" if found else "-"


def reference(namespace: str, name: str) -> Ref:
    """Ref of an instance."""
    return Ref(labels.API_VERSION, INSTANCE, name, namespace)
