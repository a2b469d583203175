"""History goes in the operator's own name and with its own rights: what is closed and judged, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_kube import Cluster, Object, Ref, ref_of
from govcloud_operators.surroundings import RETENTION
from govcloud_operators.tidying import reconcile as tidying
from support import apiserver, places, tenancy

LATER = datetime.now(UTC) + RETENTION + timedelta(days=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """One of its own: an operator that runs beside would judge what is left unjudged here."""
    with tenancy.platform(tmp_path_factory.mktemp("tidying")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: apiserver.ApiServer) -> Cluster:
    """The platform team."""
    return server.admin()


@pytest.fixture(scope="module")
def as_operator(server: apiserver.ApiServer) -> Cluster:
    """The operator's own rights, without the operator."""
    return server.connect(labels.OPERATOR_USER, *tenancy.SERVICE_ACCOUNT_GROUPS)


@pytest.fixture(scope="module")
def operator_name(server: apiserver.ApiServer) -> Cluster:
    """The operator's name with every right: what is refused to it, admission refuses."""
    return places.operator(server)


@pytest.fixture(scope="module")
def dusty(server: apiserver.ApiServer) -> places.Place:
    """A department with a past."""
    return places.make(server, "dusty")


def asked(place: places.Place, writer: Cluster, name: str, phase: str) -> Object:
    """A request that an owner wrote and the operator brought into a phase."""
    made = place.person("owner").create(tenancy.request(place.home, name, product=name))
    told = {"Denied": ("Denied", "True"), "Closed": ("Ready", "False")}.get(phase, ("Ready", "True"))
    return with_status(writer, made, *told, phase=phase)


def word(place: places.Place, about: Object, name: str) -> Object:
    """An approver's word, not judged yet."""
    metadata = about["metadata"]
    reference = {key: metadata[key] for key in ("name", "namespace", "uid")}
    reference |= {"kind": "EnvironmentRequest", "specHash": f"sha256:{'0' * 64}"}
    spec = {"requestRef": reference, "verdict": "Approve", "role": "approver"}
    body = {"apiVersion": labels.API_VERSION, "kind": "Approval", "metadata": {"name": name, "namespace": place.home}}
    return place.person("approver").create(body | {"spec": spec})


def with_status(writer: Cluster, obj: Object, type_: str, status: str, **more: str) -> Object:
    now = conditions.timestamp(datetime.now(UTC))
    condition = {"type": type_, "status": status, "reason": "R", "message": "", "lastTransitionTime": now}
    return writer.patch_status(obj | {"status": {"conditions": [condition]} | more}, field_manager="operator")


def left(admin: Cluster, place: places.Place, kind: str) -> set[str]:
    return {item["metadata"]["name"] for item in admin.list(labels.API_VERSION, kind, namespace=place.home)}


def test_a_home_is_tidied_with_the_operators_rights(
    dusty: places.Place, admin: Cluster, operator_name: Cluster, as_operator: Cluster
) -> None:
    found = {
        phase: asked(dusty, operator_name, f"r-{phase.lower()}", phase)
        for phase in ("Denied", "Closed", "Ready", "PolicyChecked")
    }
    for phase in ("Denied", "Ready"):
        with_status(operator_name, word(dusty, found[phase], f"w-{phase.lower()}"), "Valid", "True")
    assert tidying.home(as_operator, dusty.home, RETENTION, datetime.now(UTC)) == 0
    assert tidying.home(as_operator, dusty.home, RETENTION, LATER) == 3
    assert left(admin, dusty, "Approval") == {"w-ready"}
    assert left(admin, dusty, "EnvironmentRequest") == {"r-ready", "r-policychecked"}
    assert tidying.home(as_operator, dusty.home, RETENTION, LATER) == 0


@pytest.mark.parametrize("phase", ["Pending", "PolicyChecked", "Approved", "Provisioning", "Ready", "Done"])
def test_what_is_open_or_in_force_the_operator_cannot_remove(
    dusty: places.Place, operator_name: Cluster, as_operator: Cluster, phase: str
) -> None:
    open_ = asked(dusty, operator_name, f"o-{phase.lower()}", phase)
    with pytest.raises(errors.InvalidSpec, match="denied or closed"):
        as_operator.delete(ref_of(open_))


def test_a_word_that_nobody_judged_the_operator_cannot_remove(
    dusty: places.Place, operator_name: Cluster, as_operator: Cluster
) -> None:
    about = asked(dusty, operator_name, "judged", "Denied")
    said = word(dusty, about, "judged")
    with pytest.raises(errors.InvalidSpec, match="removes only decisions that were judged"):
        as_operator.delete(ref_of(said))
    with_status(operator_name, said, "Valid", "False")
    assert as_operator.delete(ref_of(said))


def test_people_remove_as_before(dusty: places.Place, operator_name: Cluster) -> None:
    asked(dusty, operator_name, "mine", "PolicyChecked")
    assert dusty.person("owner").delete(Ref(labels.API_VERSION, "EnvironmentRequest", "mine", dusty.home))
    for role in ("approver", "auditor", "member-manager"):
        with pytest.raises(errors.Forbidden):
            dusty.person(role).delete(Ref(labels.API_VERSION, "EnvironmentRequest", "judged", dusty.home))
