"""Learn the writes of the story, then tell it again and kill the operator at one of them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from support import lifecycle, lifecycle_dump, lifecycle_words, proxy, tenancy
from support.apiserver import ApiServer
from support.lifecycle import Life, Stage
from support.lifecycle_dump import Camera, Picture
from support.lifecycle_operator import Operator
from support.lifecycle_words import Write
from support.proxy import Exchange

QUIET_SECONDS = 5.0
"""Two resyncs of the operator under test: nobody writes any more."""
STAGE_SECONDS = 120.0
MADE, REMOVED = 201, "DELETE"


@dataclass(slots=True)
class Chapter:
    """What an undisturbed stage looks like at its end."""

    picture: Picture
    events: Counter[str]
    writes: tuple[Write, ...]
    """Those that were seen every time it was told."""


@dataclass(slots=True)
class Learned:
    """The undisturbed story."""

    chapters: dict[str, Chapter] = field(default_factory=dict)
    unsteady: int = 0
    """Writes that were seen only sometimes: a matter of who was quicker."""
    writes_most: int = 0
    """How many writes one department took."""
    effects: Counter[str] = field(default_factory=Counter)
    """How often each object was made and removed."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the operator is killed."""

    stage: str
    write: Write
    side: str
    """`before`: the API server never hears of the write; `after`: it is done, and its answer is lost."""

    def __str__(self) -> str:
        return f"{self.stage}: {self.side} {self.write.label}"


@dataclass(slots=True)
class Stroke:
    """A proxy's rule that kills once, and what it saw."""

    operator: Operator
    code: str
    target: Target
    hit: Exchange | None = None
    over: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, exchange: Exchange) -> None:
        """Pass everything on but the one write."""
        if self.hit is not None or identity(exchange, self.code) != self.target.write:
            await exchange.relay()
            return
        self.hit = exchange
        if self.target.side == "after":
            await exchange.send()
        self.operator.kill()
        await exchange.cut()
        self.over.set()


def identity(exchange: Exchange, code: str) -> Write | None:
    """Which write of the department's story it is; None when it is none."""
    if not exchange.writes or not lifecycle_words.about(code, exchange.path, exchange.body):
        return None
    manager = exchange.query.get("fieldManager", "")
    return lifecycle_words.write(exchange.method, exchange.path, manager, exchange.document, code)


def writes_of(exchanges: Iterable[Exchange], code: str) -> list[tuple[Exchange, Write]]:
    """A department's writes in their order."""
    found = ((exchange, identity(exchange, code)) for exchange in exchanges)
    return [(exchange, write) for exchange, write in found if write is not None]


def effects(exchanges: Iterable[Exchange], code: str) -> Counter[str]:
    """How often each object was made and removed; events are counted elsewhere."""
    counted: Counter[str] = Counter()
    for exchange, write in writes_of(exchanges, code):
        if write.path.endswith("/events") or exchange.status not in (200, 201, 202):
            continue
        if exchange.status == MADE:
            name = exchange.document.get("metadata", {}).get("name", "")
            base = write.path if exchange.method != "POST" else f"{write.path}/{lifecycle_words.words(name, code)}"
            counted[f"made {base}"] += 1
        elif exchange.method == REMOVED:
            counted[f"removed {write.path}"] += 1
    return counted


def run(stage: Stage, lives: Sequence[Life]) -> None:
    """Undisturbed, all at once."""
    for life in lives:
        stage.act(life)
    for life in lives:
        finish(stage, life, f"{stage.name} of {life.code}")


def finish(stage: Stage, life: Life, what: str) -> None:
    """Wait until the operator has done its part; fails with what the department's objects say."""
    try:
        tenancy.eventually(lambda: stage.over(life), what, seconds=STAGE_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{life.says()}") from error


def settle(between: proxy.Proxy, codes: Sequence[str]) -> None:
    """Wait until nobody writes about them any more."""

    def is_quiet() -> bool:
        late = [e for e in between.writes() if time.monotonic() - e.at_seconds < QUIET_SECONDS]
        return not any(identity(exchange, code) for exchange in late for code in codes)

    tenancy.eventually(is_quiet, "nothing is written any more", seconds=STAGE_SECONDS)


def learn(server: ApiServer, operator: Operator, camera: Camera, codes: Sequence[str]) -> Learned:
    """Tell the story for several departments at once; what they have in common is the story."""
    learned, lives = Learned(), [Life(code, server) for code in codes]
    for stage in lifecycle.STAGES:
        first = len(operator.proxy.exchanges)
        run(stage, lives)
        settle(operator.proxy, codes)
        pictures = camera.take(codes)
        for code in codes[1:]:
            found = lifecycle_dump.differences(pictures[code], pictures[codes[0]])
            assert not found, f"{stage.name}: {code} and {codes[0]} differ though nobody disturbed them: {found}"
        told = [camera.events(code) for code in codes]
        seen = [
            {write for _, write in writes_of(operator.proxy.exchanges[first:], code)} - _known(learned)
            for code in codes
        ]
        steady = tuple(sorted(set.intersection(*seen)))
        learned.unsteady += len(set.union(*seen)) - len(steady)
        learned.chapters[stage.name] = Chapter(pictures[codes[0]], _most(told), steady)
    everything = tuple(operator.proxy.exchanges)
    learned.writes_most = max(len(writes_of(everything, code)) for code in codes)
    learned.effects = _most([effects(everything, code) for code in codes])
    return learned


def targets(learned: Learned, every: int) -> list[Target]:
    """Both sides of each write that is learned; of these each `every`-th."""
    found = [
        Target(name, write, side)
        for name, chapter in learned.chapters.items()
        for write in chapter.writes
        for side in ("before", "after")
    ]
    # The stride is odd, or else only one side of the writes would be tried.
    return found[:: every + 1 - every % 2]


def strike(stage: Stage, life: Life, target: Target, operator: Operator) -> Stroke:
    """The stage with its kill; afterwards the operator runs again. The stroke's `hit` is None when it never came."""
    stroke = Stroke(operator, life.code, target)
    operator.proxy.rule = stroke
    stage.act(life)
    _wait(lambda: stroke.over.is_set() or (stage.over(life) and _quiet(operator.proxy, life.code)), target)
    operator.proxy.rule = proxy.relay
    if stroke.over.is_set():
        operator.start()
    finish(stage, life, f"{target}: {life.code} goes on")
    return stroke


def _quiet(between: proxy.Proxy, code: str) -> bool:
    late = [e for e in between.writes() if time.monotonic() - e.at_seconds < QUIET_SECONDS]
    return not any(identity(exchange, code) for exchange in late)


def _wait(look: Callable[[], bool], target: Target) -> None:
    tenancy.eventually(look, f"{target}: it comes, or the stage ends without it", seconds=STAGE_SECONDS)


def _known(learned: Learned) -> set[Write]:
    """A write that came in an earlier stage would be struck there."""
    return {write for chapter in learned.chapters.values() for write in chapter.writes}


def _most(counts: Iterable[Counter[str]]) -> Counter[str]:
    most: Counter[str] = Counter()
    for count in counts:
        most |= count
    return most
