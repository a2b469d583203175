"""The S3 client without a gateway: policies, and answers of a server that lies."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import errors
from govcloud_operators.services.driver import Role
from govcloud_operators.services.s3 import gateway, policies

FORBIDDEN = (
    "s3:*",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutObjectAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:DeleteBucket",
    "s3:PutBucketWebsite",
    "s3:PutBucketNotification",
    "s3:PutBucketObjectLockConfiguration",
    "s3:BypassGovernanceRetention",
)


def allowed(document: dict[str, Any] | None, key: str) -> set[str]:
    """Actions that the policy gives to a key, with what they are for."""
    statements = [] if document is None else document["Statement"]
    return {
        f"{action} {resource}"
        for statement in statements
        if statement["Effect"] == "Allow" and key in statement["Principal"]["AWS"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_each_key_may_what_its_role_says_in_this_bucket_alone() -> None:
    roles: dict[str, Role] = {"reader": "ro", "writer": "rw", "owner": "admin", "second": "ro"}
    document = policies.document("docs", roles)
    may = {key: allowed(document, key) for key in roles}
    assert may["reader"] == may["second"]
    assert may["reader"] < may["writer"] < may["owner"]
    assert {entry.split(" ")[1] for entry in may["owner"]} == {"arn:aws:s3:::docs", "arn:aws:s3:::docs/*"}
    assert "s3:GetObject arn:aws:s3:::docs/*" in may["reader"]
    assert "s3:PutObject arn:aws:s3:::docs/*" not in may["reader"]
    assert "s3:PutObject arn:aws:s3:::docs/*" in may["writer"]
    assert not {action for action in FORBIDDEN if any(entry.startswith(f"{action} ") for entry in may["owner"])}


def test_nobody_is_let_in_by_a_star() -> None:
    document = policies.document("docs", {"reader": "ro"})
    assert document is not None
    assert all(statement["Principal"] == {"AWS": ["reader"]} for statement in document["Statement"])
    assert policies.document("docs", {}) is None


def test_the_same_keys_make_the_same_policy() -> None:
    assert policies.document("docs", {"a": "ro", "b": "ro"}) == policies.document("docs", {"b": "ro", "a": "ro"})


def test_names_are_read_without_their_namespace() -> None:
    root = gateway.parsed(b'<List xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Key>a</Key></List>')
    assert (root.tag, root.findtext("Key")) == ("List", "a")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"{}",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b"<x><![CDATA[<Key>a</Key>]]></x>",
    ],
)
def test_an_answer_that_is_none_is_said_to_be_none(answer: bytes) -> None:
    with pytest.raises(errors.NotReady, match="a gateway answered with"):
        gateway.parsed(answer)


def test_a_gateway_shows_no_secret() -> None:
    assert "hidden" not in repr(
        gateway.Gateway(endpoint="https://a", access_key="b", secret_key="hidden", authority_pem="")
    )
