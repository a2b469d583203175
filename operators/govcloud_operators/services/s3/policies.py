"""Who may do what in one bucket, as the bucket's policy. Pure.

Format: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html; a principal is an access key here.
No role may change the policy, open the bucket to the world, or remove the bucket itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govcloud_operators.services.driver import Role

READ_OBJECT = ["s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging"]
READ_BUCKET = ["s3:ListBucket", "s3:GetBucketLocation"]
WRITE_OBJECT = [
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:PutObjectTagging",
    "s3:DeleteObjectTagging",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
WRITE_BUCKET = ["s3:ListBucketMultipartUploads"]
RULE_BUCKET = ["s3:GetBucketCORS", "s3:PutBucketCORS", "s3:GetBucketTagging", "s3:PutBucketTagging"]
OBJECT_ACTIONS: Mapping[Role, list[str]] = {
    "ro": READ_OBJECT,
    "rw": READ_OBJECT + WRITE_OBJECT,
    "admin": READ_OBJECT + WRITE_OBJECT,
}
BUCKET_ACTIONS: Mapping[Role, list[str]] = {
    "ro": READ_BUCKET,
    "rw": READ_BUCKET + WRITE_BUCKET,
    "admin": READ_BUCKET + WRITE_BUCKET + RULE_BUCKET,
}


def document(bucket: str, roles: Mapping[str, Role]) -> dict[str, Any] | None:
    """The policy that lets each access key act in its role and nobody else; None when there is nobody."""
    statements = [
        statement
        for role in OBJECT_ACTIONS
        if (keys := sorted(key for key, has in roles.items() if has == role))
        for statement in _statements(bucket, role, keys)
    ]
    return {"Version": "2012-10-17", "Statement": statements} if statements else None


def _statements(bucket: str, role: Role, keys: list[str]) -> list[dict[str, Any]]:
    common = {"Effect": "Allow", "Principal": {"AWS": keys}}
    return [
        common | {"Action": BUCKET_ACTIONS[role], "Resource": [f"arn:aws:s3:::{bucket}"]},
        common | {"Action": OBJECT_ACTIONS[role], "Resource": [f"arn:aws:s3:::{bucket}/*"]},
    ]
