"""Completion in a real bash: what is offered for a line that was begun."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from govcloud_cli import run
from govcloud_cli.main import cli
from support.sites import SITES

_SCRIPT = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_govcloud_completion govcloud
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script_of(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run.run(cli, ["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sta"], {"status"}),
        (["env", "re"], {"request"}),
        (["health", "--ti"], {"--timeout"}),
        (["status", "-o", "j"], {"json"}),
        (["deploy", "sites/lab"], {"sites/lab/site.yaml", "sites/lab-ha/site.yaml"}),
        (["deploy", "sites/lab/"], {"sites/lab/site.yaml"}),
        (["completion", "f"], {"fish"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_bash_offers(
    words: list[str], offered: set[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bash = shutil.which("bash")
    assert bash, "the project's own scripts need bash too"
    (tmp_path / "script").write_text(script_of("bash", capsys))
    command = tmp_path / "govcloud"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from govcloud_cli.main import main; main()" "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        [bash, "--norc", "-c", _SCRIPT, "bash", str(tmp_path / "script"), "govcloud", *words],
        capture_output=True, text=True, check=False, cwd=SITES.parent, env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stderr == ""
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete --no-files")]
)
def test_every_shell_has_its_script(shell: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script_of(shell, capsys)
    assert word in text
    assert "_GOVCLOUD_COMPLETE" in text


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run(cli, ["completion", "csh"]) == 2
    assert "csh" in capsys.readouterr().err
