"""Makes one component: its programs, root file systems, files, images and manifests, from its recipe."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govcloud_api.errors import ConfigError, ToolFailed
from govcloud_infra.bundle import (
    archive,
    command,
    golang,
    images,
    keys,
    manifest,
    recipe,
    render,
    rootfs,
    store,
    wheels,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where and with what components are built; the same for all components of a run."""

    store: store.Store
    work_tree: Path
    go: Path | None
    processes: command.Processes
    rootfs: Callable[[recipe.Recipe, str], "System"]
    """The finished root file system of a recipe by name; waits while it is being made in the background."""
    environment: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of Debian packages that were recorded and are to be taken again."""
    renew: bool = False
    """Whether Debian root file systems are made anew, though they were finished earlier."""

    def shell(self, component: str, log_name: str = "") -> command.Shell:
        """A shell whose output goes to the component's log, or to one of its own."""
        log = self.store.root / "logs" / f"{log_name or component}.log"
        return command.Shell(component=component, log=log, processes=self.processes, environment=self.environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A finished root file system in the store, and the record of its packages."""

    path: Path
    record: manifest.FileEntry


@dataclass(slots=True, kw_only=True)
class Workbench:
    """One component in the making. `scratch` is a folder of its own that is removed afterwards."""

    site: Site
    one: recipe.Recipe
    key: str
    scratch: Path
    tell: Callable[[str], None]
    programs: dict[str, Path] = field(default_factory=dict)
    modules: dict[str, Path] = field(default_factory=dict)

    def make(self) -> manifest.Component:
        """Build everything the recipe names and move it into the store."""
        self._compile()
        made_images = self._images()
        files = {name: self._file(source) for name, source in self.one.files.items()}
        files |= {name: self._manifest(name) for name in self.one.manifests}
        return manifest.Component(
            version=self.one.version, licence=self.one.licence, key=self.key, files=files, images=made_images,
            debian={name: self.site.rootfs(self.one, name).record for name in self.one.rootfs},
        )  # fmt: skip

    def _compile(self) -> None:
        if self.one.go is None:
            return
        self.tell("fetching sources")
        golang.fetch(self._go(), self.one, self._shell())
        for name in self.one.go.programs:
            self.tell(f"compiling {name}")
            self.programs[name] = self.scratch / "go" / name
            golang.build(self._go(), self.one, name, self.programs[name], self._shell())

    def _images(self) -> dict[str, manifest.ImageEntry]:
        if not self.one.images:
            return {}
        tools = (self._tool("crane", "crane"), self._tool("registry", "registry"))
        made: dict[str, manifest.ImageEntry] = {}
        with images.open_bench(*tools, self.scratch / "bench", self._shell()) as bench:
            for ref, image in self.one.images.items():
                layers = [self._layer(f"{index}", layer, image) for index, layer in enumerate(image.layers)]
                self.tell(f"assembling image {ref}")
                made[ref] = bench.build(ref, image, layers, self.site.store)
        return made

    def _layer(self, name: str, layer: recipe.Layer, image: recipe.Image) -> Path:
        if layer.rootfs is not None:
            return self._rootfs(layer.rootfs)
        if layer.wheels is not None:
            return self._wheels(self.site.work_tree / layer.wheels, layer.to)
        tar = self.scratch / f"layer-{name}.tar"
        if layer.project:
            folder = self.scratch / "project"
            wheels.project(self.site.work_tree, folder, f"/{layer.to}", self._shell())
            archive.write(tar, archive.tree(folder, layer.to), parents=False)
        else:
            archive.write(tar, self._entries(layer), parents=image.layers[0].rootfs is None)
        return self._compressed(tar)

    def _wheels(self, lock: Path, to: str) -> Path:
        key = keys.key({"wheels": lock.read_text(), "to": to, "python": wheels.IMAGE_PYTHON})
        entry = self.site.store.step(key)
        if entry is None:
            self.tell("installing locked wheels")
            folder = self.scratch / "wheels"
            wheels.locked(lock, folder, f"/{to}", self._shell())
            tar = self.scratch / "wheels.tar"
            archive.write(tar, archive.tree(folder, to), parents=False)
            entry = self.site.store.take(self._compressed(tar))
            self.site.store.finish_step(key, entry)
        return self.site.store.path(entry.sha256)

    def _entries(self, layer: recipe.Layer) -> list[archive.Entry]:
        entries = [archive.Entry(path=p, mode=int(mode, 8)) for p, mode in layer.folders.items()]
        entries += [archive.Entry(path=p, mode=0o777, link=to) for p, to in layer.links.items()]
        for path, source in layer.files.items():
            entries += archive.tree(self._find(source), path, _mode(source))
        return entries

    def _file(self, source: recipe.Source) -> manifest.FileEntry:
        found = self._find(source)
        if source.kind == "rootfs" and not source.place[1]:  # whole, and in the store already
            return manifest.FileEntry(sha256=found.name, size=found.stat().st_size, mode="0644")
        copy = self.scratch / "file"
        copy.write_bytes(found.read_bytes())
        return self.site.store.take(copy, f"{_mode(source) or 0o644:04o}")

    def _find(self, source: recipe.Source) -> Path:
        name, path = source.place
        if source.kind == "go":
            return self.programs[name]
        if source.kind == "recipe":
            return self.one.folder / name
        if source.kind == "module":
            return _existing(self._module(name) / path, self.one.name)
        whole = self._rootfs(name)
        if not path:
            return whole
        output = self.scratch / "members" / path.replace("/", "_")
        output.parent.mkdir(exist_ok=True)
        archive.member(whole, path, output)
        return output

    def _rootfs(self, name: str) -> Path:
        self.tell(f"installing the Debian packages of {name}")
        return self.site.rootfs(self.one, name).path

    def _manifest(self, name: str) -> manifest.FileEntry:
        self.tell(f"rendering {name}")
        output = self.scratch / name
        chart, overlay = self.one.manifests[name].helm, self.one.manifests[name].kustomize
        if chart is not None:
            tool = self._tool("helm", "helm")
            render.helm(tool, chart, self._upstream(chart.module), output, self._shell())
        elif overlay is not None:
            tool = self._tool("kubernetes", "kubectl")
            render.kustomize(tool, overlay, self._upstream(overlay.module), output, self._shell())
        return self.site.store.take(output)

    def _upstream(self, module: str) -> render.Upstream:
        folder = self._module(module)
        return render.Upstream(recipe_folder=self.one.folder, module_folder=folder, scratch=self.scratch)

    def _module(self, module: str) -> Path:
        if module not in self.modules:
            found = golang.module_folder(self._go(), self.one, module, self.scratch, self._shell())
            self.modules[module] = found
        return self.modules[module]

    def _compressed(self, tar: Path) -> Path:
        output = tar.with_suffix(".tar.zst")
        archive.compress(tar, output, self._shell())
        return output

    def _tool(self, component: str, name: str) -> Path:
        return self.site.store.file(component, name)

    def _shell(self) -> command.Shell:
        return self.site.shell(self.one.name)

    def _go(self) -> Path:
        if self.site.go is None:
            raise ConfigError(f"Component {self.one.name} needs Go; put `go` on PATH.")
        return self.site.go


def make_rootfs(site: Site, one: recipe.Recipe, name: str, scratch: Path) -> System:
    """The root file system `name` of a recipe in the store, made now unless it was finished earlier."""
    key, record_key = rootfs.key(one, name), rootfs.record_key(one, name)
    entry, record = site.store.step(key), site.store.step(record_key)
    if entry is None or record is None or site.renew:
        shell = site.shell(one.name, f"{one.name}-{name}-rootfs")
        shell.log.unlink(missing_ok=True)
        folder = scratch / f"{one.name}-{name}"
        output = folder / "rootfs.tar"
        made = rootfs.build(one, name, output, shell, {} if site.renew else site.versions)
        (folder / "record.json").write_text(made.model_dump_json(indent=1) + "\n")
        record = site.store.take(folder / "record.json")
        entry = site.store.take(output)
        site.store.finish_step(record_key, record)
        site.store.finish_step(key, entry)
        shutil.rmtree(folder)
    return System(path=site.store.path(entry.sha256), record=record)


def _mode(source: recipe.Source) -> int | None:
    if source.mode is not None:
        return int(source.mode, 8)
    return 0o755 if source.kind in ("go", "rootfs") else None


def _existing(path: Path, component: str) -> Path:
    if not path.exists():
        raise ToolFailed(
            f"Component {component}: {path} does not exist in that version of the module; mend the recipe."
        )
    return path
