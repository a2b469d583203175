"""A real PostgreSQL 15 run by the scripts that run it in a pod: entry, keeper, restore. Needs no cluster."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pg8000.native
import pytest

from govcloud_api import errors
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import certificates
from govcloud_operators.services.backups.vault import Vault
from govcloud_operators.services.certificates import Pair
from govcloud_operators.services.driver import Credentials, Door
from govcloud_operators.services.postgresql import accounts, config

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
INSTANCE, NAMESPACE = "main", "tax-portal-dev"
MEMORY_BYTES = 256 * config.MIB
STORAGE_BYTES = 1024 * config.MIB
USER = "nobody"
"""The server refuses to run as root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """The folders of one instance's pod on this machine, and how to get in."""

    root: Path
    port: int
    authority: Pair
    vault: Vault
    at: config.Folders
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def door(self, *, certificate: Pair | None = None) -> Door:
        """The operator's way in."""
        pair = certificate or certificates.client(self.authority, certificates.OPERATOR_NAME, datetime.now(UTC))
        return Door(
            host="127.0.0.1",
            port=self.port,
            server_name=f"svc-{INSTANCE}.{NAMESPACE}.svc.cluster.local",
            authority=self.authority.certificate,
            certificate=pair.certificate,
            key=pair.key,
            tenant=MemoryCluster(),
        )

    def configure(self, **changed: str) -> None:
        """Write the files of the ConfigMap and the Secret; `changed` replaces whole files of the first, by name."""
        me = USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        files = config.files(memory_bytes=MEMORY_BYTES, backup_hour=2, at=self.at, port=self.port, system_user=me)
        files["pg_ident.conf"] += "pod root postgres\n"
        files["postgresql.conf"] = files["postgresql.conf"].replace("'*'", "'127.0.0.1'") + "fsync = off\n"
        for name, text in (files | changed).items():
            (Path(self.at.config) / name).write_text(text)
        self.mount_backup(
            config.repository_files(
                self.vault, retention_days=7, storage_bytes=STORAGE_BYTES, at=self.at, port=self.port
            )
        )

    def mount_backup(self, texts: Mapping[str, str]) -> None:
        """Write the Secret with the way to the backups."""
        for name, text in texts.items():
            (Path(self.at.backup) / name).write_text(text)

    def certify(self) -> None:
        """Write a new server certificate into the Secret's folder."""
        names = certificates.server_names(INSTANCE, NAMESPACE)
        pair = certificates.server(self.authority, f"svc-{INSTANCE}", names, datetime.now(UTC))
        self.mount_tls({"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": self.authority.certificate})

    def mount_tls(self, texts: Mapping[str, str]) -> None:
        """Write what is in the Secret as a kubelet mounts it: the key is for the server only."""
        for name, text in texts.items():
            file = Path(self.at.tls) / name
            file.unlink(missing_ok=True)
            file.write_text(text)
            file.chmod(0o400 if name.endswith("key") else 0o444)
            if os.geteuid() == 0:
                account = pwd.getpwnam(USER)
                os.chown(file, account.pw_uid, account.pw_gid)

    def run(self, script: str, **extra: str) -> subprocess.Popen[bytes]:
        """Start one of the pod's scripts."""
        environ = {
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
            "PGPORT": str(self.port),
            "GOVCLOUD_KEEPER_SECONDS": "0.5",
            "PGBACKREST_IO_TIMEOUT": "3",
            **self.at.variables(),
            **extra,
        }
        with (self.root / f"{script}.log").open("ab") as log:
            child = subprocess.Popen(
                ["sh", f"{self.at.config}/{script}.sh"], env=environ, stdout=log, stderr=log, cwd="/", **_as_user()
            )
        self.programs[script] = child
        return child

    def log(self, script: str) -> str:
        """What a script said."""
        return (self.root / f"{script}.log").read_text(errors="replace")

    def start(self) -> None:
        """The server, until it takes connections."""
        child = self.run("entry")
        eventually(lambda: child.poll() is not None or self._answers(), "the server starts")
        assert child.poll() is None, f"the server ended:\n{self.log('entry')[-3000:]}"

    def _answers(self) -> bool:
        """The final server, not the one that only makes the database."""
        return self.sql("show listen_addresses") == [["127.0.0.1"]]

    def stop(self, script: str = "entry") -> None:
        """End a program as the pod does: the server by a fast stop, others by SIGTERM."""
        child = self.programs.pop(script, None)
        if child is None:
            return
        if script == "entry":
            command = [str(PROGRAMS / "pg_ctl"), f"--pgdata={self.at.data}/pgdata", "--wait", "--mode=fast", "stop"]
            subprocess.run(command, check=False, capture_output=True, cwd="/", **_as_user())
        else:
            child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(20)

    def lose(self) -> None:
        """The server dies at once, its volume is gone, and an empty one is mounted in its place."""
        child = self.programs.pop("entry")
        child.send_signal(signal.SIGQUIT)
        child.wait(20)
        for path in Path(self.at.data).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in Path(self.at.run).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def sql(self, statement: str, database: str = "postgres", **values: Any) -> list[list[Any]]:
        """Run a statement as the superuser through the pod's own socket."""
        path = f"{self.at.run}/.s.PGSQL.{self.port}"
        try:
            connection = pg8000.native.Connection("postgres", unix_sock=path, database=database, timeout=20)
            found = list(connection.run(statement, **values) or [])
            connection.close()
        except (OSError, pg8000.native.InterfaceError) as error:
            raise errors.NotReady(str(error)) from error
        except pg8000.native.DatabaseError as error:
            if accounts.code_of(error).startswith("57P0"):
                raise errors.NotReady(accounts.message_of(error)) from error
            raise
        return found

    def login(self, credentials: Credentials, *, database: str = config.DATABASE, tls: bool = True) -> Any:
        """A session with a password, as a program of the environment has it."""
        context = ssl.create_default_context(cadata=self.authority.certificate)
        context.check_hostname = False
        return pg8000.native.Connection(
            credentials.user,
            host="127.0.0.1",
            port=self.port,
            database=database,
            password=credentials.password,
            ssl_context=context if tls else False,
            timeout=20,
        )


@contextmanager
def pod(authority: Pair, vault: Vault, source: Vault | None = None) -> Iterator[Pod]:
    """Folders of a pod, with the way to another's backups mounted when said; everything ends with the test."""
    if not (PROGRAMS / "postgres").exists() or shutil.which("pgbackrest") is None:
        pytest.fail("PostgreSQL 15 and pgbackrest are not there: apt-get install postgresql-15 pgbackrest")
    root = Path(tempfile.mkdtemp(prefix="govcloud-pg-"))
    names = ("data", "backup", "config", "tls", "run", "scratch")
    at = config.Folders(**{name: str(root / name) for name in names})
    made = Pod(root=root, port=_free_port(), authority=authority, vault=vault, at=at)
    for name in names:
        (root / name).mkdir(exist_ok=True)
    _give_away(root)
    made.configure()
    made.certify()
    if source is not None:
        made.mount_backup(config.source_files(source, at=at))
    try:
        yield made
    finally:
        for script in ("keeper", "restore", "entry"):
            made.stop(script)
        shutil.rmtree(root, ignore_errors=True)


def hang_up(session: Any) -> None:
    """Close our end of a session that the server has ended."""
    with contextlib.suppress(pg8000.native.InterfaceError, pg8000.native.DatabaseError, OSError):
        session.close()


def eventually(look: Callable[[], Any], what: str, *, seconds: float = 60) -> Any:
    """The first true answer of `look`; NotReady counts as not yet."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = look()
        except errors.NotReady as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.1)  # a real server takes its own time
    raise AssertionError(f"{what}: not after {seconds} s; last seen: {last}")


def _as_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _give_away(root: Path) -> None:
    root.chmod(0o755)
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        for path in root.iterdir():
            os.chown(path, account.pw_uid, account.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
