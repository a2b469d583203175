"""From an error to an exit code and one readable message; a trace only for who asks."""

import errno
import os
import subprocess
import sys

import click
import pytest

from govcloud_api import errors
from govcloud_cli import run
from govcloud_cli.reference import EXIT_CODES


def failing(error: BaseException) -> click.Command:
    """A command line whose only command raises `error`."""

    @click.group()
    @click.option("--debug", is_flag=True)
    def group(debug: bool) -> None: ...

    @group.command()
    def go() -> None:
        raise error

    return group


CODES: list[tuple[BaseException, int]] = [
    (errors.ConfigError("c"), 3),
    (errors.PreflightFailed("p"), 4),
    (errors.ToolFailed("t"), 5),
    (errors.InvalidSpec("i"), 5),
    (errors.NotFound("n"), 5),
    (errors.Conflict("c"), 5),
    (errors.NotReady("r"), 5),
    (errors.GovcloudError("g"), 5),
    (errors.Unhealthy("u"), 6),
    (errors.Locked("l"), 8),
    (errors.ApiUnavailable("a"), 9),
    (errors.Forbidden("f"), 9),
    (errors.BundleCorrupt("b"), 10),
    (click.UsageError("u"), 2),
    (click.Abort(), 130),
    (KeyboardInterrupt(), 130),
    (PermissionError(errno.EACCES, "Permission denied", "/var/lib/govcloud/lab"), 4),
    (RuntimeError("broken"), 1),
]


@pytest.mark.parametrize(("error", "code"), CODES, ids=[type(error).__name__ for error, _ in CODES])
def test_each_error_has_its_code_and_no_trace(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.run(failing(error), ["go"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert err.lower().count("error") >= 1
    assert code in EXIT_CODES


def test_every_error_class_has_a_code() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GovcloudError)
    ]
    assert {kind.exit_code for kind in kinds} == {3, 4, 5, 6, 8, 9, 10}


def test_the_message_is_what_was_raised(capsys: pytest.CaptureFixture[str]) -> None:
    run.run(failing(errors.Locked("process 7 holds it\nwait")), ["go"])
    assert capsys.readouterr().err == "error: process 7 holds it\nwait\n"


def test_notes_of_an_error_come_last(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.ToolFailed("stopped")
    error.add_note("Log of this run: /logs/1.ndjson")
    assert run.run(failing(error), ["go"]) == 5
    assert capsys.readouterr().err == "error: stopped\nLog of this run: /logs/1.ndjson\n"


def test_an_unexpected_error_says_how_to_get_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    run.run(failing(RuntimeError("broken")), ["go"])
    err = capsys.readouterr().err
    assert "unexpected RuntimeError: broken" in err
    assert "--debug" in err


def test_debug_shows_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run(failing(errors.Locked("held")), ["--debug", "go"]) == 8
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (6, 6), (7, 7), ("text", 0)])
def test_a_command_may_return_its_code(result: object, code: int) -> None:
    assert run.run(click.Command("go", callback=lambda: result), []) == code


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["--nonsense"], 2), ([], 2)])
def test_click_decides_on_words(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run(failing(RuntimeError("never reached")), arguments) == code
    assert "Usage: govcloud" in "".join(capsys.readouterr())


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        command = [sys.executable, "-c", "from govcloud_cli.main import main; main()", "--help"]
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_pipe_that_broke_within_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run(failing(BrokenPipeError(errno.EPIPE, "broken")), ["go"]) == 1
    assert "broken pipe" in capsys.readouterr().err
