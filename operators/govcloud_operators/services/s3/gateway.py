"""Signed requests to one gateway over TLS: the only door to the network in this room.

Signature: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import base64
import functools
import hashlib
import ssl
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3
from requests_aws4auth import AWS4Auth

from govcloud_api import errors

REGION = "us-east-1"
"""What clients take when nobody tells them a region."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
ANSWER_MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway, and as whom to talk to it."""

    endpoint: str
    """`https://host:port`."""
    access_key: str
    secret_key: str = field(repr=False)
    authority_pem: str = field(repr=False)
    """The only authority whose certificates are trusted."""
    server_name: str = ""
    """Name to check the certificate against; empty: the endpoint's host."""
    region: str = REGION


class Refused(errors.NotReady):
    """The gateway answered, and said no."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message, delay_seconds=2.0)
        self.status = status
        """HTTP status."""
        self.code = code
        """S3's word for it, as in `NoSuchBucket`; empty when the answer has none."""


def send(
    gateway: Gateway,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The body of the answer. `path` is `/bucket/key`, not yet quoted; a key keeps its name only without `.` and `..`.

    Raises Refused for a no, NotReady when there is no answer, none that can be trusted, or a larger one than
    `ANSWER_MAX_BYTES`.
    """
    url = f"{gateway.endpoint}{quote(path, safe='/~')}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    told = {**_checksum(body), **(headers or {})}
    signed = requests.Request(method, url, headers=told, data=body, auth=_signer(gateway)).prepare()
    try:
        status, answer = _exchange(gateway, signed, body)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise errors.NotReady(f"{gateway.endpoint} does not answer: {error}", delay_seconds=2.0) from error
    if status >= 300:
        raise _refused(gateway, f"{method} {path}", status, answer)
    return answer


def parsed(answer: bytes) -> ElementTree.Element:
    """The XML of an answer, names without their namespaces. Raises NotReady for what is none."""
    if b"<!" in answer:
        raise errors.NotReady("a gateway answered with a document type, which no S3 server does; nothing was read")
    try:
        root = ElementTree.fromstring(answer)  # noqa: S314  # without a document type nothing in it can expand
    except ElementTree.ParseError as error:
        raise errors.NotReady(f"a gateway answered with what is no XML: {error}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


@functools.lru_cache(maxsize=4)
def _context(authority_pem: str) -> ssl.SSLContext:
    """Trusts this authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority_pem)
    return context


def _checksum(body: bytes) -> dict[str, str]:
    """What tells a damaged body; some requests are refused without it."""
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return {"Content-MD5": digest} if body else {}


def _signer(gateway: Gateway) -> AWS4Auth:
    return AWS4Auth(gateway.access_key, gateway.secret_key, gateway.region, "s3")


def _exchange(gateway: Gateway, signed: requests.PreparedRequest, body: bytes) -> tuple[int, bytes]:
    """Status and body; the connection is closed with it."""
    name = gateway.server_name or urlsplit(gateway.endpoint).hostname
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    with urllib3.PoolManager(
        ssl_context=_context(gateway.authority_pem), server_hostname=name, assert_hostname=name
    ) as pool:
        answer = pool.urlopen(
            str(signed.method),
            str(signed.url),
            body=body,
            headers=dict(signed.headers),
            redirect=False,
            retries=False,
            timeout=timeout,
            preload_content=False,
            decode_content=False,
        )
        with answer:
            found = answer.read(ANSWER_MAX_BYTES + 1)
    if len(found) > ANSWER_MAX_BYTES:
        raise OSError(f"the answer is larger than {ANSWER_MAX_BYTES} bytes")
    return answer.status, found


def _refused(gateway: Gateway, asked: str, status: int, answer: bytes) -> Refused:
    code, message = "", ""
    try:
        root = parsed(answer)
        code, message = root.findtext("Code", ""), root.findtext("Message", "")
    except errors.NotReady:
        pass
    why = ": ".join(part[:200] for part in (code, message) if part) or f"HTTP status {status}"
    return Refused(f"{gateway.endpoint} refuses {asked}: {why}", status=status, code=code[:200])
