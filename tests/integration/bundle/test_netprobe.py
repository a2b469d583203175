"""netprobe tells allowed from denied, in words a program reads."""

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from govcloud_infra.bundle import build, command, golang, host, recipe


@pytest.fixture(scope="module")
def netprobe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("netprobe")
    one = recipe.load(build.RECIPES / "netprobe")
    go = host.find_go()
    assert go is not None, "Go is needed for this test; put it on PATH"
    shell = command.Shell(component="netprobe", log=folder / "log", processes=command.Processes())
    golang.build(go, one, "netprobe", folder / "netprobe", shell)
    return folder / "netprobe"


@pytest.fixture
def served(netprobe: Path) -> Iterator[int]:
    """Port on loopback where netprobe answers."""
    port = free_port()
    with subprocess.Popen([netprobe, "serve", "--listen", f"127.0.0.1:{port}"]) as process:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port
        process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check(netprobe: Path, *targets: str) -> tuple[int, dict[str, object]]:
    done = subprocess.run([netprobe, "check", "--hold", "0s", *targets], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_all_as_expected(netprobe: Path, served: int) -> None:
    closed = free_port()
    targets = ["--allow", f"tcp:127.0.0.1:{served}", "--deny", f"tcp:127.0.0.1:{closed}", "--allow", "dns:localhost"]
    code, found = check(netprobe, *targets)
    assert (code, found["ok"]) == (0, True)
    results = found["results"]
    assert isinstance(results, list)
    assert [(r["target"], r["expect"], r["ok"]) for r in results] == [
        (f"tcp:127.0.0.1:{served}", "allow", True),
        (f"tcp:127.0.0.1:{closed}", "deny", True),
        ("dns:localhost", "allow", True),
    ]


@pytest.mark.parametrize("expect", ["allow", "deny"])
def test_one_surprise_is_a_failure(netprobe: Path, served: int, expect: str) -> None:
    port = served if expect == "deny" else free_port()
    code, found = check(netprobe, f"--{expect}", f"tcp:127.0.0.1:{port}", "--allow", f"tcp:127.0.0.1:{served}")
    assert (code, found["ok"]) == (1, False)


def test_all_targets_are_looked_at_at_once(netprobe: Path) -> None:
    silent = [argument for last in range(1, 9) for argument in ("--deny", f"tcp:192.0.2.{last}:9")]
    began = time.monotonic()
    code, _ = check(netprobe, "--timeout", "500ms", *silent)
    assert code == 0
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "arguments", [[], ["look"], ["check"], ["check", "--allow", "udp:x:1"], ["check", "--deny", "tcp:x"]]
)
def test_wrong_usage(netprobe: Path, arguments: list[str]) -> None:
    assert subprocess.run([netprobe, *arguments], capture_output=True, check=False).returncode == 2


def test_answers_http_and_anything_else_with_its_name(served: int) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{served}/any/path", timeout=5) as answer:
        assert answer.read().decode().strip() == socket.gethostname()
    with socket.create_connection(("127.0.0.1", served), timeout=5) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(300).decode().strip() == socket.gethostname()
