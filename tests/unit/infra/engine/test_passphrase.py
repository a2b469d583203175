"""The passphrase is made once, never beside a state, and is its owner's only."""

from pathlib import Path

import pytest

from govcloud_api.errors import ConfigError
from govcloud_infra.engine import passphrase


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder with the state of one stack and no passphrase."""
    stack = tmp_path / "state" / ".pulumi" / "stacks" / "govcloud-site" / "site.json"
    stack.parent.mkdir(parents=True)
    stack.write_text("{}")
    return tmp_path


def test_it_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    file = passphrase.file(tmp_path / "pulumi")
    made = file.read_bytes()
    assert len(made) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert passphrase.file(tmp_path / "pulumi").read_bytes() == made
    assert passphrase.file(tmp_path / "other").read_bytes() != made


def test_none_is_made_beside_a_state(state: Path) -> None:
    with pytest.raises(ConfigError, match=r"passphrase is gone, and the state beside it .* put the file back"):
        passphrase.file(state)
    assert not (state / "passphrase").exists()
    assert [file.name for file in passphrase.stacks(state)] == ["site.json"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_one_that_others_may_read_or_write_is_refused(mode: int, state: Path) -> None:
    file = state / "passphrase"
    file.write_text("secret")
    file.chmod(mode)
    with pytest.raises(ConfigError, match=f"mode {mode:04o}.*chmod 600 {file}") as caught:
        passphrase.file(state)
    assert "secret" not in str(caught.value)
    assert file.stat().st_mode & 0o777 == mode


def test_an_empty_one_is_refused(state: Path) -> None:
    (state / "passphrase").touch(0o600)
    with pytest.raises(ConfigError, match="is empty; put it back"):
        passphrase.file(state)
