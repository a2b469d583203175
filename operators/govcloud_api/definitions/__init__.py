"""Every kind, in the order in which people meet them."""

from govcloud_api.definitions.decisions import APPROVAL, APPROVAL_POLICY, ENVIRONMENT_REQUEST, POLICY_EXEMPTION
from govcloud_api.definitions.definition import Definition
from govcloud_api.definitions.services import SERVICE_BINDING, SERVICE_INSTANCE, SERVICE_OFFERING
from govcloud_api.definitions.tenancy import DEPARTMENT, ENVIRONMENT, SERVICE_TIER, WORK_CALENDAR

DEFINITIONS: tuple[Definition, ...] = (
    DEPARTMENT,
    SERVICE_TIER,
    WORK_CALENDAR,
    APPROVAL_POLICY,
    ENVIRONMENT_REQUEST,
    APPROVAL,
    ENVIRONMENT,
    POLICY_EXEMPTION,
    SERVICE_OFFERING,
    SERVICE_INSTANCE,
    SERVICE_BINDING,
)
