"""The command line on a cluster in memory, with credentials of a department."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from govcloud_kube import real
from govcloud_kube.cluster import Object
from support.desk import Desk, OpenDesk, Tenancy


@pytest.fixture
def open_desk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenDesk:
    """Factory: a person (user, groups, department or "" for the platform) at a cluster with these objects."""

    def make(
        *objects: Object, user: str = "anna", groups: tuple[str, ...] = ("tax:owner",), department: str = "tax"
    ) -> Desk:
        cluster = Tenancy([*objects], user, groups)
        namespace = f"dept-{department}" if department else "govcloud-approvals"
        context = {"cluster": "c", "user": user, "namespace": namespace}
        document = {
            "clusters": [],
            "users": [],
            "contexts": [{"name": "x", "context": context}],
            "current-context": "x",
        }
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump(document))
        monkeypatch.setenv("KUBECONFIG", str(file))
        monkeypatch.setattr(real, "connect", lambda *_words, **_more: cluster)
        return Desk(cluster, capsys)

    return make
