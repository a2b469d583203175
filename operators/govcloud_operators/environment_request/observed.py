"""What a decision about an EnvironmentRequest is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from govcloud_api import policy
from govcloud_api.v1alpha1 import Department, Environment, EnvironmentRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look, taken while nobody else decides about the same department."""

    request: EnvironmentRequest
    department: Department | None
    """The department whose home the request is in; None when that cannot be proven."""
    environments: tuple[Environment, ...]
    """All environments of the department, live."""
    now: datetime

    @property
    def asked(self) -> policy.Share:
        """What the request would reserve."""
        size = policy.SIZES[self.request.spec.size]
        return policy.share(cpu=size.cpu, memory=size.memory, storage=size.storage)

    @property
    def environment_name(self) -> str:
        """Name of the Environment that the request leads to."""
        return policy.environment_name(self.request.spec.product, self.request.spec.purpose)

    @property
    def environment(self) -> Environment | None:
        """The Environment that came out of this very request, by UID."""
        for environment in self.environments:
            if environment.spec.request_ref.uid == self.request.metadata.uid:
                return environment
        return None

    @property
    def was_provisioned(self) -> bool:
        """True once an Environment existed: a request is served at most once."""
        return self.request.status.environment_ref is not None
