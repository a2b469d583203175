"""Manifest files of the repository as objects: read, filled in, put in apply order. Pure but for reading."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from govcloud_api.errors import ConfigError

Object = dict[str, Any]
# Ten times as fast; PyYAML has it wherever libyaml was there to build it with.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYS = {"apiVersion", "kind", "metadata"}
REGISTRY = "registry.govcloud.internal"


def read_folder(folder: Path, replacements: Mapping[str, str]) -> list[Object]:
    """Every object below `folder`, files in the order of their paths; placeholders such as `@VERSION@` are filled.

    Raises ConfigError naming the file that is not Kubernetes YAML.
    """
    return [item for file in sorted(folder.rglob("*.yaml")) for item in read_file(file, replacements)]


def read_file(file: Path, replacements: Mapping[str, str]) -> Iterator[Object]:
    """Objects of one file."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text (byte {error.start})") from error
    for placeholder, value in replacements.items():
        text = text.replace(placeholder, value)
    try:
        documents = [item for item in yaml.load_all(text, Loader=_LOADER) if item]
    except yaml.YAMLError as error:
        raise ConfigError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    for item in documents:
        if not isinstance(item, dict) or not isinstance(item.get("metadata"), dict) or not item.keys() >= _KEYS:
            raise ConfigError(f"{file} holds something that is no Kubernetes object (apiVersion, kind, metadata)")
        yield item


def pinned(value: Any, images: Mapping[str, str]) -> Any:
    """The same with every image of the site's registry named by its content too (`name:tag@sha256:...`).

    A tag that is built anew then changes the objects that use it. Raises ConfigError for an image the bundle lacks.
    """
    if isinstance(value, dict):
        return {key: pinned(item, images) for key, item in value.items()}
    if isinstance(value, list):
        return [pinned(item, images) for item in value]
    if not isinstance(value, str) or not value.startswith(f"{REGISTRY}/") or "@" in value:
        return value
    image = value.removeprefix(f"{REGISTRY}/")
    if image not in images:
        raise ConfigError(f"the bundle has no image {image}, which a manifest uses; run: govcloud bundle build")
    return f"{value}@sha256:{images[image]}"


def workload_name(item: Object) -> str:
    """How a workload is named to people: `deployment kube-system/coredns`."""
    return f"{item['kind'].lower()} {item['metadata']['namespace']}/{item['metadata']['name']}"


def resource_name(item: Object) -> str:
    """Unique name of an object within a stack: `Service govcloud-monitoring/prometheus`."""
    namespace = item["metadata"].get("namespace")
    return f"{item['kind']} {f'{namespace}/' if namespace else ''}{item['metadata']['name']}"
