"""Secrets as a kubelet mounts them, with certificates that the operator's own code makes."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from govcloud_operators.platform_certificates import checks
from govcloud_operators.services import certificates
from govcloud_operators.services.authority import decoded
from govcloud_operators.services.certificates import Pair

_BY_NAME = {wanted.common_name: wanted for wanted in checks.WANTED}
EXPORTER, LEDGER, ALERTMANAGER = _BY_NAME["exporter"], _BY_NAME["ledger"], _BY_NAME["alertmanager"]
NODE_EXPORTER = checks.NODE_EXPORTER
PROMETHEUS, WINDOW = checks.CLIENT, checks.WINDOW
NAME = EXPORTER.dns_names[0]
_versions = itertools.count()


def now() -> datetime:
    """Of the real clock, which TLS goes by."""
    return datetime.now(UTC)


def new_authority() -> Pair:
    """Another one each time."""
    return certificates.new_authority(now())


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted Secret: links to files of a folder that is swapped as a whole."""

    folder: Path

    def write(self, pair: Pair, authority: str) -> Mount:
        """Put other files there, as a kubelet does when the Secret changes."""
        version = self.folder / f"..{next(_versions)}"
        version.mkdir(parents=True)
        for name, text in (("tls.crt", pair.certificate), ("tls.key", pair.key), ("ca.crt", authority)):
            (version / name).write_text(text)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(Path("..data") / name)
        fresh = self.folder / "..data_tmp"
        fresh.symlink_to(version.name)
        fresh.replace(self.folder / "..data")
        return self

    def issue(self, wanted: checks.Wanted, authority: Pair) -> Mount:
        """Put there what the operator makes for a service."""
        made = checks.issue(wanted, authority, now())
        return self.write(
            Pair(certificate=decoded(made, "tls.crt"), key=decoded(made, "tls.key")), decoded(made, "ca.crt")
        )

    def serial(self) -> str:
        """Serial number of the certificate that lies there, as `ssl` writes it."""
        found = ssl._ssl._test_decode_cert(str(self.folder / "tls.crt"))  # type: ignore[attr-defined]  # as CPython's tests
        return str(found["serialNumber"])


@dataclass(frozen=True, slots=True)
class Site:
    """Mounts of one site."""

    root: Path
    authority: Pair = field(default_factory=new_authority)

    @property
    def exporter(self) -> Mount:
        """Of the exporter; made at first use."""
        return self._of(EXPORTER)

    def _of(self, wanted: checks.Wanted) -> Mount:
        mount = Mount(self.root / wanted.name)
        return mount if mount.folder.exists() else mount.issue(wanted, self.authority)

    @property
    def ledger(self) -> Mount:
        """Of the accountant."""
        return self._of(LEDGER)

    @property
    def node_exporter(self) -> Mount:
        """Of node-exporter."""
        return self._of(NODE_EXPORTER)

    @property
    def prometheus(self) -> Mount:
        """Of Prometheus."""
        return self._of(PROMETHEUS)

    @property
    def alertmanager(self) -> Mount:
        """Of both Alertmanagers."""
        return self._of(ALERTMANAGER)

    @property
    def window(self) -> Mount:
        """Of the window beside an Alertmanager."""
        return self._of(WINDOW)

    def client(self, common_name: str, *, age: timedelta = timedelta(), days: int = 1) -> Pair:
        """A client's certificate of this site's authority."""
        return certificates.client(self.authority, common_name, now() - age, days=days)


def _of_another_authority(_site: Site) -> Pair:
    """Its name is the same: only the signature tells."""
    return certificates.client(new_authority(), PROMETHEUS.common_name, now())


def _of_a_server(site: Site) -> Pair:
    """Owners of services can read their server's key: it must not open anything."""
    return certificates.server(site.authority, PROMETHEUS.common_name, [PROMETHEUS.common_name], now())


STRANGERS: Mapping[str, Callable[[Site], Pair | None]] = MappingProxyType(
    {
        "nobody": lambda _site: None,
        "of another authority": _of_another_authority,
        "run out": lambda site: site.client(PROMETHEUS.common_name, age=timedelta(days=1, minutes=1)),
        "not yet": lambda site: site.client(PROMETHEUS.common_name, age=-timedelta(hours=1)),
        "of a server": _of_a_server,
    }
)
"""Whom every server refuses at the handshake."""


def as_client(site: Site, pair: Pair | None) -> ssl.SSLContext:
    """How somebody asks who has `pair`, or nothing."""
    folder = Mount(site.root / "client").write(pair, site.authority.certificate).folder if pair else None
    return context(folder, site.authority.certificate)


def context(folder: Path | None, authority: str) -> ssl.SSLContext:
    """How a client asks: with the certificate in `folder`, or with none; believing servers of `authority`."""
    made = ssl.create_default_context(cadata=authority)
    if folder is not None:
        made.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return made
