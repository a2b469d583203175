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
from govcloud_infra.bundle import command, eta, golang, host, keys, lock, manifest, progress, recipe, store, workbench
from govcloud_infra.bundle import wheels as wheels_

RECIPES = Path(__file__).resolve().parents[2] / "bundle"
"""Recipes of the checkout that this package lies in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to build and where. `names` empty means everything; `wait_seconds` for a lock that another build holds."""

    root: Path
    stream: TextIO
    recipes: Path = RECIPES
    names: Sequence[str] = ()
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a build did: names built now, how many were there already, and the digest of the bundle."""

    built: tuple[str, ...]
    kept: int
    digest: str
    seconds: float


def pending(order: Order) -> tuple[str, ...]:
    """Names of what `build` would build, in order. Changes nothing. Raises ConfigError, BundleCorrupt."""
    chosen = recipe.select(recipe.load_all(order.recipes), order.names)
    wanted = keys.component_keys(chosen, _work_tree(order))
    return tuple(r.name for r in stale(chosen, wanted, store.Store(order.root)))


def build(order: Order) -> Report:
    """Bring the bundle up to date. Raises ConfigError, PreflightFailed, Locked, ToolFailed, BundleCorrupt."""
    started = time.monotonic()
    chosen = recipe.select(recipe.load_all(order.recipes), order.names)
    wanted = keys.component_keys(chosen, _work_tree(order))
    kept_store = store.Store(order.root)
    _preflight(stale(chosen, wanted, kept_store), order.root)
    with lock.hold(order.root, wait_seconds=order.wait_seconds, tell=_teller(order.stream)):
        kept_store.sweep()
        old = stale(chosen, wanted, kept_store)
        if old:
            _Run(order, kept_store, old, wanted).all()
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
        self._rootfs: dict[tuple[str, str], Future[Path]] = {}
        self._site = workbench.Site(
            store=kept, work_tree=_work_tree(order), go=host.find_go(),
            processes=self._processes, rootfs=lambda one, name: self._rootfs[one.name, name].result(),
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
