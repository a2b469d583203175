"""An instance and what the catalogue and its environment say -> an Order, or what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from govcloud_api import policy
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import ServiceInstance, ServiceOffering, ServiceTier
from govcloud_api.v1alpha1.model import DATA_CLASSES
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_operators.services import versions
from govcloud_operators.services.driver import Order, ServiceDriver
from govcloud_operators.services.place import Place
from govcloud_operators.services.versions import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an order cannot be served: a CamelCase word, and a sentence that says what to change."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an order is made from."""

    instance: ServiceInstance
    place: Place
    offering: ServiceOffering | None
    tier: ServiceTier | None
    driver: ServiceDriver | None
    now: datetime


def draft(case: Case) -> Order | Fault:
    """The order before its objects were looked at, so its version is the one that is wished for."""
    spec, offering = case.instance.spec, case.offering
    if offering is None:
        return Fault(reason="NoSuchOffering", message=f"offering {spec.offering_ref} is not in the catalogue")
    if case.driver is None:
        text = f"offering {spec.offering_ref} needs driver {offering.spec.driver}, which this cloud does not have"
        return Fault(reason="NoSuchDriver", message=f"{text}; ask the platform team")
    plan = next((plan for plan in offering.spec.plans if plan.name == spec.plan), None)
    if plan is None:
        names = ", ".join(plan.name for plan in offering.spec.plans)
        return Fault(reason="NoSuchPlan", message=f"plan {spec.plan} is not offered; choose one of {names}")
    if fault := _forbidden(case, offering):
        return fault
    order = _order(case, plan)
    wrong = case.driver.faults(order)
    return Fault(reason="InvalidOrder", message=wrong) if wrong else order


def settle(case: Case, found: Order, live: Mapping[Ref, Object], pods: tuple[Object, ...]) -> tuple[Order, Choice]:
    """The order as it is to be built now that its objects were looked at, and what its version waits for."""
    looked = replace(found, live=live, pods=pods)
    offering, driver = case.offering, case.driver
    if offering is None or driver is None or not offering.spec.versions:
        return looked, Choice()
    applied = driver.applied_version(looked)
    choice = versions.choose(case.instance.spec, offering.spec.versions, applied, case.now)
    images = {version.version: version.image for version in offering.spec.versions}
    # A version that is no longer offered goes on with the image it runs until it may be replaced.
    image = images.get(choice.run) or _running_image(looked) or looked.image
    helpers = {version.version: version.helper_image or "" for version in offering.spec.versions}
    helper = helpers.get(choice.run, looked.helper_image)
    return replace(looked, version=choice.run, image=image, helper_image=helper), choice


def monthly_cents(case: Case, order: Order) -> int | None:
    """Price of a month: the plan's and that of the reserved units; None when the tier is not there."""
    if case.tier is None or case.driver is None:
        return None
    return order.plan.price_cents + policy.monthly_cents(case.driver.reserved(order), case.tier.spec.prices)


def _forbidden(case: Case, offering: ServiceOffering) -> Fault | None:
    spec = case.instance.spec
    if offering.spec.support_status == "Deprecated" and case.instance.status.version is None:
        return Fault(reason="Deprecated", message=f"offering {spec.offering_ref} takes no new orders; choose another")
    if (offering.spec.driver == "web") != (spec.web is not None):
        text = "write spec.web: which image runs and on which port" if spec.web is None else "leave spec.web out"
        return Fault(
            reason="InvalidOrder", message=f"offering {spec.offering_ref} has driver {offering.spec.driver}; {text}"
        )
    wanted = case.place.environment.spec.data_class
    limits = {
        f"offering {spec.offering_ref}": offering.spec.max_data_class,
        f"department {case.place.department.spec.code}": case.place.department.spec.max_data_class,
    }
    for whose, most in limits.items():
        if DATA_CLASSES.index(wanted) > DATA_CLASSES.index(most):
            text = f"the environment holds {wanted} data, {whose} may hold {most} at most"
            return Fault(reason="DataClassTooHigh", message=text)
    return None


def _order(case: Case, plan: Plan) -> Order:
    spec = case.instance.spec
    offered = case.offering.spec.versions if case.offering else []
    version = versions.choose(spec, offered, None, case.now).desired
    chosen = next((found for found in offered if found.version == version), None)
    return Order(
        instance=case.instance,
        plan=plan,
        version=version,
        image=chosen.image if chosen else spec.web.image if spec.web else "",
        helper_image=(chosen.helper_image or "") if chosen else "",
        namespace=case.place.namespace,
        department_code=case.place.department.spec.code,
        now=case.now,
        suspended=case.place.suspended,
        replicas_min=case.tier.spec.replicas_min if case.tier else 1,
        ingress_hosts=tuple(case.place.environment.spec.network.ingress_hosts),
    )


def _running_image(order: Order) -> str:
    for ref, found in order.live.items():
        if ref.kind in ("StatefulSet", "Deployment") and ref.name == order.name:
            containers = found["spec"]["template"]["spec"]["containers"]
            return str(containers[0]["image"])
    return ""
