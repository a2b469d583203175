"""Kernel settings are made where they can be; what cannot be set is never called a change."""

from pathlib import Path
from typing import Any

import pytest

from support.modules import Ansible, EndedError, module

kernel_settings = module("kernel_settings")


@pytest.fixture
def proc_sys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net" / "ipv4").mkdir(parents=True)
    (tmp_path / "net" / "ipv4" / "tcp_syncookies").write_text("0\n")
    (tmp_path / "net" / "ipv4" / "ping_group_range").write_text("1\t0\n")
    # The kernel knows these, and takes no other value: what is written reads back as before.
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "locked").symlink_to("/dev/null")
    monkeypatch.setattr(kernel_settings, "PROC_SYS", tmp_path)
    return tmp_path


def ran(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, check_mode: bool = False) -> Any:
    """Run the module; returns what it says."""
    ansible = Ansible(params={"settings": settings}, machine=lambda _: (0, "", ""), check_mode=check_mode)
    monkeypatch.setattr(kernel_settings, "AnsibleModule", lambda **_: ansible)
    with pytest.raises(EndedError) as ended:
        kernel_settings.main()
    assert not ended.value.failed
    return ended.value.said


def test_a_setting_is_made_once(proc_sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"net.ipv4.tcp_syncookies": "1", "net.ipv4.ping_group_range": "1 0"}
    assert ran(settings, monkeypatch) == {"changed": True, "applied": ["net.ipv4.tcp_syncookies"], "refused": []}
    assert (proc_sys / "net/ipv4/tcp_syncookies").read_text().strip() == "1"
    assert ran(settings, monkeypatch) == {"changed": False, "applied": [], "refused": []}


def test_what_cannot_be_set_is_no_change_however_often(proc_sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"kernel.locked": "1", "kernel.unknown": "1"}
    for _ in range(2):
        said = ran(settings, monkeypatch)
        assert said == {"changed": False, "applied": [], "refused": ["kernel.locked", "kernel.unknown"]}
    assert not (proc_sys / "kernel" / "unknown").exists()


def test_a_dry_run_changes_nothing(proc_sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"net.ipv4.tcp_syncookies": "1", "kernel.unknown": "1"}
    said = ran(settings, monkeypatch, check_mode=True)
    assert said == {"changed": True, "applied": ["net.ipv4.tcp_syncookies"], "refused": ["kernel.unknown"]}
    assert (proc_sys / "net/ipv4/tcp_syncookies").read_text() == "0\n"
