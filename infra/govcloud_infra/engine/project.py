"""The folder of a stack: what the engine reads there, and what lets people run `pulumi` in it by hand.

Pulumi.yaml                      project: name, state, our provider
Pulumi.<stack>.yaml              written by the engine: how secrets are encrypted
plugin/pulumi-resource-govcloud  starts our provider
host/pulumi-language-python      starts our language host, for runs by hand
env                              `. ./env` gives a shell what `pulumi` needs; it holds no secret
"""

import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from govcloud_infra.bundle.store import write_whole
from govcloud_infra.engine import state
from govcloud_infra.paths import SitePaths

# Variables of a shell in which `pulumi` is run by hand.
SITE_FILE = "GOVCLOUD_SITE_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The stack `name` of the project `govcloud-NAME`."""

    name: str
    paths: SitePaths

    @property
    def title(self) -> str:
        """Name of the project."""
        return f"govcloud-{self.name}"

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.paths.pulumi / self.name

    @property
    def backend(self) -> Path:
        """Where the engine keeps its state; that of all stacks of a site."""
        return self.paths.pulumi / "state"

    @property
    def _home(self) -> Path:
        return self.paths.pulumi / "home"

    def environment(self, passphrase: Path) -> dict[str, str]:
        """For every engine. It asks the network for updates and plugins unless told not to."""
        return {
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
            "PULUMI_HOME": str(self._home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS": "false",
            "PULUMI_PYTHON_CMD": sys.executable,
        }

    def write(self) -> None:
        """Make the folder anew; what the engine itself wrote there stays."""
        plugin = self.folder / "plugin" / "pulumi-resource-govcloud"
        self.backend.mkdir(parents=True, exist_ok=True)
        self._keep_no_logs()
        _write_starter(plugin, "govcloud_infra.provider.serve")
        content = {
            "name": self.title,
            "runtime": "python",
            "backend": {"url": f"file://{self.backend}"},
            "plugins": {"providers": [{"name": "govcloud", "path": str(plugin.parent)}]},
        }
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def _keep_no_logs(self) -> None:
        # The engine notes every property of every resource in home/logs: 7 MB and two fifths of its work, each run. It
        # has no switch for that, but goes on without where it cannot make the folder.
        logs = self._home / "logs"
        if logs.is_dir():
            shutil.rmtree(logs)
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs.touch()

    def write_salt(self, stack: Path) -> None:
        """Tell the engine again how the state in the file `stack` is encrypted.

        Where Pulumi.<stack>.yaml was lost, it would take any passphrase and encrypt anew with that one.
        Raises ConfigError when the file is no state.
        """
        if salt := state.salt(state.read(stack)):
            write_whole(self.folder / f"Pulumi.{self.name}.yaml", yaml.safe_dump({"encryptionsalt": salt}))

    def write_by_hand(self, environment: Mapping[str, str], engine_root: Path, site_file: Path) -> None:
        """What a person needs who runs `pulumi` here: a language host for the same program, and `env`."""
        # Beside the engine: it looks there, and on PATH in case that is a link to one installed elsewhere.
        _write_starter(engine_root / "bin" / "pulumi-language-python", "govcloud_infra.engine.language_host")
        found = {
            **environment,
            "PULUMI_STACK": self.name,
            "PULUMI_OPTION_REFRESH": "true",  # a look at the state alone would hide what changed outside
            SITE_FILE: str(site_file.resolve()),
            "GOVCLOUD_STATE": str(self.paths.state.parent),
            "GOVCLOUD_CACHE": str(self.paths.cache),
        }
        lines = [f"export {key}={shlex.quote(value)}" for key, value in found.items()]
        lines.append(f'export PATH={shlex.quote(str(engine_root / "bin"))}:"$PATH"')
        (self.folder / "env").write_text("\n".join(lines) + "\n")


def _write_starter(file: Path, module: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -u -m {module} "$@"\n')
    fresh.chmod(0o755)
    fresh.replace(file)  # one that is being run cannot be written to
