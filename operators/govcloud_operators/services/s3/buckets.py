"""Buckets and what is in them, over S3's own API.

Format: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from govcloud_operators.services.s3.gateway import Gateway, Refused, parsed, send

PAGE = 1000
"""Keys that one request lists or deletes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An object of a bucket."""

    key: str
    size_bytes: int
    changed: str
    """When it was written, RFC 3339."""


def create(gateway: Gateway, bucket: str, owner: str = "") -> None:
    """The bucket exists; `owner` is an account, without any it is whoever asks. Raises like `gateway.send`.

    A bucket of that name that another account owns stays as it is.
    """
    try:
        if owner:
            send(gateway, "PATCH", f"/{bucket}/create", headers={"x-vgw-owner": owner})
        else:
            send(gateway, "PUT", f"/{bucket}")
    except Refused as refused:
        if refused.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def exists(gateway: Gateway, bucket: str) -> bool:
    """There is such a bucket, whoever may enter it. Raises like `gateway.send`."""
    try:
        send(gateway, "HEAD", f"/{bucket}")
    except Refused as refused:
        if refused.status == 404:
            return False
        if refused.status != 403:
            raise
    return True


def remove(gateway: Gateway, bucket: str) -> None:
    """The bucket is gone with everything in it; fine when it was not there. Raises like `gateway.send`."""
    try:
        empty(gateway, bucket)
        send(gateway, "DELETE", f"/{bucket}")
    except Refused as refused:
        if refused.code != "NoSuchBucket":
            raise


def empty(gateway: Gateway, bucket: str, prefix: str = "") -> None:
    """No object whose key begins with `prefix` is left. Raises like `gateway.send`."""
    while keys := [item.key for item in islice(items(gateway, bucket, prefix), PAGE)]:
        _delete(gateway, bucket, keys)


def items(gateway: Gateway, bucket: str, prefix: str = "") -> Iterator[Item]:
    """Objects by key, asked for as they are taken. Raises like `gateway.send`."""
    query = {"list-type": "2", "max-keys": str(PAGE), "prefix": prefix}
    while True:
        found = parsed(send(gateway, "GET", f"/{bucket}", query=query))
        for entry in found.iter("Contents"):
            yield Item(
                key=entry.findtext("Key", ""),
                size_bytes=int(entry.findtext("Size", "0")),
                changed=entry.findtext("LastModified", ""),
            )
        after = found.findtext("NextContinuationToken", "")
        if not after:
            return
        query = query | {"continuation-token": after}


def put(gateway: Gateway, bucket: str, key: str, content: bytes) -> None:
    """The object has this content, which must be sent within `gateway.CONNECT_SECONDS`. Raises like `gateway.send`."""
    send(gateway, "PUT", f"/{bucket}/{key}", body=content)


def get(gateway: Gateway, bucket: str, key: str) -> bytes | None:
    """Content of an object, at most `gateway.ANSWER_MAX_BYTES`; None when there is none. Raises like `gateway.send`."""
    try:
        return send(gateway, "GET", f"/{bucket}/{key}")
    except Refused as refused:
        if refused.code != "NoSuchKey":
            raise
        return None


def set_policy(gateway: Gateway, bucket: str, document: dict[str, Any] | None) -> None:
    """The bucket's policy is this, or there is none. Raises like `gateway.send`.

    Every account that it names must exist.
    """
    if document is None:
        send(gateway, "DELETE", f"/{bucket}", query={"policy": ""})
    else:
        send(gateway, "PUT", f"/{bucket}", query={"policy": ""}, body=json.dumps(document).encode())


def policy(gateway: Gateway, bucket: str) -> dict[str, Any] | None:
    """The bucket's policy as it was set; None when there is none. Raises like `gateway.send`."""
    try:
        found = send(gateway, "GET", f"/{bucket}", query={"policy": ""})
    except Refused as refused:
        if refused.code != "NoSuchBucketPolicy":
            raise
        return None
    try:
        document: dict[str, Any] = json.loads(found)
    except ValueError:
        return None
    return document


def _delete(gateway: Gateway, bucket: str, keys: list[str]) -> None:
    root = ElementTree.Element("Delete")
    ElementTree.SubElement(root, "Quiet").text = "true"
    for key in keys:
        ElementTree.SubElement(ElementTree.SubElement(root, "Object"), "Key").text = key
    answer = parsed(send(gateway, "POST", f"/{bucket}", query={"delete": ""}, body=ElementTree.tostring(root)))
    for error in answer.iter("Error"):
        code, what = error.findtext("Code", ""), error.findtext("Message", "")
        raise Refused(
            f"{gateway.endpoint} keeps objects of {bucket}: {code}: {what[:200]}", status=200, code=code[:200]
        )
