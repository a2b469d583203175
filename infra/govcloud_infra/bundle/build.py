"""Builds the bundle: what is stale, in order, one compile at a time, root file systems and downloads beside it."""

import errno
import json
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from govcloud_api.errors import GovcloudError, ToolFailed
from govcloud_infra.bundle import (
    command,
    debian,
    eta,
    golang,
    host,
    keys,
    lock,
    manifest,
    progress,
    recipe,
    store,
    workbench,
)
from govcloud_infra.bundle import wheels as wheels_
from govcloud_infra.bundle.sbom import make

RECIPES = Path(__file__).resolve().parents[2] / "bundle"
"""Recipes of the checkout that this package lies in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to build and where. `names` empty means everything; `wait_seconds` for a lock that another build holds.

    With `foreign`, an architecture in Go's words, only Go programs are built, and programs that the build runs come
    from the bundle in `tools`. `renew_debian` takes the newest Debian packages in place of the recorded ones.
    """

    root: Path
    stream: TextIO
    recipes: Path = RECIPES
    names: Sequence[str] = ()
    wait_seconds: float = 0.0
    foreign: str | None = None
    tools: Path | None = None
    renew_debian: bool = False

    def chosen(self) -> tuple[recipe.Recipe, ...]:
        """The recipes of what is to be built, in order. Raises ConfigError."""
        everything = recipe.load_all(self.recipes)
        if self.foreign is not None:
            everything = tuple(recipe.programs_only(one) for one in everything if one.go is not None)
        return recipe.select(everything, self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a build did: names built now, how many were there already, and the digest of the bundle."""

    built: tuple[str, ...]
    kept: int
    digest: str
    seconds: float


def pending(order: Order) -> tuple[str, ...]:
    """Names of what `build` would build, in order. Changes nothing. Raises ConfigError, BundleCorrupt."""
    chosen = order.chosen()
    wanted = keys.component_keys(chosen, _work_tree(order), order.foreign)
    return tuple(r.name for r in _to_build(order, chosen, wanted, store.Store(order.root)))


def build(order: Order) -> Report:
    """Bring the bundle up to date. Raises ConfigError, PreflightFailed, Locked, ToolFailed, BundleCorrupt."""
    started = time.monotonic()
    chosen = order.chosen()
    wanted = keys.component_keys(chosen, _work_tree(order), order.foreign)
    kept_store = store.Store(order.root)
    _preflight(_to_build(order, chosen, wanted, kept_store), order.root)
    with lock.hold(order.root, wait_seconds=order.wait_seconds, tell=_teller(order.stream)):
        kept_store.sweep()
        old = _to_build(order, chosen, wanted, kept_store)
        if old:
            _Run(order, kept_store, old, wanted).all()
        tools = store.Store(order.tools or order.root)
        make.Desk(kept=kept_store, tools=tools, tell=_teller(order.stream)).refresh()
    return Report(
        built=tuple(r.name for r in old),
        kept=len(chosen) - len(old),
        digest=kept_store.manifest().digest,
        seconds=time.monotonic() - started,
    )


def stale(chosen: Sequence[recipe.Recipe], wanted: dict[str, str], kept: store.Store) -> tuple[recipe.Recipe, ...]:
    """The recipes whose key is not the recorded one, or of which a blob is missing."""
    have = kept.manifest_or_empty().components

    def fresh(name: str) -> bool:
        return name in have and have[name].key == wanted[name] and kept.is_whole(name, have[name])

    return tuple(r for r in chosen if not fresh(r.name))


def _to_build(
    order: Order, chosen: Sequence[recipe.Recipe], wanted: dict[str, str], kept: store.Store
) -> tuple[recipe.Recipe, ...]:
    old = {one.name for one in stale(chosen, wanted, kept)}
    return tuple(one for one in chosen if one.name in old or (order.renew_debian and one.rootfs))


def recorded_versions(kept: store.Store) -> dict[str, str]:
    """Versions of all Debian packages that the bundle has records of."""
    components = kept.manifest_or_empty().components.values()
    paths = [kept.path(entry.sha256) for one in components for entry in one.debian.values()]
    texts = [path.read_text() for path in paths if path.is_file()]
    records = [debian.Record.model_validate_json(text) for text in texts]
    return {name: version for record in records for name, version in record.versions.items()}


def _preflight(pending: Sequence[recipe.Recipe], root: Path) -> None:
    host.check(pending, root)
    layers = [layer for r in pending for image in r.images.values() for layer in image.layers]
    if any(layer.wheels or layer.project for layer in layers):
        wheels_.check()


def _work_tree(order: Order) -> Path:
    return order.recipes.parents[1]


def _teller(stream: TextIO) -> Callable[[str], None]:
    return lambda text: print(text, file=stream, flush=True)


class _Run:
    """One build under the lock. Three lanes: compile and assemble here; root file systems, downloads in threads."""

    def __init__(
        self, order: Order, kept: store.Store, pending: Sequence[recipe.Recipe], wanted: dict[str, str]
    ) -> None:
        self._order, self._store, self._pending, self._wanted = order, kept, pending, wanted
        self._work = kept.root / "work"
        self._processes = command.Processes()
        self._rootfs: dict[tuple[str, str], Future[workbench.System]] = {}
        self._site = workbench.Site(
            store=kept, work_tree=_work_tree(order), go=host.find_go(),
            processes=self._processes, rootfs=lambda one, name: self._rootfs[one.name, name].result(),
            environment={"GOARCH": order.foreign} if order.foreign else {},
            versions=recorded_versions(kept), renew=order.renew_debian,
        )  # fmt: skip
        self._recorded = _durations(kept)
        usual = {r.name: r.usual_seconds for r in pending}
        plan = progress.Plan(names=list(usual), expected=eta.expected_seconds(usual, self._recorded))
        self._progress = progress.Progress(plan, order.stream)

    def all(self) -> None:
        """Build every pending component; on the first failure stop everything and let the error through."""
        self._work.mkdir(parents=True)
        pools = [ThreadPoolExecutor(max_workers=1), ThreadPoolExecutor(max_workers=1)]
        try:
            with self._progress:
                self._start_lanes(*pools)
                for one in self._pending:
                    self._raise_failed()
                    self._component(one)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise ToolFailed(
                f"The disk of {self._store.root} is full; free some and run `govcloud bundle build` again: "
                "what was finished is kept."
            ) from error
        finally:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
            self._processes.stop()
            for pool in pools:
                pool.shutdown()
            shutil.rmtree(self._work, ignore_errors=True)

    def _start_lanes(self, systems: ThreadPoolExecutor, downloads: ThreadPoolExecutor) -> None:
        for one in self._pending:
            for name in one.rootfs:
                future = systems.submit(workbench.make_rootfs, self._site, one, name, self._work)
                self._rootfs[one.name, name] = future
        for one in self._pending[1:]:
            downloads.submit(self._prefetch, one)

    def _prefetch(self, one: recipe.Recipe) -> None:
        """Bring sources in early. A failure is left to the component's own turn, which tells it with its log."""
        shell = self._site.shell(one.name, f"{one.name}-fetch")
        with suppress(GovcloudError):
            if self._site.go is not None:
                golang.fetch(self._site.go, one, shell)

    def _raise_failed(self) -> None:
        """Let the error of a root file system through now, though its component's turn may be far away."""
        for future in self._rootfs.values():
            if future.done():
                future.result()

    def _component(self, one: recipe.Recipe) -> None:
        began = time.monotonic()
        self._progress.component(one.name)
        self._site.shell(one.name).log.unlink(missing_ok=True)
        scratch = self._work / one.name
        scratch.mkdir()
        bench = workbench.Workbench(
            site=self._site, one=one, key=self._wanted[one.name], scratch=scratch, tell=self._progress.stage
        )
        made = bench.make()
        self._store.record(one.name, made)
        shutil.rmtree(scratch)
        self._recorded[one.name] = round(time.monotonic() - began, 1)
        store.write_whole(self._store.root / "durations.json", json.dumps(self._recorded, sort_keys=True))
        self._progress.done(_summary(made))


def _summary(made: manifest.Component) -> str:
    parts = [f"{len(made.files)} files"] if made.files else []
    parts += [f"{len(made.images)} images"] if made.images else []
    return f"{made.version}: {', '.join(parts)}, {eta.size(made.size)}"


def _durations(kept: store.Store) -> dict[str, float]:
    """Seconds each component took last time on this host; a broken file costs the estimate, nothing else."""
    try:
        found = json.loads((kept.root / "durations.json").read_text())
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}
