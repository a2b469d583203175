"""The recipe of a component, `infra/bundle/<component>/component.yaml`: what it is and how it is made. Declarative."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from govcloud_api.errors import ConfigError

FILE = "component.yaml"
_Mode = Annotated[str, Field(pattern="^[01][0-7]{3}$")]
_ImageRef = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]*:[A-Za-z0-9._-]+$")]
_SOURCE = re.compile(r"^(go:[^/]+|rootfs:[^/]+(//.+)?|module:.+//.+|recipe:.+)$")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _short(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class Source(_Value):
    """Where a file comes from, as `kind:place`, and its octal mode where the default of its kind does not fit.

    `go:NAME` a program of the go section; `rootfs:NAME` a whole root file system as tar; `rootfs:NAME//PATH` a file
    in it; `module:MODULE//PATH` a file or folder of a pinned Go module; `recipe:PATH` a file beside component.yaml.
    """

    origin: str = Field(alias="from", pattern=_SOURCE.pattern)
    mode: _Mode | None = None

    @property
    def kind(self) -> str:
        """`go`, `rootfs`, `module` or `recipe`."""
        return self.origin.partition(":")[0]

    @property
    def place(self) -> tuple[str, str]:
        """Name and path within it; the path is empty where the name says all."""
        name, _, path = self.origin.partition(":")[2].partition("//")
        return name, path


class GoProgram(_Value):
    """One program: import path of its main package, build tags, linker variables beside those of the section."""

    package: str
    tags: tuple[str, ...] = ()
    variables: Mapping[str, str] = Field(default_factory=dict)


class GoBuild(_Value):
    """Programs built in the recipe's folder, which holds their go.mod and go.sum."""

    programs: Mapping[str, GoProgram] = Field(min_length=1)
    tags: tuple[str, ...] = ()
    variables: Mapping[str, str] = Field(default_factory=dict)


class Rootfs(_Value):
    """A Debian root file system: packages from the signed archive, then hooks (shell scripts, $1 is the root).

    What a hook leaves in `var/lib/dpkg/status` and `usr/share/doc` is taken for its packages and their licences. Of the
    packages in `without` every file is removed before the first hook, and no record names them.
    """

    variant: Literal["extract", "essential", "minbase"]
    packages: str = Field(description="file beside component.yaml, one package a line, # starts a comment")
    hooks: tuple[str, ...] = ()
    reads: tuple[str, ...] = Field(default=(), description="files that the hooks read, by their path from the recipe")
    without: str | None = Field(
        default=None, description="file beside component.yaml, packages that others ask for and nothing here runs"
    )

    @property
    def lists(self) -> tuple[str, ...]:
        """The files that name packages."""
        return (self.packages, self.without) if self.without else (self.packages,)

    @model_validator(mode="after")
    def _unpacked_only(self) -> "Rootfs":
        if self.without and self.variant != "extract":
            raise ValueError(
                "`without` needs the variant extract: elsewhere scripts of packages ran that count on others"
            )
        return self


class Layer(_Value):
    """One layer of an image: exactly one of a root file system, locked wheels, this project, or single files."""

    rootfs: str | None = None
    wheels: str | None = Field(default=None, description="lock file below the work tree; installed into `to`")
    project: bool = False
    to: str = ""
    files: Mapping[str, Annotated[Source, BeforeValidator(_short)]] = Field(default_factory=dict)
    folders: Mapping[str, _Mode] = Field(default_factory=dict)
    links: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_content(self) -> "Layer":
        given = [self.rootfs is not None, self.wheels is not None, self.project]
        given.append(bool(self.files or self.folders or self.links))
        if sum(given) != 1:
            raise ValueError("a layer holds exactly one of rootfs, wheels, project, or files/folders/links")
        if (self.wheels or self.project) and not self.to:
            raise ValueError("wheels and project need `to`, the folder in the image that PYTHONPATH names")
        return self


class Image(_Value):
    """An OCI image: its layers, lowest first, and what a container of it runs."""

    layers: tuple[Layer, ...] = Field(min_length=1)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    env: Mapping[str, str] = Field(default_factory=dict)


class HelmChart(_Value):
    """A chart inside a pinned Go module, rendered with `values` (beside component.yaml) for `kube_version`."""

    module: str
    path: str
    release: str
    namespace: str
    kube_version: str
    values: str


class Kustomization(_Value):
    """A folder of a pinned Go module, seen as ../upstream by the kustomization in `overlay` (beside component.yaml)."""

    module: str
    path: str
    overlay: str


class Rendered(_Value):
    """A manifest file, made by exactly one tool."""

    helm: HelmChart | None = None
    kustomize: Kustomization | None = None

    @model_validator(mode="after")
    def _one_tool(self) -> "Rendered":
        if (self.helm is None) == (self.kustomize is None):
            raise ValueError("a manifest is rendered by exactly one of helm, kustomize")
        return self


class Recipe(_Value):
    """One component. `priority` orders the build (low first); `usual_seconds` is a build with cold caches."""

    folder: Path
    version: str
    licence: str
    priority: int = Field(ge=0)
    usual_seconds: float = Field(gt=0)
    uses: tuple[str, ...] = ()
    inputs: tuple[str, ...] = Field(default=(), description="paths below the work tree that it is made from too")
    go: GoBuild | None = None
    rootfs: Mapping[str, Rootfs] = Field(default_factory=dict)
    files: Mapping[str, Annotated[Source, BeforeValidator(_short)]] = Field(default_factory=dict)
    images: Mapping[_ImageRef, Image] = Field(default_factory=dict)
    manifests: Mapping[str, Rendered] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the component is that of its folder."""
        return self.folder.name

    def layered(self, rootfs: str) -> bool:
        """Whether the root file system becomes a layer of an image as it is."""
        return any(layer.rootfs == rootfs for image in self.images.values() for layer in image.layers)

    def all_sources(self) -> list[Source]:
        """Every source that a file or an image names."""
        layers = [layer for image in self.images.values() for layer in image.layers]
        return [*self.files.values(), *(source for layer in layers for source in layer.files.values())]

    @model_validator(mode="after")
    def _whole(self) -> "Recipe":
        faults = [*_unknown_names(self), *_missing_tools(self), *_missing_files(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def load(folder: Path) -> Recipe:
    """Read the recipe in `folder`. Raises ConfigError with every fault of the file."""
    recipe, faults = _read(folder)
    if recipe is None:
        raise ConfigError("\n".join(faults))
    return recipe


def load_all(root: Path) -> tuple[Recipe, ...]:
    """All recipes below `root`, in build order. Raises ConfigError with every fault of every file."""
    read = [_read(path.parent) for path in sorted(root.glob(f"*/{FILE}"))]
    faults = [fault for _, several in read for fault in several]
    recipes = [recipe for recipe, _ in read if recipe is not None]
    if not read:
        faults.append(f"{root}: no recipe ({FILE}) found; the bundle is built from a checkout of the project")
    if not faults:
        faults.extend(_unknown_uses(recipes))
    if faults:
        raise ConfigError("\n".join(faults))
    return in_order(recipes)


def programs_only(one: Recipe) -> Recipe:
    """What of a recipe can be made for another architecture: its Go programs, each as a file."""
    programs = one.go.programs if one.go is not None else {}
    files = {name: Source(origin=f"go:{name}") for name in programs}
    return one.model_copy(update={"files": files, "uses": (), "images": {}, "manifests": {}, "rootfs": {}})


def in_order(recipes: Iterable[Recipe]) -> tuple[Recipe, ...]:
    """Sort by priority, every recipe behind the ones it uses. Raises ConfigError when they use each other."""
    waiting = {r.name: r for r in sorted(recipes, key=lambda r: (r.priority, r.name))}
    done: dict[str, Recipe] = {}
    while waiting:
        ready = next((r for r in waiting.values() if all(name in done for name in r.uses)), None)
        if ready is None:
            raise ConfigError(f"Recipes use one another in a circle: {', '.join(sorted(waiting))}; remove a `uses`.")
        done[ready.name] = waiting.pop(ready.name)
    return tuple(done.values())


def select(recipes: tuple[Recipe, ...], names: Iterable[str]) -> tuple[Recipe, ...]:
    """The named recipes and all they use, in build order; no name means all. Raises ConfigError on unknown names."""
    by_name = {r.name: r for r in recipes}
    wanted = list(names) or list(by_name)
    unknown = sorted(set(wanted) - set(by_name))
    if unknown:
        raise ConfigError(f"No component is named {', '.join(unknown)}; there are {', '.join(sorted(by_name))}.")
    chosen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in chosen:
            chosen.add(name)
            wanted.extend(by_name[name].uses)
    return tuple(r for r in recipes if r.name in chosen)


def _read(folder: Path) -> tuple[Recipe | None, list[str]]:
    file = folder / FILE
    try:
        content = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        return None, [f"{file}: {error}"]
    if not isinstance(content, dict):
        return None, [f"{file}: not a mapping"]
    try:
        return Recipe.model_validate({**content, "folder": folder}), []
    except ValidationError as error:
        return None, [_fault(file, detail) for detail in error.errors()]


def _fault(file: Path, detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    return f"{file}: {place + ': ' if place else ''}{detail['msg']}"


def _unknown_names(recipe: Recipe) -> list[str]:
    known = {"go": set(recipe.go.programs) if recipe.go else set(), "rootfs": set(recipe.rootfs)}
    layers = [layer for image in recipe.images.values() for layer in image.layers]
    used = [(s.kind, s.place[0]) for s in recipe.all_sources() if s.kind in known]
    used += [("rootfs", layer.rootfs) for layer in layers if layer.rootfs is not None]
    return [f"{kind}:{name} is used but not defined" for kind, name in used if name not in known[kind]]


def _missing_tools(recipe: Recipe) -> list[str]:
    needs = set()
    if recipe.images:
        needs |= {"crane", "registry"}
    if any(r.helm for r in recipe.manifests.values()):
        needs.add("helm")
    if any(r.kustomize for r in recipe.manifests.values()):
        needs.add("kubernetes")
    return [f"uses must name {name}, which makes its images or manifests" for name in sorted(needs - set(recipe.uses))]


def _missing_files(recipe: Recipe) -> list[str]:
    names = [s.place[0] for s in recipe.all_sources() if s.kind == "recipe"]
    names += [name for r in recipe.rootfs.values() for name in (*r.lists, *r.hooks, *r.reads)]
    names += [r.helm.values for r in recipe.manifests.values() if r.helm]
    names += [f"{r.kustomize.overlay}/kustomization.yaml" for r in recipe.manifests.values() if r.kustomize]
    names += ["go.mod"] if recipe.go else []
    return [f"{name} does not exist in {recipe.folder}" for name in names if not (recipe.folder / name).is_file()]


def _unknown_uses(recipes: Iterable[Recipe]) -> list[str]:
    names = {r.name for r in recipes}
    return [f"{r.folder / FILE}: uses: {u} is no component" for r in recipes for u in r.uses if u not in names]
