"""A real PostgreSQL 15 for the ledger: a folder of its own, a Unix socket only, an owner and a writer."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from govcloud_monitoring.ledger.store import Place, session

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
OWNER, WRITER, OTHER = "ledger_owner", "ledger_writer", "passer_by"
USER = "nobody"
"""The server refuses to run as root."""
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "fsync": "off",
    "timezone": "Asia/Shanghai",
    "shared_buffers": "16MB",
}
"""A time zone of its own: what is written and read may not depend on the server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server of one test module."""

    root: Path

    def place(self, user: str = WRITER, database: str = "ledger") -> Place:
        """The way in over the socket."""
        return Place(socket=f"{self.root}/.s.PGSQL.5432", user=user, database=database)

    def start(self) -> None:
        """Until it takes connections."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.root)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._control("--log", f"{self.root}/log", "-o", options, "start")

    def stop(self) -> None:
        """At once, as when a machine loses power, so that the next start recovers."""
        self._control("--mode=immediate", "stop")

    def make(self) -> None:
        """An empty ledger with its roles. The socket's folder is the only lock: whoever comes in is who he says."""
        self._run("initdb", "--pgdata", f"{self.root}/data", "--username=postgres", "--auth=trust", "--no-sync")
        self.start()
        for role in (OWNER, WRITER, OTHER):
            self._run("createuser", "--host", str(self.root), "--username=postgres", role)
        self._run("createdb", "--host", str(self.root), "--username=postgres", f"--owner={OWNER}", "ledger")
        with session(self.place(OWNER)) as ledger:
            ledger.migrate(writer=WRITER)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "--pgdata", f"{self.root}/data", "--wait", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(PROGRAMS / program), *arguments]
        # The server keeps its output open, hence a file and no pipe.
        with (self.root / "programs.log").open("ab") as log:
            ended = subprocess.run(command, check=False, stdout=log, stderr=log, cwd="/", **_as_user())
        assert ended.returncode == 0, f"{program}:\n{(self.root / 'programs.log').read_text()[-3000:]}"


@contextmanager
def server() -> Iterator[Server]:
    """A running server with an empty ledger."""
    if not (PROGRAMS / "postgres").exists():
        pytest.fail("PostgreSQL 15 is not there: apt-get install postgresql-15")
    made = Server(root=Path(tempfile.mkdtemp(prefix="govcloud-ledger-")))
    made.root.chmod(0o755)
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        os.chown(made.root, account.pw_uid, account.pw_gid)
    try:
        made.make()
        yield made
    finally:
        if (made.root / "data" / "postmaster.pid").exists():
            made.stop()
        shutil.rmtree(made.root, ignore_errors=True)


def _as_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
