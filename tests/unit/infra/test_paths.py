"""Where things lie follows from the environment alone."""

from pathlib import Path

import pytest

from govcloud_infra.paths import REPOSITORY, site_paths


@pytest.mark.parametrize(
    ("environ", "state", "cache"),
    [
        ({"HOME": "/home/a"}, "/var/lib/govcloud/lab", "/home/a/.cache/govcloud"),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "/x"}, "/var/lib/govcloud/lab", "/x/govcloud"),
        ({"GOVCLOUD_STATE": "/s", "GOVCLOUD_CACHE": "/c", "XDG_CACHE_HOME": "/x"}, "/s/lab", "/c"),
        ({"GOVCLOUD_STATE": "", "GOVCLOUD_CACHE": ""}, "/var/lib/govcloud/lab", "/root/.cache/govcloud"),
    ],
)
def test_folders(environ: dict[str, str], state: str, cache: str) -> None:
    found = site_paths("lab", environ)
    assert (found.state, found.cache) == (Path(state), Path(cache))
    own = [found.machines, found.run, found.ssh_key, found.known_hosts, found.pki, found.pulumi, found.inventory]
    own += [found.kubeconfig, found.lock, found.logs, found.deployed, found.journal]
    assert all(path.is_relative_to(state) for path in own)
    assert len(set(own)) == len(own)
    assert found.bundle.is_relative_to(cache)


def test_the_repository_is_where_the_playbooks_are() -> None:
    assert (REPOSITORY / "playbooks" / "deploy_cluster.yml").is_file()
