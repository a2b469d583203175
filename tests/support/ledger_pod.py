"""The ledger's pod on this machine: its own files and variables, in folders of a test. A real PostgreSQL 15."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_infra.components.platform import ledger_files
from govcloud_infra.paths import REPOSITORY
from govcloud_monitoring.ledger.store import Ledger, Place, session
from govcloud_operators.ledger_backup import desired
from govcloud_operators.services.authority import decoded
from govcloud_operators.services.backups.vault import Vault
from support.manifests import objects
from support.postgresql import PROGRAMS, eventually

USER = "postgres"
"""As in the pod: the database's superuser is proved by the name of the system's user."""
FOLDERS = ("data", "backup", "etc/ledger", "run/ledger", "run/backup", "tmp")
HASTY = {
    "GOVCLOUD_KEEPER_SECONDS": "0.5",
    "GOVCLOUD_KEEPER_ROUNDS": "4",
    "PGBACKREST_IO_TIMEOUT": "3",
    "GOVCLOUD_TRIES": "1",
}
CONTAINERS = {
    each["name"]: each
    for obj in objects(REPOSITORY / "monitoring/deploy/35-ledger.yaml")
    if obj["kind"] == "StatefulSet"
    for part in ("initContainers", "containers")
    for each in obj["spec"]["template"]["spec"][part]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPod:
    """Folders and programs of one pod."""

    root: Path
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def moved(self, text: str) -> str:
        """Paths of the pod, as they are here."""
        return re.sub(rf"(?<![\w.])/({'|'.join(FOLDERS)})(?![\w.-])", rf"{self.root}/\1", text)

    def configure(self, vault: Vault, **changed: str) -> None:
        """Mount the ConfigMap, and the Secret that the operator makes; `changed` replaces options of pgbackrest.

        Nothing waits for the disk: no power is cut here.
        """
        for file in ledger_files(REPOSITORY):
            text = self.moved(file.read_text()).replace("  sync\n", "").replace("  initdb ", "  initdb --no-sync ")
            (self.root / "etc/ledger" / file.name).write_text(text)
        with (self.root / "etc/ledger/postgresql.conf").open("a") as settings:
            settings.write("fsync = off\n")
        access = self.root / "etc/ledger/pg_hba.conf"
        access.write_text("local ledger accountant trust\n" + access.read_text())
        secret = desired.secret(vault)
        for name in secret["data"]:
            text = self.moved(decoded(secret, name))
            for option, value in changed.items():
                text = re.sub(rf"(?m)^{option.replace('_', '-')}=.*$", f"{option.replace('_', '-')}={value}", text)
            (self.root / "backup" / name).write_text(text)

    def run(self, container: str) -> subprocess.Popen[bytes]:
        """Start what a container runs."""
        given = CONTAINERS[container]
        variables = {each["name"]: self.moved(each["value"]) for each in given["env"]} | HASTY
        environment = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "HOME": f"{self.root}/tmp", **variables}
        with (self.root / f"{container}.log").open("ab") as log:
            child = subprocess.Popen(
                [self.moved(word) for word in given["command"]],
                env=environment,
                stdout=log,
                stderr=log,
                cwd="/",
                **_as_user(),
            )
        self.programs[container] = child
        return child

    def log(self, container: str) -> str:
        """What a container said."""
        return (self.root / f"{container}.log").read_text(errors="replace")

    def prepare(self) -> int:
        """Run the init container; its exit code."""
        return self.run("prepare").wait(180)

    def start(self) -> None:
        """As a kubelet does: what must end well, then the server, until it answers, and the keeper beside it."""
        assert self.prepare() == 0, self.log("prepare")[-3000:]
        self.serve()
        self.run("keeper")

    def serve(self) -> None:
        """The server alone, until it answers."""
        child = self.run("postgresql")
        eventually(lambda: child.poll() is not None or self.psql("select 1") == "1", "the server starts")
        assert child.poll() is None, self.log("postgresql")[-3000:]

    def stop(self, container: str) -> None:
        """End a program as the pod does; PostgreSQL's image stops fast on SIGINT."""
        child = self.programs.pop(container, None)
        if child is None:
            return
        child.send_signal(signal.SIGINT if container == "postgresql" else signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(20)

    def die(self) -> None:
        """Everything ends at once."""
        keeper, server = self.programs.pop("keeper"), self.programs.pop("postgresql")
        keeper.kill()
        server.send_signal(signal.SIGQUIT)
        for child in (keeper, server):
            child.wait(20)

    def lose(self) -> None:
        """The machine is gone, and the next pod has empty volumes."""
        self.die()
        for name in ("data", "run/ledger", "run/backup", "tmp"):
            for path in (self.root / name).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def psql(self, statement: str, database: str = "ledger") -> str:
        """What the superuser is told. Raises NotReady while nobody answers."""
        command = [str(PROGRAMS / "psql"), "-XAtq", "-h", f"{self.root}/run/ledger", "-U", "postgres", "-d", database]
        done = subprocess.run(
            [*command, "-v", "ON_ERROR_STOP=1", "-c", statement],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **_as_user(),
        )
        if done.returncode:
            raise errors.NotReady(done.stderr)
        return str(done.stdout).strip()

    def ledger(self) -> AbstractContextManager[Ledger]:
        """The ledger, as the accountant has it."""
        socket = f"{self.root}/run/ledger/.s.PGSQL.5432"
        return session(Place(socket=socket, user="accountant", database="ledger"))

    def remember(self) -> None:
        """Wait until all that was written is in the store."""
        before = int(self.psql("select archived_count from pg_stat_archiver"))
        self.psql("select govcloud.flush(); select pg_switch_wal()")
        eventually(
            lambda: (
                int(self.psql("select archived_count from pg_stat_archiver")) > before
                and self.psql("select govcloud.archive_waiting_seconds()") == "0"
            ),
            "the log is in the store",
        )


@contextmanager
def pod(vault: Vault, **changed: str) -> Iterator[LedgerPod]:
    """A pod with empty volumes, nothing running; everything ends with the test."""
    if not (PROGRAMS / "postgres").exists() or shutil.which("pgbackrest") is None:
        pytest.fail("PostgreSQL 15 and pgbackrest are not there: apt-get install postgresql-15 pgbackrest")
    if os.geteuid() != 0:
        pytest.fail("the ledger's server tells who asks by the system's user: run as root")
    made = LedgerPod(root=Path(tempfile.mkdtemp(prefix="govcloud-ledger-")))
    made.root.chmod(0o755)
    account = pwd.getpwnam(USER)
    for name in FOLDERS:
        (made.root / name).mkdir(parents=True)
        os.chown(made.root / name, account.pw_uid, account.pw_gid)
    made.configure(vault, **changed)
    try:
        yield made
    finally:
        for container in ("keeper", "prepare", "postgresql"):
            made.stop(container)
        shutil.rmtree(made.root, ignore_errors=True)


def _as_user() -> Mapping[str, Any]:
    account = pwd.getpwnam(USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
