"""`govcloud doctor`: is everything on this host as govcloud needs it, whether or not a site stands?

Facts are gathered first; the judgement is a pure function of them. Nothing is changed.
"""

import fcntl
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from govcloud_api.errors import BundleCorrupt, ConfigError
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy import journal, lock, preflight
from govcloud_infra.deploy.context import Context, open_site, open_unmeasured
from govcloud_infra.diagnosis import remains
from govcloud_infra.paths import cache_folder, site_paths

Level = Literal["ok", "warn", "fail"]
UNFIT = 4
_SIGNS = {"ok": "✓", "warn": "!", "fail": "✗"}
_OUR_ENGINE = "pulumi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at; `text` says what to do where there is something to do."""

    level: Level
    topic: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found. `topics` are problems of this host by topic, None without a site file to measure against.

    `engine` and `sdk` are versions of Pulumi, `newest` is the youngest file that we know the age of;
    `synchronised` is None where nobody knows.
    """

    site_fault: str
    versions: dict[str, str]
    bundle_fault: str
    broken: tuple[str, ...]
    engine: str | None
    sdk: str
    topics: dict[str, list[str]] | None
    now: datetime
    newest: datetime | None
    synchronised: bool | None
    holder: str
    leftovers: tuple[int, ...]
    unfinished: str
    remains: tuple[remains.Remain, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Every line, good ones too."""

    lines: tuple[Line, ...]

    @property
    def exit_code(self) -> int:
        """0, or 4 when something fails; warnings are no failure."""
        return UNFIT if any(line.level == "fail" for line in self.lines) else 0

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": not self.exit_code, "lines": [asdict(line) for line in self.lines]}

    def text(self) -> str:
        """For people."""
        return "\n".join(f"{_SIGNS[line.level]} {line.topic:<10} {line.text}" for line in self.lines)


def diagnose(site_file: Path, environ: Mapping[str, str]) -> Diagnosis:
    """Look at this host now."""
    return Diagnosis(lines=tuple(judge(gather(site_file, environ))))


def judge(facts: Facts) -> Iterator[Line]:
    """In the order in which things are put right. Pure."""
    yield Line(level="ok", topic="versions", text=", ".join(f"{name} {text}" for name, text in facts.versions.items()))
    yield from _line("site", [facts.site_fault], "the site file can be used")
    yield from _line("bundle", [facts.bundle_fault, *facts.broken], "every file is there")
    yield from _engine(facts)
    for topic, problems in (facts.topics or {}).items():
        yield from _line(topic, problems, "as the site needs it")
    yield from _time(facts)
    yield from _runs(facts)
    found = [f"{item.what}; run: {item.command}" for item in facts.remains]
    yield from _line("remains", found, "nothing of dead labs is left", level="warn")


def _line(topic: str, problems: list[str], good: str, level: Level = "fail") -> Iterator[Line]:
    told = [problem for problem in problems if problem]
    yield from (Line(level=level, topic=topic, text=problem) for problem in told)
    if not told:
        yield Line(level="ok", topic=topic, text=good)


def _engine(facts: Facts) -> Iterator[Line]:
    if facts.engine is None:
        text = f"the bundle has no {_OUR_ENGINE} engine; run: govcloud bundle build {_OUR_ENGINE}"
    elif facts.engine.removeprefix("v") != facts.sdk:
        text = f"the engine is {facts.engine}, the SDK {facts.sdk}; run: govcloud bundle build {_OUR_ENGINE}"
    else:
        text = ""
    yield from _line("engine", [text], f"engine and SDK are {facts.sdk}")


def _time(facts: Facts) -> Iterator[Line]:
    if facts.newest and facts.newest > facts.now:
        text = f"the clock says {_moment(facts.now)}, yet a file was written at {_moment(facts.newest)}; set the clock"
        yield Line(level="fail", topic="time", text=text)
    elif facts.synchronised is False:
        text = "the clock is not synchronised, and machines are measured against it; run: timedatectl set-ntp true"
        yield Line(level="warn", topic="time", text=text)
    else:
        known = "synchronised" if facts.synchronised else "nobody here knows whether it is synchronised"
        yield Line(level="ok", topic="time", text=f"{_moment(facts.now)}, {known}")


def _runs(facts: Facts) -> Iterator[Line]:
    pids = " ".join(map(str, facts.leftovers))
    found = [facts.holder]
    if pids and not facts.holder:
        found.append(f"an interrupted command left processes; they end by themselves, else run: kill {pids}")
    if not facts.holder:
        found.append(facts.unfinished)
    yield from _line("runs", found, "no command is changing the site, none was cut off", level="warn")


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def gather(site_file: Path, environ: Mapping[str, str]) -> Facts:
    """Look at this host."""
    context, site_fault = _site(site_file, environ)
    store = Store(cache_folder(environ) / "bundle")
    bundle_fault, broken, engine = _bundle(store)
    state = site_paths("any", environ).state.parent
    return Facts(
        site_fault=site_fault,
        versions={"govcloud": metadata.version("govcloud"), "Python": platform.python_version()},
        bundle_fault=bundle_fault,
        broken=broken,
        engine=engine,
        sdk=metadata.version("pulumi"),
        topics=_topics(context) if context else None,
        now=datetime.now(UTC),
        newest=_written(store.root / "manifest.json"),
        synchronised=_synchronised(),
        holder=_holder(context.paths.lock) if context else "",
        leftovers=tuple(lock.leftovers(context.paths.state)) if context else (),
        unfinished=_unfinished(context) if context else "",
        remains=tuple(remains.look(remains.Host(state=state))),
    )


def _site(site_file: Path, environ: Mapping[str, str]) -> tuple[Context | None, str]:
    """The site as far as it can be read, and what is wrong with it."""
    fault = ""
    openers: tuple[Callable[[Path, Mapping[str, str]], Context], ...] = (open_site, open_unmeasured)
    for opener in openers:
        try:
            return opener(site_file, environ), fault
        except ConfigError as error:
            fault = fault or str(error)
    return None, fault


def _bundle(store: Store) -> tuple[str, tuple[str, ...], str | None]:
    try:
        components = store.manifest().components
    except BundleCorrupt as error:
        return str(error), (), None
    engine = components.get(_OUR_ENGINE)
    broken = [name for name, component in components.items() if not store.is_whole(name, component)]
    told = tuple(f"component {name} is not whole; run: govcloud bundle build {name}" for name in broken)
    return "", told, engine.version if engine else None


def _topics(context: Context) -> dict[str, list[str]]:
    facts = preflight.gather(context.site, context.paths)
    return preflight.by_topic(context.site, facts, context.paths.state)


def _written(file: Path) -> datetime | None:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.exists() else None


def _synchronised() -> bool | None:
    if not shutil.which("timedatectl"):
        return None
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {"yes": True, "no": False}.get(said)


def _holder(file: Path) -> str:
    """Who changes the site right now, if anybody does."""
    try:
        with file.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return f"another command is changing the site ({_owner(handle.read())}); wait until it ends"
    except OSError:
        return ""
    return ""


def _owner(text: str) -> str:
    found = lock.parsed(text)
    if found is None:
        return f"process {text.strip() or 'unknown'}"
    return f"{found.command}, process {found.pid}, {found.user} on {found.host} since {found.since}"


def _unfinished(context: Context) -> str:
    runs = journal.runs(context.paths.journal)
    if not runs or runs[-1].outcome != "unfinished":
        return ""
    begin = runs[-1].begin
    return f"{begin.verb} of {begin.user} was cut off (began {begin.began}); run: govcloud {begin.verb}"
