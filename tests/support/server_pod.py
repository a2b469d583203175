"""What pods of services have in common when they run on this machine: folders, a certificate, a process. No cluster."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import certificates, driver
from govcloud_operators.services.certificates import Pair
from govcloud_operators.services.driver import Door, Order


@dataclass(slots=True, kw_only=True)
class ServerPod:
    """The folders of one instance's pod on this machine, the cluster its records are in, and the running server."""

    START_SECONDS: ClassVar[float] = 20
    STOP_SECONDS: ClassVar[float] = 40

    folder: Path
    port: int
    authority: Pair
    cluster: MemoryCluster
    base: Order
    child: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def door(self) -> Door:
        """The operator's way in."""
        return Door(
            host="127.0.0.1",
            port=self.port,
            server_name=driver.host(self.base),
            authority=self.authority.certificate,
            certificate="",
            key="",
            tenant=self.cluster,
        )

    def certify(self) -> Pair:
        """Write a new server certificate."""
        names = certificates.server_names(self.base.instance.metadata.name, self.base.namespace)
        pair = certificates.server(self.authority, self.base.name, names, datetime.now(UTC))
        texts = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": self.authority.certificate}
        for name, text in texts.items():
            (self.folder / "tls" / name).write_text(text)
        return pair

    def run(
        self,
        command: Sequence[str],
        answers: Callable[[], bool],
        *,
        environment: Mapping[str, str] | None = None,
        executable: str | None = None,
    ) -> None:
        """Start the server and wait until it `answers`."""
        with (self.folder / "server.log").open("ab") as log:
            self.child = subprocess.Popen(command, env=environment, executable=executable, stdout=log, stderr=log)
        deadline = time.monotonic() + self.START_SECONDS
        while not answers():
            assert self.child.poll() is None, f"the server ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"the server does not let the operator in:\n{self.log()}"
            time.sleep(0.05)  # a real process starts in its own time

    def stop(self, *, hard: bool = False) -> None:
        """End the server."""
        if self.child is None:
            return
        if hard:
            self.child.kill()
        else:
            self.child.terminate()
        self.child.wait(self.STOP_SECONDS)
        self.child = None

    def log(self) -> str:
        """The last of what the server said."""
        return (self.folder / "server.log").read_text()[-3000:]
