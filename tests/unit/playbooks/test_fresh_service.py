"""A service runs with the files it has now; what it needs follows from the world, so a killed run loses nothing."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from string import ascii_letters, printable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.modules import Ansible, Answer, EndedError, module

fresh_service = module("fresh_service")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", {}),
        ("ActiveState=active\nUnitFileState=enabled\n", {"ActiveState": "active", "UnitFileState": "enabled"}),
        ("UnitFileState=\n", {"UnitFileState": ""}),
        ("ExecStart={ argv[]=a --b=c }\n\nno property\n", {"ExecStart": "{ argv[]=a --b=c }"}),
    ],
    ids=["nothing", "two", "an empty value", "a value with equal signs"],
)
def test_parse(text: str, result: dict[str, str]) -> None:
    assert fresh_service.parse(text) == result


@settings(max_examples=25)
@given(st.dictionaries(st.text(ascii_letters, min_size=1, max_size=9), st.text(printable.split(" ")[0], max_size=9)))
def test_what_systemctl_writes_is_read_back(properties: dict[str, str]) -> None:
    text = "".join(f"{key}={value}\n" for key, value in properties.items())
    assert fresh_service.parse(text) == properties


def put_at(file: Path) -> float:
    return file.stat().st_ctime


def test_the_newest_file_counts(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("program", "settings", "unit")]
    for file in files:
        file.write_text("text")
    assert fresh_service.newest(files) == max(map(put_at, files))
    assert fresh_service.newest(files[:1]) == put_at(files[0])


def test_what_counts_is_when_a_file_was_put_there_not_how_old_its_content_is(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.write_text("text")
    os.utime(file, (0, 0))
    assert fresh_service.newest([file]) == put_at(file) > 0


def test_a_folder_means_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a", "b"):
        (tmp_path / "folder" / name).write_text("text")
    found = fresh_service.newest([tmp_path / "folder"])
    assert found == max(put_at(tmp_path / "folder" / name) for name in ("a", "b"))


def test_absent_files_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert fresh_service.newest([]) == 0.0
    assert fresh_service.newest([tmp_path / "none", tmp_path / "empty"]) == 0.0
    (tmp_path / "unit").write_text("text")
    assert fresh_service.newest([tmp_path / "none", tmp_path / "unit"]) == put_at(tmp_path / "unit")


BOOT = 1_000_000.0


@pytest.mark.parametrize(
    ("active", "entered_us", "changed_at", "start", "wanted"),
    [
        ("inactive", 0, 0.0, True, "start"),
        ("inactive", 0, 0.0, False, "none"),
        ("inactive", 0, BOOT + 9, False, "none"),
        ("inactive", 50_000_000, BOOT + 9, True, "start"),
        ("failed", 50_000_000, 0.0, True, "start"),
        ("failed", 50_000_000, BOOT + 60, False, "none"),
        ("deactivating", 50_000_000, 0.0, True, "start"),
        ("active", 50_000_000, BOOT + 49.999, True, "none"),
        ("active", 50_000_000, BOOT + 50, True, "none"),
        ("active", 50_000_000, BOOT + 50.001, True, "restart"),
        ("active", 50_000_000, BOOT + 50.001, False, "restart"),
        ("active", 50_000_000, BOOT - 9, True, "none"),
        ("active", 50_000_000, 0.0, True, "none"),
        ("reloading", 50_000_000, BOOT + 51, True, "restart"),
        ("reloading", 50_000_000, BOOT + 49, True, "none"),
        ("activating", 0, BOOT + 1, True, "restart"),
        ("activating", 0, BOOT + 1, False, "restart"),
        ("activating", 0, BOOT - 1, True, "none"),
        ("activating", 50_000_000, BOOT + 49, True, "none"),
        ("activating", 50_000_000, BOOT + 51, True, "restart"),
    ],
)
def test_action(active: str, entered_us: int, changed_at: float, start: bool, wanted: str) -> None:
    state = {"ActiveState": active, "InactiveExitTimestampMonotonic": str(entered_us)}
    assert fresh_service.action(state, changed_at, BOOT, start=start) == wanted


@dataclass(slots=True, kw_only=True)
class Systemd:
    """One service. It runs with the text that its file had when it was started."""

    file: Path
    active: str = "inactive"
    enabled: bool = False
    entered_seconds: float = 0.0
    runs_with: str = ""
    unit_read: str = ""

    def __call__(self, words: list[str]) -> Answer:
        program, verb, *rest = words
        assert program == "systemctl"
        if verb == "show":
            return 0, self._shown(), ""
        if verb == "enable":
            self.enabled = True
        elif verb == "daemon-reload":
            self.unit_read = self.file.read_text()
        else:
            assert (verb, rest) in [("start", ["kubelet"]), ("restart", ["kubelet"])]
            self.active, self.entered_seconds, self.runs_with = "active", time.monotonic(), self.unit_read
        return 0, "", ""

    def _shown(self) -> str:
        state = "enabled" if self.enabled else "disabled"
        entered_us = int(self.entered_seconds * 1e6)
        return f"ActiveState={self.active}\nUnitFileState={state}\nInactiveExitTimestampMonotonic={entered_us}\n"


@pytest.fixture
def service(tmp_path: Path) -> Systemd:
    file = tmp_path / "kubelet.service"
    file.write_text("one")
    return Systemd(file=file)


def ran(service: Systemd, monkeypatch: pytest.MonkeyPatch, *, start: bool = True, check_mode: bool = False) -> Any:
    """Run the module; returns what it says."""
    params = {"name": "kubelet", "files": [str(service.file)], "start": start, "enable": True}
    ansible = Ansible(params=params, machine=service, check_mode=check_mode)
    monkeypatch.setattr(fresh_service, "AnsibleModule", lambda **_: ansible)
    with pytest.raises(EndedError) as ended:
        fresh_service.main()
    assert not ended.value.failed
    return ended.value.said


def test_a_new_service_is_enabled_and_started_once(service: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(service, monkeypatch) == {"changed": True, "action": "start"}
    assert (service.active, service.enabled, service.runs_with) == ("active", True, "one")
    service.entered_seconds += 1
    assert ran(service, monkeypatch) == {"changed": False, "action": "none"}


def test_a_file_that_an_interrupted_run_left_behind_is_not_forgotten(
    service: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(service, monkeypatch)
    service.entered_seconds -= 60
    service.file.write_text("two")  # and there the run ended; the next one finds the file as wished
    assert ran(service, monkeypatch) == {"changed": True, "action": "restart"}
    assert service.runs_with == "two"


def test_a_service_that_others_start_is_enabled_and_kept_fresh_only(
    service: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(service, monkeypatch, start=False) == {"changed": True, "action": "none"}
    assert (service.active, service.enabled) == ("inactive", True)
    assert ran(service, monkeypatch, start=False) == {"changed": False, "action": "none"}
    service.active = "active"
    service.entered_seconds = time.monotonic() - 60
    assert ran(service, monkeypatch, start=False) == {"changed": True, "action": "restart"}
    assert service.runs_with == "one"


@pytest.mark.parametrize("active", ["inactive", "active"])
def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    active: str, service: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.active = active
    said = ran(service, monkeypatch, check_mode=True)
    assert said == {"changed": True, "action": "start" if active == "inactive" else "restart"}
    assert (service.active, service.enabled, service.runs_with, service.unit_read) == (active, False, "", "")
