"""A bundle of a few bytes: one component with one program, one image of one layer, and a bill of materials."""

import json
from pathlib import Path

from govcloud_infra.bundle import manifest, store


def put(kept: store.Store, text: str, mode: str = "0644") -> manifest.FileEntry:
    kept.root.mkdir(parents=True, exist_ok=True)
    source = kept.root / "incoming-file"
    source.write_text(text)
    return kept.take(source, mode)


def image(kept: store.Store, layer: str) -> manifest.ImageEntry:
    config, content = put(kept, "{}"), put(kept, layer)
    parts = [
        {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{e.sha256}", "size": e.size}
        for kind, e in (("config.v1+json", config), ("layer.v1.tar+zstd", content))
    ]
    described = put(kept, json.dumps({"config": parts[0], "layers": parts[1:]}))
    return manifest.ImageEntry(manifest=described.sha256, size=config.size + content.size + described.size)


def make(root: Path, *, program: str = "program", layer: str = "layer") -> store.Store:
    kept = store.Store(root)
    component = manifest.Component(
        version="v1", licence="MIT", key="0" * 64,
        files={"tool": put(kept, program, "0755")}, images={"tool:v1": image(kept, layer)},
        debian={"system": put(kept, '{"releases": [], "packages": []}')},
    )  # fmt: skip
    kept.record("tool", component)
    kept.replace_manifest(kept.manifest().with_sbom(put(kept, '{"bomFormat": "CycloneDX", "components": []}')))
    return kept


def spoil(path: Path, content: str) -> None:
    path.chmod(0o644)
    path.write_text(content)
