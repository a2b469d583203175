"""Events of the engine, in its own wire form, as lines for people."""

from typing import Any

from pulumi.automation.events import EngineEvent

from govcloud_infra.engine.events import Listener

URN = "urn:pulumi:site::govcloud-site::govcloud:site:Site$govcloud:infra:Machine::w1"


def event(**parts: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **parts})


def metadata(op: str, diff: list[str] | None = None, *, kind: str = "govcloud:infra:Machine", urn: str = URN) -> Any:
    detailed = {path: {"diffKind": "update", "inputDiff": True} for path in diff or []} or None
    return {"metadata": {"op": op, "urn": urn, "type": kind, "provider": "", "detailedDiff": detailed}}


def diagnostic(severity: str, message: str, *, urn: str | None = URN, ephemeral: bool = False) -> EngineEvent:
    told = {"severity": severity, "message": message, "urn": urn, "ephemeral": ephemeral, "color": "never"}
    return event(diagnosticEvent=told)


def heard(*events: EngineEvent) -> tuple[Listener, list[str]]:
    steps: list[str] = []
    listener = Listener(steps.append)
    for item in events:
        listener(item)
    return listener, steps


def test_a_resource_is_announced_counted_once_and_finished() -> None:
    before, after = event(resourcePreEvent=metadata("create")), event(resOutputsEvent=metadata("create"))
    listener, steps = heard(before, before, after)
    assert listener.changes == ["create Machine w1"]
    assert steps == ["create w1", "created w1"]
    assert listener.errors == []


def test_an_update_names_its_fields_and_not_too_many() -> None:
    listener, _ = heard(event(resourcePreEvent=metadata("update", ["power", "address"])))
    assert listener.changes == ["update Machine w1 (address, power)"]
    listener, _ = heard(event(resourcePreEvent=metadata("update", list("edcba"))))
    assert listener.changes == ["update Machine w1 (a, b, c, d, …)"]


def test_what_stays_the_same_is_silent() -> None:
    listener, steps = heard(*(event(resourcePreEvent=metadata(op)) for op in ("same", "read", "refresh")))
    assert (listener.changes, steps) == ([], [])


def test_the_stack_and_the_provider_are_no_changes() -> None:
    stack = event(resourcePreEvent=metadata("create", kind="pulumi:pulumi:Stack", urn="urn::site"))
    provider = event(resourcePreEvent=metadata("create", kind="pulumi:providers:govcloud", urn="urn::default"))
    listener, _ = heard(stack, provider)
    assert listener.changes == []


def test_a_replacement_is_one_deletion_and_one_creation() -> None:
    operations = ("delete-replaced", "replace", "create-replacement")
    listener, _ = heard(*(event(resourcePreEvent=metadata(op)) for op in operations))
    assert listener.changes == ["create-replacement Machine w1"]


def test_a_provider_says_what_it_does() -> None:
    _, steps = heard(diagnostic("info", "power on\n", ephemeral=True), diagnostic("info", "kept", ephemeral=False))
    assert steps == ["w1: power on"]


def test_an_error_is_told_once_without_trace_and_type() -> None:
    raised = (
        "Unexpected <class 'govcloud_api.errors.ToolFailed'>: `ip link` failed\n  twice\nTraceback (most recent call"
    )
    listener, _ = heard(
        diagnostic("error", raised), diagnostic("error", "`ip link` failed twice", urn=None),
        diagnostic("error", "update failed", urn=None), diagnostic("warning", "old"),
    )  # fmt: skip
    assert listener.errors == ["w1: `ip link` failed twice"]


def test_the_engines_last_word_is_kept_when_it_is_the_only_one() -> None:
    listener, _ = heard(diagnostic("error", "preview failed", urn=None), diagnostic("error", "  "))
    assert listener.errors == ["preview failed"]


def test_an_endless_error_is_cut() -> None:
    listener, _ = heard(diagnostic("error", "x" * 5000, urn=None))
    assert len(listener.errors[0]) == 600


def test_what_was_raised_is_remembered_by_name_and_told_without_it() -> None:
    raised = "Unexpected <class 'govcloud_api.errors.ApiUnavailable'>: w1 does not answer\nTraceback (most recent call"
    listener, _ = heard(diagnostic("error", f"Preview failed: {raised}"), diagnostic("error", "Preview failed: other"))
    assert listener.errors == ["w1: w1 does not answer", "w1: other"]
    assert listener.raised == ["ApiUnavailable"]
