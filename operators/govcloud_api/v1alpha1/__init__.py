"""The kinds of govcloud.internal/v1alpha1, frozen: parsed once, never changed."""

from govcloud_api.v1alpha1.department import Department
from govcloud_api.v1alpha1.environment import Environment
from govcloud_api.v1alpha1.environment_request import EnvironmentRequest

__all__ = ["Department", "Environment", "EnvironmentRequest"]
