"""A lab with one control plane and one with three: made, grown, compared, removed."""

import statistics
import time
from collections.abc import Iterator
from functools import partial

from tests.bench import peer, usage
from tests.bench.figure import Figure, figure, seconds
from tests.support import lab as labs
from tests.support import lab_run

_AGAIN = 3
_REQUESTS = 3
_SETTLE_SECONDS = 60
_NODES = ("cp1", "w1", "w2")


def one_control_plane() -> Iterator[Figure]:
    """One lab from nothing to idle, with a department's requests, growth and peers in between."""
    with lab_run.running() as lab:
        how = "`govcloud deploy` and `govcloud health` of 1 + 2 nodes, bundle built"
        yield figure("deploy, from nothing", seconds(lambda: _healthy(lab)), "s", 240, how)
        yield from _requests(lab)
        yield from _idle(lab)  # before more runs: files that they compare stay in the page cache
        yield _again(lab)
        yield from _workers(lab)
        yield from peer.ansible_defaults(lab)
        yield from peer.by_hand(lab)
        took = seconds(lambda: lab.govcloud("destroy", str(lab.site), "--confirm", lab.name))
        yield figure("destroy", took, "s", 30, "`govcloud destroy` of 1 + 2 nodes")


def three_control_planes() -> Iterator[Figure]:
    """The lab that outlives any one machine."""
    with lab_run.running(labs.THREE) as lab:
        how = "`govcloud deploy` and `govcloud health` of 3 + 2 nodes, bundle built"
        yield figure("deploy of three control planes", seconds(lambda: _healthy(lab)), "s", 480, how)
        lost = next(name for name in ("cp1", "cp2", "cp3") if _holds(lab, name))
        lab.cut_power(lost)
        took = seconds(lambda: labs.eventually(lambda: _writes(lab), 90, "a write"))
        how = "power of the machine that holds the address cut, until a write through it succeeds"
        yield figure("loss of the address' holder", took, "s", 30, how)


def _healthy(lab: labs.Lab) -> None:
    lab.govcloud("deploy", str(lab.site))
    lab.govcloud("health", str(lab.site))


def _again(lab: labs.Lab) -> Figure:
    took = sorted(seconds(lambda: lab.govcloud("deploy", str(lab.site))) for _ in range(_AGAIN))
    how = f"`govcloud deploy` again, no changes; median of {_AGAIN} runs ({took[0]:.1f} to {took[-1]:.1f} s)"
    return figure("deploy, nothing to do", statistics.median(took), "s", 45, how)


def _requests(lab: labs.Lab) -> Iterator[Figure]:
    member = lab.member("tax")
    times = []
    for number in range(_REQUESTS):
        wish = ["--product", f"bench{number}", "--purpose", "sandbox", "--why", "measure"]
        arguments = ["env", "request", str(lab.site), "--kubeconfig", str(member), *wish, "--wait"]
        times.append(seconds(partial(lab.govcloud, *arguments)))
    how = f"slowest of {_REQUESTS} runs of `govcloud env request --wait` with a member's credentials, probe included"
    yield figure("request to Ready", max(times), "s", 15, how)


def _idle(lab: labs.Lab) -> Iterator[Figure]:
    time.sleep(_SETTLE_SECONDS)
    how = f"working set of the three machines' control groups, {_SETTLE_SECONDS} s after the last request"
    yield figure("lab, idle: memory", usage.working_set_bytes(lab.name, _NODES) / 2**30, "GiB", 3.5, how)
    cores = usage.cpu_cores(lab.name, _NODES, _SETTLE_SECONDS)
    how = f"processor time of the three machines' control groups, average of {_SETTLE_SECONDS} s"
    yield figure("lab, idle: processor", cores, "cores", 0.5, how)


def _workers(lab: labs.Lab) -> Iterator[Figure]:
    for name, number, others in (("w3", 14, 2), ("w4", 15, 3)):
        words = [name, str(lab.site), "--role", "worker", "--address", f"{labs.ONE.network}.0.{number}"]
        took = seconds(partial(lab.govcloud, "node", "add", *words))
        yield figure(f"one more worker beside {others}", took, "s", 75, "`govcloud node add`, until all is healthy")
    for name in ("w4", "w3"):
        lab.govcloud("node", "remove", name, str(lab.site), "--confirm", name)


def _holds(lab: labs.Lab, name: str) -> bool:
    number = {"cp1": 11, "cp2": 12, "cp3": 13}[name]
    network = labs.THREE.network
    return f"inet {network}.0.10/" in lab.ssh(f"{network}.0.{number}", "ip -4 address show")


def _writes(lab: labs.Lab) -> bool:
    arguments = ["--request-timeout=2s", "-n", "default", "create", "configmap", f"at-{time.time_ns()}"]
    return lab.try_kubectl(*arguments).returncode == 0
