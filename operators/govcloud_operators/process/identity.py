"""Who the operator is to Prometheus: a certificate that it issues to itself and that never leaves its memory.

It has the services' authority already, so nobody needs to be asked, and no Secret holds the key. TLS 1.3 alone
(RFC 8446), for clients of the same authority.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from govcloud_api import errors, labels
from govcloud_operators.process import page
from govcloud_operators.services import certificates
from govcloud_operators.services.certificates import Pair

LOG = logging.getLogger(__name__)
NAME = "operator"
DNS_NAME = f"{NAME}.{labels.SYSTEM_NAMESPACE}.svc"
"""What Prometheus demands of the certificate, see monitoring/deploy/31-prometheus-config.yaml."""
LOOK_SECONDS = 2.0
"""Between two looks for an authority that is not there yet."""
RENEW_LOOK_SECONDS = 3600.0


class Identity:
    """The operator as a server; `context` serves with the newest certificate."""

    def __init__(self, authority: Pair, clock: Callable[[], datetime]) -> None:
        self._authority = authority
        self._clock = clock
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Resumed sessions would pass for a certificate that has run out meanwhile.
        self.context.num_tickets = 0
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_verify_locations(cadata=authority.certificate)
        self._renewed()

    def renew(self) -> None:
        """Another certificate for the connections to come, once this one has lived half its life."""
        if self._clock() >= self._due:
            self._renewed()

    def _renewed(self) -> None:
        made = certificates.server(self._authority, NAME, [DNS_NAME], self._clock())
        load(self.context, made)
        self._due = certificates.half_life(made.certificate)


async def serve(
    app: web.Application,
    read: Callable[[], Pair | None],
    clock: Callable[[], datetime],
    *,
    host: str,
    port: int,
) -> None:
    """Serve until cancelled, as soon as `read` knows the authority. Raises OSError when the port is taken."""
    identity = Identity(await _authority(read), clock)
    runner = await page.start(app, host=host, port=port, tls=identity.context)
    try:
        while True:
            await asyncio.sleep(RENEW_LOOK_SECONDS)
            identity.renew()
    finally:
        await runner.cleanup()


async def _authority(read: Callable[[], Pair | None]) -> Pair:
    """Whoever holds the lease makes it: this process may be another one."""
    while True:
        try:
            found = await asyncio.to_thread(read)
        except errors.GovcloudError as error:
            LOG.warning("figures are not shown yet, the services' authority cannot be read: %s", error)
        else:
            if found is not None:
                return found
        await asyncio.sleep(LOOK_SECONDS)


def load(context: ssl.SSLContext, pair: Pair) -> None:
    """Show this certificate from now on.

    The ssl module reads certificates from files only; this one has no name on any disk.
    """
    with os.fdopen(os.memfd_create(NAME), "w") as file:
        file.write(pair.certificate + pair.key)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
