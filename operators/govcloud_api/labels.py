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
SERVICE = "govcloud.internal/service"
"""Label of everything a ServiceInstance consists of; its value is the instance's name."""
BINDING = "govcloud.internal/binding"
CHILD_PREFIX = "svc-"
"""Names of what a ServiceInstance consists of; people of an environment may not use it."""
EXEMPT_PREFIX = "govcloud.internal/exempt-"
"""Label of a namespace for which a rule does not hold, with the rule's name behind it."""
TIER = "govcloud.internal/tier"
"""Label of an environment's namespace: its ServiceTier; pods there run with PriorityClass `govcloud-<tier>`."""
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "govcloud"

OWNER_UID = "state.govcloud.internal/owner-uid"
"""Annotation: UID of the Department or Environment a namespace was made for. Only the operator writes this prefix."""
INGRESS_HOSTS = "state.govcloud.internal/ingress-hosts"
"""Annotation of a namespace: names its Ingresses may answer to, with commas between."""
TRANSFERRED_FROM = "state.govcloud.internal/transferred-from"
"""Annotation of an Environment and its namespace: UID of the Environment whose namespace it takes over."""
TRANSFERRED_TO = "state.govcloud.internal/transferred-to"
"""Annotation of a namespace: UID of the Environment that is taking it over; its owner keeps its hands off."""
WORK_NAMESPACE = "state.govcloud.internal/namespace"
"""Annotation of an Environment whose namespace has another name than its department, product and purpose give."""
REPLICAS = "state.govcloud.internal/replicas"
"""Annotation of a workload of a suspended environment: how many replicas come back."""
BACKUP_REQUESTED = "govcloud.internal/backup-requested-at"
"""Annotation that people set on a ServiceInstance, to a moment (RFC 3339), to have one more backup begun after it."""
PAUSED = "state.govcloud.internal/paused"
"""Annotation of a CronJob that the suspension of its environment paused."""
STATE_PREFIX = "state.govcloud.internal/"
FINALIZER_PREFIX = "govcloud.internal/"
ENVIRONMENT_FINALIZER = "govcloud.internal/environment"
DEPARTMENT_FINALIZER = "govcloud.internal/department"
INSTANCE_FINALIZER = "govcloud.internal/service-instance"
BINDING_FINALIZER = "govcloud.internal/service-binding"

OPERATOR_FIELD_MANAGER = "govcloud-operator"
PLATFORM_FIELD_MANAGER = "govcloud-platform"
CLI_FIELD_MANAGER = "govcloud-cli"

SYSTEM_NAMESPACE = "govcloud-system"
MONITORING_NAMESPACE = "govcloud-monitoring"
NODE_NAMESPACE = "govcloud-node"
"""Of what must see the machines: node-exporter."""
APPROVALS_NAMESPACE = "govcloud-approvals"
"""Where people of the platform write their decisions."""
TENANTS_NAMESPACE = "govcloud-tenants"
"""Service accounts in whose name the operator writes into departments' namespaces; no pod ever runs there."""
INGRESS_NAMESPACE = "govcloud-ingress"
APPS_DOMAIN = "apps.govcloud.internal"
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


def tenant_account(department_code: str) -> str:
    """Name of a department's service account in `TENANTS_NAMESPACE`."""
    return f"tenant-{department_code}"


def tenant_user(department_code: str) -> str:
    """User name of that service account."""
    return f"system:serviceaccount:{TENANTS_NAMESPACE}:{tenant_account(department_code)}"


def selector(labels: dict[str, str]) -> str:
    """Label selector in wire form, keys in order: `a=1,b=2`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
