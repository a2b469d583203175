"""`govcloud preflight`: this host and every machine that can be asked, looked at before anything is changed.

A lab machine that is not there yet, or off, is no problem: `deploy` makes it and powers it on.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from govcloud_api.errors import ApiUnavailable, BundleCorrupt, PreflightFailed, ToolFailed
from govcloud_infra import inventory, pki
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy import machine_playbook, preflight, reach
from govcloud_infra.deploy.context import Context
from govcloud_infra.machines import static
from govcloud_infra.site.model import Node

THIS_HOST = "this host"
UNFIT, UNREACHABLE = 4, 9
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that stands in the way; `unreachable`: the machine could not even be asked."""

    where: str
    text: str
    unreachable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`looked_at`: this host and the machines that were asked."""

    site: str
    looked_at: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> int:
        """0 fit, 4 not fit, 9 when a machine could not be asked."""
        unreachable = any(problem.unreachable for problem in self.problems)
        return UNREACHABLE if unreachable else UNFIT if self.problems else 0

    def plain(self) -> dict[str, Any]:
        """For programs."""
        problems = [{"where": item.where, "problem": item.text} for item in self.problems]
        looked_at = list(self.looked_at)
        return {"site": self.site, "ok": not self.problems, "lookedAt": looked_at, "problems": problems}

    def text(self) -> str:
        """For people."""
        named = {item.where for item in self.problems}
        good = [f"✓ {name}" for name in self.looked_at if name not in named]
        bad = [f"✗ {item.where}: {item.text}" for item in self.problems]
        return "\n".join([f"Site {self.site}", *good, *bad])


def look(context: Context, step: Step) -> Findings:
    """Everything at once; nothing is changed but for the site's own SSH key, which is made where machines need it."""
    step("look at this host")
    facts = preflight.gather(context.site, context.paths)
    found = preflight.judge(context.site, facts, context.paths.state)
    host = [Problem(where=THIS_HOST, text=text) for text in found]
    lacks = list(_without_bundle(context))
    nodes = _nodes(context)
    if not nodes or lacks or _no_ssh(facts):
        return _findings(context, (), [*host, *lacks])
    names, told = _machines(context, nodes, step)
    return _findings(context, names, [*host, *told])


def parsed(error: PreflightFailed, names: set[str]) -> list[Problem]:
    """The lines `- host: problem` of an error as problems; one without a known host stands for all. Pure."""
    lines = [line.strip().removeprefix("- ") for line in str(error).splitlines()]
    split = [(line.partition(": ")[0], line.partition(": ")[2]) for line in lines]
    known = [Problem(where=name, text=text) for name, text in split if name in names and text]
    return known or [Problem(where="machines", text=str(error))]


def _findings(context: Context, names: tuple[str, ...], problems: list[Problem]) -> Findings:
    return Findings(site=context.site.name, looked_at=(THIS_HOST, *names), problems=tuple(problems))


def _without_bundle(context: Context) -> Iterator[Problem]:
    try:
        Store(context.paths.bundle).manifest()
    except BundleCorrupt as error:
        yield Problem(where=THIS_HOST, text=str(error))


def _no_ssh(facts: preflight.Facts) -> bool:
    return bool({"ssh", "ssh-keyscan"} & set(facts.missing_tools)) or facts.unwritable is not None


def _nodes(context: Context) -> list[Node]:
    made = _known_keys(context)
    return [node for node in context.site.spec.nodes if node.provider == "static" or node.name in made]


def _known_keys(context: Context) -> dict[str, str]:
    if not context.paths.inventory.exists():
        return {}
    return {host.name: host.host_key for host in inventory.load(context.paths.inventory).hosts}


def _machines(context: Context, nodes: list[Node], step: Step) -> tuple[tuple[str, ...], list[Problem]]:
    step(f"look for {len(nodes)} machines")
    keys, silent = _host_keys(context, nodes)
    lab = {node.name for node in nodes if node.provider == "nspawn"}
    with tempfile.TemporaryDirectory() as folder:
        access = _access(context, Path(folder))
        blank = dict.fromkeys((node.name for node in context.site.spec.nodes), "")
        hosts = tuple(host for host in inventory.made(context.site, blank | keys).hosts if host.name in keys)
        if not hosts:
            return (), silent
        made = inventory.Inventory(site=context.site.name, hosts=hosts)
        access.known_hosts.write_text(inventory.known_hosts(made))
        shut = reach.knock(reach.doors(hosts, access))
        silent += [Problem(where=name, text=text, unreachable=True) for name, text in shut.items() if name not in lab]
        fit = tuple(host for host in hosts if host.name not in shut)
        names = tuple(host.name for host in fit)
        return names, [*silent, *(_unfit(context, made.model_copy(update={"hosts": fit}), access, step) if fit else [])]


def _unfit(context: Context, made: inventory.Inventory, access: inventory.SshAccess, step: Step) -> list[Problem]:
    try:
        machine_playbook.look(context, made, machine_playbook.PREFLIGHT, step, access)
    except PreflightFailed as error:
        return parsed(error, {host.name for host in made.hosts})
    except ApiUnavailable as error:
        return [Problem(where="machines", text=str(error), unreachable=True)]
    except ToolFailed as error:
        return [Problem(where="machines", text=str(error))]
    return []


def _host_keys(context: Context, nodes: list[Node]) -> tuple[dict[str, str], list[Problem]]:
    keys, silent, known = {}, [], _known_keys(context)
    for node in nodes:
        key = known.get(node.name) or node.host_key
        try:
            keys[node.name] = key or static.host_keys(str(node.address), context.site.spec.ssh.port)[0]
        except ApiUnavailable as error:
            silent.append(Problem(where=node.name, text=str(error), unreachable=True))
    return keys, silent


def _access(context: Context, folder: Path) -> inventory.SshAccess:
    found = inventory.ssh_access(context.site, context.site_file, context.paths)
    if found.private_key == context.paths.ssh_key:
        pki.ensure_ssh_key(context.paths.ssh_key)
    return replace(found, known_hosts=folder / "known_hosts")
