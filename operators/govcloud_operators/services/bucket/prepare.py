"""What a pod does before its gateway starts: `prepare OPERATOR ENVIRONMENT MESSAGE FOLDER...`.

OPERATOR is the operator's public half (see `agreement`). ENVIRONMENT gets the administrator's secret key, as a file
that Kubernetes makes variables of; MESSAGE gets the pod's public half, which the kubelet shows in the pod's status.
FOLDERs are made on a new volume. Nothing is printed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from govcloud_operators.services.bucket import agreement

VARIABLE = "ROOT_SECRET_KEY"


def main(operators: str, environment: Path, message: Path, folders: list[Path]) -> None:
    """Make a new key pair and leave its results. Raises ValueError when `operators` is no key."""
    own = X25519PrivateKey.generate()
    pods = agreement.public(own)
    secret = agreement.shared(own, operators, pods)
    for folder in folders:
        folder.mkdir(mode=0o700, exist_ok=True)
    environment.unlink(missing_ok=True)
    with os.fdopen(os.open(environment, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(f"{VARIABLE}='{secret}'\n")
    message.write_text(pods)


if __name__ == "__main__":
    first, second, third, *others = sys.argv[1:]
    main(first, Path(second), Path(third), [Path(other) for other in others])
