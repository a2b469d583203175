"""What ssh-keyscan prints as keys, and a place where nothing listens."""

import socket
from pathlib import Path

import pytest

from govcloud_api.errors import ApiUnavailable
from govcloud_infra.machines import static

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    ("scanned", "keys"),
    [
        ("", []),
        ("# 192.0.2.9:22 SSH-2.0-OpenSSH\n", []),
        ("192.0.2.9 ssh-ed25519 AAAA\n", ["ssh-ed25519 AAAA"]),
        ("[192.0.2.9]:2222 ecdsa-sha2-nistp256 BB\n[192.0.2.9]:2222 ssh-ed25519 AA\n",
         ["ssh-ed25519 AA", "ecdsa-sha2-nistp256 BB"]),
        ("192.0.2.9 ssh-rsa CCCC\n192.0.2.9 ssh-ed25519\nnonsense\n", []),
    ],
)  # fmt: skip
def test_keys_are_read_best_type_first(scanned: str, keys: list[str]) -> None:
    assert static.parse(scanned) == keys


def test_a_place_where_nothing_listens_is_named_with_the_reason() -> None:
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        port = taken.getsockname()[1]
        with pytest.raises(
            ApiUnavailable, match=rf"on {HERE} port {port} \(connection refused\); see that the machine"
        ):
            static.host_keys(HERE, port)


def test_the_first_scan_that_finds_something_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "ssh-keyscan"
    tool.write_text(
        f"#!/bin/sh\n[ -e {tmp_path}/tried ] && echo \"$@\" | sed 's/.* /&ssh-ed25519 /'\n: >{tmp_path}/tried\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(static, "parse", lambda text: [text.strip()] if text.strip() else [])
    [found] = static.host_keys("192.0.2.9", 2222)
    assert found.startswith("-T 5 -t ed25519,ecdsa -p 2222 -- ssh-ed25519 192.0.2.9")
