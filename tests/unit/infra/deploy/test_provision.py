"""What a deploy tells the first control plane for its metrics."""

import stat
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from govcloud_infra.deploy import provision
from govcloud_monitoring import machines
from support.monitoring import samples

DONE = provision.Done(
    ended_seconds=1_800_000_000, changes=7, phase_seconds={"cluster": 80.25, "bundle": 1.0}, bundle_sha256="ab" * 32
)


def test_the_page_says_when_what_and_for_how_long() -> None:
    found = {(name, *sorted(labels)): value for (name, labels), value in samples(provision.page(DONE)).items()}
    assert found == {
        ("govcloud_provision_last_success_timestamp_seconds",): 1_800_000_000,
        ("govcloud_provision_changed_tasks",): 7,
        ("govcloud_provision_phase_duration_seconds", ("phase", "bundle")): 1.0,
        ("govcloud_provision_phase_duration_seconds", ("phase", "cluster")): 80.25,
        ("govcloud_bundle_info", ("digest", "ab" * 32)): 1,
    }


def test_it_has_the_names_labels_and_meanings_that_are_written_down() -> None:
    found = {
        family.name: (family.documentation, family.type, {frozenset(sample.labels) for sample in family.samples})
        for family in text_string_to_metric_families(provision.page(DONE))
    }
    assert found == {metric.name: (metric.help, "gauge", {frozenset(metric.labels)}) for metric in machines.OF_DEPLOY}


@pytest.mark.parametrize("text", [provision.page(DONE), "it's $HOME `x` \\n %s\n", ""])
def test_the_page_is_replaced_whole_and_can_be_read_by_everybody(text: str, tmp_path: Path) -> None:
    file = tmp_path / "provision.prom"
    file.write_text("older and longer" * 1000)
    file.chmod(0o600)
    before = file.stat().st_ino
    subprocess.run(["sh", "-c", f"umask 077; {provision.script(text, str(tmp_path))}"], check=True)
    assert file.read_text() == text
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert file.stat().st_ino != before
    assert [found.name for found in tmp_path.iterdir()] == ["provision.prom"]


def test_a_machine_without_the_folder_is_left_alone(tmp_path: Path) -> None:
    done = subprocess.run(["sh", "-c", provision.script("x", str(tmp_path / "none"))], capture_output=True, check=False)
    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []
