"""From options and answers to a request, and what becomes of it: ask, let it be checked, wait."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import click

from govcloud_api import conditions, labels, requests
from govcloud_api.errors import ConfigError
from govcloud_cli.tenancy import environments, following, members, places
from govcloud_kube.cluster import Cluster, Object, Ref, ref_of

_QUOTA = ("cpu", "memory", "storage", "pods")
_SAME = (
    "product",
    "purpose",
    "size",
    "tier",
    "data_class",
    "egress",
    "why",
    "current_use",
    "tried",
    "name",
    "environment",
)
_RENAMED = {"days": "lifetime_days", "to": "transfer_to", "type": "type", "hosts": "hosts"}


def wish(home: str, said: Mapping[str, Any]) -> requests.Wish:
    """A wish from what was said by the names of the options. Raises UsageError for a member that cannot be read."""
    quota = {key: said[key] for key in _QUOTA if said.get(key) is not None}
    given = {key: said[key] for key in _SAME if said.get(key) is not None}
    given |= {field: said[key] for key, field in _RENAMED.items() if said.get(key) is not None}
    people = said.get("members")
    try:
        wire = None if people is None else [members.parse(text) for text in people]
    except ValueError as error:
        raise click.UsageError(f"--member {error}") from error
    return requests.Wish(department=places.code_of(home), quota=quota or None, members=wire, **given)


def missing(said: Mapping[str, Any], needed: tuple[str, ...]) -> list[str]:
    """Options that are needed and were not given."""
    return [key for key in needed if said.get(key) in (None, "")]


def require(said: Mapping[str, Any], needed: tuple[str, ...]) -> None:
    """Raises UsageError with everything that is missing."""
    absent = [f"--{key.replace('_', '-')}" for key in missing(said, needed)]
    if absent:
        raise click.UsageError(f"missing {', '.join(absent)}; give them, or a file of answers with -f")


def completed(cluster: Cluster, wanted: requests.Wish) -> requests.Wish:
    """Numbers that were not said are those that the environment has. Raises NotFound when it is not there."""
    if not wanted.environment:
        return wanted
    found = places.named(cluster, "Environment", wanted.environment, labels.home_namespace(wanted.department))
    if wanted.quota is None:
        return wanted
    return dataclasses.replace(wanted, quota={**found["spec"]["quota"], **wanted.quota})


def ask(cluster: Cluster, wanted: requests.Wish, *, dry_run: bool) -> Object:
    """Create the request. Raises InvalidSpec, Forbidden, NotFound as the API server decides."""
    return cluster.create(requests.build_environment_request(wanted), dry_run=dry_run)


def wait(cluster: Cluster, request: Object) -> Object:
    """Follow a request until it is served or denied, waits for a person, or time is up; as it is then."""
    return following.until(cluster, ref_of(request), "request", served=environments.is_served, given_up=_is_with_people)


def exempt(cluster: Cluster, wanted: requests.Exemption, *, dry_run: bool) -> Object:
    """Ask that a rule does not hold for an environment. Raises NotFound when it is not there."""
    places.named(cluster, "Environment", wanted.environment, labels.home_namespace(wanted.department))
    return cluster.create(requests.build_exemption(wanted), dry_run=dry_run)


def cancel(cluster: Cluster, home: str, name: str) -> Object:
    """Delete a request that nobody decided about yet. Raises NotFound, ConfigError for one that was decided."""
    found = places.named(cluster, "EnvironmentRequest", name, home)
    phase = environments.phase(found)
    if phase not in ("Pending", "PolicyChecked"):
        advice = f"give the environment back: govcloud env delete {_environment(found)}"
        raise ConfigError(f"{name} was decided already (it is {phase}) and stays as history; {advice}")
    metadata = found["metadata"]
    reference = Ref(labels.API_VERSION, "EnvironmentRequest", name, home)
    cluster.delete(reference, uid=metadata["uid"], resource_version=metadata["resourceVersion"])
    return found


def _environment(request: Object) -> str:
    reference = (request.get("status") or {}).get("environmentRef") or {}
    return str(reference.get("name") or request["spec"].get("environmentRef") or "NAME")


def _is_with_people(request: Object) -> bool:
    """Nothing more happens by itself: people must decide, a rule failed, or the answer was no."""
    checked = conditions.find(request, "PolicyChecked") is not None
    return environments.phase(request) in ("Denied", "Closed") or (
        environments.phase(request) == "PolicyChecked" and checked
    )
