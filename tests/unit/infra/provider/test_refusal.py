"""What must be refused: waited for, and missed when the policy is gone."""

from typing import Any

import pytest

from govcloud_api.errors import Forbidden, InvalidSpec
from govcloud_infra.provider import refusal
from govcloud_infra.provider.refusal import RefusalKind
from govcloud_kube.memory import MemoryCluster

INPUTS = {
    "kubeconfig": "/k",
    "manifest": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "canary"}},
    "because": "belong to the operator",
}


class Policed(MemoryCluster):
    """A cluster whose admission answers `answers` in turn, and the last one for ever; None admits."""

    def __init__(self, *answers: Exception | None) -> None:
        super().__init__()
        self.answers = list(answers)

    def create(self, obj: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        assert dry_run
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer
        return super().create(obj, dry_run=True)


REFUSED = InvalidSpec("labels govcloud.internal/* of a namespace belong to the operator")


def test_creation_ends_once_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "_POLL_SECONDS", 0)
    said: list[str] = []
    cluster = Policed(None, REFUSED)
    kind = RefusalKind(lambda _: cluster)
    assert kind.create(INPUTS, said.append, preview=False) == ("canary", {})
    assert said


def test_a_preview_tries_nothing() -> None:
    kind = RefusalKind(lambda _: Policed(AssertionError("not to be called")))
    assert kind.create(INPUTS, print, preview=True) == ("canary", {})


@pytest.mark.parametrize(
    ("answer", "stands"),
    [(REFUSED, True), (Forbidden("... belong to the operator"), True), (None, False), (InvalidSpec("name"), False)],
)
def test_drift_is_a_policy_that_does_not_act(answer: Exception | None, stands: bool) -> None:
    assert (RefusalKind(lambda _: Policed(answer)).read(INPUTS) is not None) is stands


def test_only_what_is_tried_and_why_are_changes() -> None:
    kind = RefusalKind(lambda _: Policed(REFUSED))
    assert [c.path for c in kind.changes(INPUTS, {**INPUTS, "kubeconfig": "/other", "because": "x"})] == ["because"]
    assert kind.faults({"kubeconfig": "/k"}) == [("manifest", "is needed"), ("because", "is needed")]
