"""What Go's linker wrote into a program: the compiler's version and every module that is really linked. Pure."""

import mmap
from dataclasses import dataclass

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEAD_BYTES = 32
_INLINE = 2  # the flag of Go 1.18 and newer: both texts follow the head, each behind its length
_WORK_TREE = "(devel)"  # the version of a main package that no module holds, but a folder such as a recipe's
_FENCE_BYTES = 16  # in front of and behind the list of modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One linked module; `checksum` is the `h1:…` that go.sum holds."""

    path: str
    version: str
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInfo:
    """`go` is the compiler, such as `go1.26.8`."""

    go: str
    modules: tuple[Module, ...]


def parse(program: bytes | mmap.mmap) -> BuildInfo | None:
    """Read a program's build information; None when Go did not make it, or a Go older than 1.18."""
    start = program.find(_MAGIC)
    while start >= 0:
        if start % _ALIGNMENT == 0 and program[start + 15] & _INLINE:
            go, behind = _text(program, start + _HEAD_BYTES)
            if go.startswith(b"go"):
                fenced, _ = _text(program, behind)
                modules = fenced[_FENCE_BYTES:-_FENCE_BYTES].decode(errors="replace")
                return BuildInfo(go=go.decode().partition(" ")[0], modules=_modules(modules))
        start = program.find(_MAGIC, start + 1)
    return None


def _text(program: bytes | mmap.mmap, at: int) -> tuple[bytes, int]:
    """A text behind its length (seven bits a byte, lowest first), and the place behind it."""
    length = shift = 0
    while True:
        byte = program[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return bytes(program[at : at + length]), at + length


def _modules(text: str) -> tuple[Module, ...]:
    found: list[Module] = []
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        if kind == "=>" and found:
            found.pop()
        if kind in ("mod", "dep", "=>") and len(fields) >= 2 and fields[1] != _WORK_TREE:
            found.append(Module(path=fields[0], version=fields[1], checksum=fields[2] if len(fields) > 2 else ""))
    return tuple(found)
