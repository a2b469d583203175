"""Does the program answer, and why not? Pure."""

from __future__ import annotations

from govcloud_api import conditions
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object
from govcloud_operators.services import trouble
from govcloud_operators.services.driver import Order
from govcloud_operators.services.web import desired


def readiness(order: Order) -> Condition:
    """Condition `Provisioned`: True only when every copy runs what is ordered and answers its health check."""
    if order.suspended:
        return _no("Suspended", "the environment is suspended; nothing of it runs")
    found = order.live.get(desired.deployment_ref(order))
    if found is None:
        return _no("Missing", "the program is being set up")
    if _is_rolled_out(found):
        return Condition(type="Provisioned", status="True", reason="Answers")
    why = trouble.of_workload(found) or trouble.of_pods(order.pods) or _stuck(found)
    if why is None:
        return _no("Starting", f"{_ready(found)} of {found['spec'].get('replicas', 1)} copies answer")
    before = "; what ran before still answers" if _ready(found) else ""
    return _no(why.reason, f"{why.message}{before}")


def _is_rolled_out(deployment: Object) -> bool:
    """As `kubectl rollout status` sees it."""
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    wanted = deployment["spec"].get("replicas", 1)
    counted = [status.get(part, 0) for part in ("replicas", "updatedReplicas", "availableReplicas")]
    seen = status.get("observedGeneration", 0) >= metadata.get("generation", 0)
    return bool(seen and counted == [wanted, wanted, wanted])


def _ready(deployment: Object) -> int:
    return int((deployment.get("status") or {}).get("readyReplicas", 0))


def _stuck(deployment: Object) -> trouble.Trouble | None:
    progress = conditions.find(deployment, "Progressing")
    if progress is None or progress.get("reason") != "ProgressDeadlineExceeded":
        return None
    text = (
        f"no copy answers its health check after {desired.ROLLOUT_SECONDS} s;"
        " look at the pods' logs, and at spec.web.port and spec.web.healthPath"
    )
    return trouble.Trouble(reason="NotAnswering", message=text)


def _no(reason: str, message: str) -> Condition:
    return Condition(type="Provisioned", status="False", reason=reason, message=message)
