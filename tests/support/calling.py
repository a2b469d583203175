"""Asking a server over TLS at an address that its certificate does not name, as behind a name of the cluster."""

from __future__ import annotations

import http.client
import socket
import ssl

TIMEOUT_SECONDS = 5


def ask(
    port: int, path: str, how: ssl.SSLContext | None, server_name: str = "", *, post: str | None = None
) -> tuple[int, str]:
    """Status and body that 127.0.0.1 answers to GET, or to what is posted; in the clear without `how`.

    Raises OSError, ssl.SSLError among them, when it refuses the connection.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        if how is not None:
            plain = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
            connection.sock = how.wrap_socket(plain, server_hostname=server_name)
        headers = {"Content-Type": "application/json"} if post is not None else {}
        connection.request("GET" if post is None else "POST", path, post, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def serial(port: int, how: ssl.SSLContext, server_name: str) -> str:
    """Number of the certificate that the server shows to a new connection, as `ssl` writes it."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
    with how.wrap_socket(plain, server_hostname=server_name) as secure:
        return str((secure.getpeercert() or {})["serialNumber"])
