"""Buckets that keep what is deleted or overwritten, over S3's own API. As `s3.gateway`, whose door it uses.

Format: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html and neighbours.
"""

from __future__ import annotations

import base64
import hashlib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from itertools import islice

from govcloud_api import conditions
from govcloud_operators.services.backups.versions import Version
from govcloud_operators.services.s3.buckets import PAGE
from govcloud_operators.services.s3.gateway import Gateway, Refused, parsed, send

SWITCH_ON = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


def names(gateway: Gateway) -> frozenset[str]:
    """All buckets that the account owns. Raises like `gateway.send`."""
    found, query = set[str](), {"max-buckets": str(PAGE)}
    while True:
        answer = parsed(send(gateway, "GET", "/", query=query))
        found |= {entry.findtext("Name", "") for entry in answer.iter("Bucket")}
        after = answer.findtext("ContinuationToken", "")
        if not after:
            return frozenset(found)
        query = query | {"continuation-token": after}


def keep_versions(gateway: Gateway, bucket: str) -> None:
    """What is deleted or overwritten stays as an old version. Raises like `gateway.send`."""
    send(gateway, "PUT", f"/{bucket}", query={"versioning": ""}, body=SWITCH_ON)


def every(gateway: Gateway, bucket: str) -> Iterator[Version]:
    """All versions, asked for as they are taken. Raises like `gateway.send`, NotReady for an answer without sense."""
    query = {"versions": "", "max-keys": str(PAGE)}
    while True:
        answer = parsed(send(gateway, "GET", f"/{bucket}", query=query))
        for kind in ("Version", "DeleteMarker"):
            yield from (_version(entry) for entry in answer.iter(kind))
        if answer.findtext("IsTruncated", "") != "true":
            return
        query = query | {
            "key-marker": answer.findtext("NextKeyMarker", ""),
            "version-id-marker": answer.findtext("NextVersionIdMarker", ""),
        }


def delete(gateway: Gateway, bucket: str, found: Sequence[Version]) -> None:
    """These versions are gone for good. Raises like `gateway.send`."""
    left = iter(found)
    while page := list(islice(left, PAGE)):
        body = _deletion(page)
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        query, headers = {"delete": ""}, {"Content-MD5": digest}
        answer = parsed(send(gateway, "POST", f"/{bucket}", query=query, body=body, headers=headers))
        for error in answer.iter("Error"):
            code = error.findtext("Code", "")
            raise Refused(f"{gateway.endpoint} keeps versions of {bucket}: {code}", status=200, code=code)


def remove(gateway: Gateway, bucket: str) -> None:
    """The bucket is gone with all versions; fine when it was not there. Raises like `gateway.send`."""
    try:
        while page := list(islice(every(gateway, bucket), PAGE)):
            delete(gateway, bucket, page)
        send(gateway, "DELETE", f"/{bucket}")
    except Refused as refused:
        if refused.code != "NoSuchBucket":
            raise


def _version(entry: ElementTree.Element) -> Version:
    return Version(
        key=entry.findtext("Key", ""),
        version_id=entry.findtext("VersionId", ""),
        modified=conditions.parse_timestamp(entry.findtext("LastModified", "")),
        is_deletion=entry.tag == "DeleteMarker",
    )


def _deletion(page: Sequence[Version]) -> bytes:
    root = ElementTree.Element("Delete")
    ElementTree.SubElement(root, "Quiet").text = "true"
    for version in page:
        item = ElementTree.SubElement(root, "Object")
        ElementTree.SubElement(item, "Key").text = version.key
        ElementTree.SubElement(item, "VersionId").text = version.version_id
    return ElementTree.tostring(root)
