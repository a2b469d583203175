"""The exporter's environment."""

from pathlib import Path

import pytest

from govcloud_api import errors
from govcloud_monitoring import settings


def test_an_empty_environment_gives_the_defaults_of_a_pod():
    found = settings.from_environment({"PATH": "/bin"})
    assert (found.port, found.kubeconfig, found.refresh_seconds) == (9105, None, 10)
    assert found.stale_seconds < 30


def test_every_setting_has_a_variable():
    given = {"GOVCLOUD_EXPORTER_KUBECONFIG": "k", "GOVCLOUD_EXPORTER_PORT": "1", "GOVCLOUD_EXPORTER_STALE_SECONDS": "5"}
    found = settings.from_environment(given)
    assert (found.kubeconfig, found.port, found.stale_seconds) == (Path("k"), 1, 5)


def test_all_faults_are_named_at_once():
    given = {"GOVCLOUD_EXPORTER_PORT": "http", "GOVCLOUD_EXPORTER_REFRESH_SECONDS": "0"}
    with pytest.raises(errors.ConfigError) as caught:
        settings.from_environment(given)
    assert "GOVCLOUD_EXPORTER_PORT: " in str(caught.value)
    assert "GOVCLOUD_EXPORTER_REFRESH_SECONDS: " in str(caught.value)
