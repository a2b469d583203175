"""The kinds of govcloud.internal/v1alpha1, frozen: parsed once, never changed."""

from govcloud_api.v1alpha1.approval import Approval
from govcloud_api.v1alpha1.approval_policy import ApprovalPolicy
from govcloud_api.v1alpha1.department import Department
from govcloud_api.v1alpha1.environment import Environment
from govcloud_api.v1alpha1.environment_request import EnvironmentRequest
from govcloud_api.v1alpha1.policy_exemption import PolicyExemption
from govcloud_api.v1alpha1.service_binding import ServiceBinding
from govcloud_api.v1alpha1.service_instance import ServiceInstance
from govcloud_api.v1alpha1.service_offering import ServiceOffering
from govcloud_api.v1alpha1.service_tier import ServiceTier
from govcloud_api.v1alpha1.work_calendar import WorkCalendar

__all__ = [
    "Approval",
    "ApprovalPolicy",
    "Department",
    "Environment",
    "EnvironmentRequest",
    "PolicyExemption",
    "ServiceBinding",
    "ServiceInstance",
    "ServiceOffering",
    "ServiceTier",
    "WorkCalendar",
]
