"""Names that several parts must spell alike: group, labels, annotations, finalizers, field managers, namespaces."""

GROUP = "govcloud.internal"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

DEPARTMENT = "govcloud.internal/department"
PURPOSE = "govcloud.internal/purpose"
ENVIRONMENT = "govcloud.internal/environment"
PRODUCT = "govcloud.internal/product"
ROLE = "govcloud.internal/role"
"""What a namespace is to its department: `home` or `environment`."""
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "govcloud"

OWNER_UID = "state.govcloud.internal/owner-uid"
"""Annotation: UID of the Department or Environment a namespace was made for. Only the operator writes this prefix."""
STATE_PREFIX = "state.govcloud.internal/"
FINALIZER_PREFIX = "govcloud.internal/"
ENVIRONMENT_FINALIZER = "govcloud.internal/environment"
DEPARTMENT_FINALIZER = "govcloud.internal/department"

OPERATOR_FIELD_MANAGER = "govcloud-operator"
PLATFORM_FIELD_MANAGER = "govcloud-platform"
CLI_FIELD_MANAGER = "govcloud-cli"

SYSTEM_NAMESPACE = "govcloud-system"
MONITORING_NAMESPACE = "govcloud-monitoring"
OPERATOR_SERVICE_ACCOUNT = "operator"
OPERATOR_USER = "system:serviceaccount:govcloud-system:operator"
REGISTRY = "registry.govcloud.internal"
DEFAULT_STORAGE_CLASS = "local-path"

PSA_ENFORCE = "pod-security.kubernetes.io/enforce"
PSA_ENFORCE_VERSION = "pod-security.kubernetes.io/enforce-version"
PSA_VERSION = "v1.36"
"""Pinned: an upgrade of the cluster must not change which pods a department may run."""


def home_namespace(department_code: str) -> str:
    """Namespace that holds a department's own requests and environments, never workloads."""
    return f"dept-{department_code}"


def selector(labels: dict[str, str]) -> str:
    """Label selector in wire form, keys in order: `a=1,b=2`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
