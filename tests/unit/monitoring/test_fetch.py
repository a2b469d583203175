"""Reading pages from the API."""

import pytest

from govcloud_api import errors
from govcloud_monitoring.kubernetes.fetch import KubernetesReader
from govcloud_monitoring.kubernetes.pods import Amount
from support.monitoring import PATHS, RawApi, container, namespace, node, pod


def test_all_pages_of_all_lists_are_read():
    pods = [pod(f"p{number}", "tax-a-test", container("a", "1m", "1")) for number in range(7)]
    api = RawApi({"namespaces": [namespace("tax-a-test", "tax", "test")], "nodes": [node("n1")], "pods": pods})
    found = KubernetesReader(api, page_objects=3).read()
    assert found.requested == {("tax", "test", "workers"): Amount(7, 7)}
    assert {path.partition("?")[0] for path in api.requests} == set(PATHS.values())
    assert [path for path in api.requests if path.startswith("/api/v1/pods")] == [
        "/api/v1/pods?limit=3",
        "/api/v1/pods?limit=3&continue=3",
        "/api/v1/pods?limit=3&continue=6",
    ]


def test_an_answer_that_cannot_be_read_names_the_path():
    class Proxy:
        def raw(self, method: str, path: str) -> bytes:
            return b"<html>Sign in</html>"

    with pytest.raises(errors.ApiUnavailable, match=r"GET /api/v1/namespaces: the answer is not the list") as caught:
        KubernetesReader(Proxy()).read()
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("failure", [errors.ApiUnavailable("gone"), errors.Forbidden("no")])
def test_a_list_that_is_refused_fails_the_whole_reading(failure: errors.GovcloudError):
    with pytest.raises(type(failure)):
        KubernetesReader(RawApi(failure=failure)).read()
