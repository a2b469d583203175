"""When a kind may be shown, and what the end of a watch means."""

import pytest

from govcloud_api import errors
from govcloud_kube import endings
from govcloud_monitoring.watch import standing
from govcloud_monitoring.watch.ending import Ending, ending
from govcloud_monitoring.watch.standing import Standing

PODS = Standing(kind="Pod", is_followed=True, heard_at=100)
NODES = Standing(kind="Node", is_followed=True, heard_at=110)


def test_all_kinds_are_as_old_as_the_one_that_was_heard_of_first():
    assert standing.heard_at([PODS, NODES]) == 100
    assert standing.heard_at([PODS, Standing(kind="Node", heard_at=110)]) == float("-inf")


def test_kinds_heard_of_within_the_bound_are_true():
    standing.require_true([PODS, NODES], 125, stale_seconds=25)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Standing(kind="Pod", heard_at=125), "not all kinds are listed and watched yet"),
        (Standing(kind="Pod", heard_at=125, trouble="GET /pods: no"), "Pod: GET /pods: no"),
        (
            Standing(kind="Pod", is_followed=True, heard_at=99.9, trouble="GET /pods: broke"),
            "Pod: not heard of for more than 25 s: GET /pods: broke",
        ),
    ],
)
def test_one_kind_that_is_not_true_is_enough(kind: Standing, text: str):
    with pytest.raises(errors.ApiUnavailable) as caught:
        standing.require_true([NODES, kind], 125, stale_seconds=25)
    assert str(caught.value) == text


@pytest.mark.parametrize("stale_seconds", [2, 2.5, 3, 25, 3600])
def test_a_watch_that_ends_as_asked_is_never_silent_and_never_stale(stale_seconds: float):
    lasts, silent = standing.watch_seconds(stale_seconds), standing.silent_seconds(stale_seconds)
    assert 1 <= lasts < silent < stale_seconds


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (endings.Gone("410"), Ending(reason="gone")),
        (endings.Silent("…"), Ending(reason="silent", lists_anew=False)),
        (endings.Disconnected("…"), Ending(reason="disconnected", lists_anew=False)),
        (errors.Forbidden("403"), Ending(reason="forbidden", is_refused=True)),
        (errors.ApiUnavailable("500"), Ending(reason="error")),
        (errors.NotFound("404"), Ending(reason="error")),
        (ValueError("no event"), Ending(reason="error")),
    ],
)
def test_what_an_end_means(error: Exception, expected: Ending):
    assert ending(error) == expected
