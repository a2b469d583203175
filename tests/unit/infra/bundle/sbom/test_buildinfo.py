"""What Go's linker wrote is read from any place in a program, and nothing is read where it wrote nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.bundle.sbom import buildinfo
from govcloud_infra.bundle.sbom.buildinfo import Module

MODULES = "path\texample/x\nmod\tgovcloud.internal/x\t(devel)\t\ndep\ta.b/c\tv1.2.3\th1:abc=\n"
MODULES += "dep\told/one\tv1.0.0\n=>\tnew/one\tv2.0.0\th1:def=\nbuild\tCGO_ENABLED=0\n"


def text(content: bytes) -> bytes:
    length, out = len(content), bytearray()
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*out, length]) + content


def program(modules: str = MODULES, *, before: int = 64, flags: int = 2, go: str = "go1.26.8") -> bytes:
    head = (b"\xff Go buildinf:" + bytes([8, flags])).ljust(32, b"\0")
    fenced = b"0" * 16 + modules.encode() + b"1" * 16
    return b"\x7fELF".ljust(before, b"x") + head + text(go.encode()) + text(fenced) + b"behind"


def test_modules_with_their_replacements() -> None:
    found = buildinfo.parse(program())
    assert found == buildinfo.BuildInfo(
        go="go1.26.8",
        modules=(
            Module(path="a.b/c", version="v1.2.3", checksum="h1:abc="),
            Module(path="new/one", version="v2.0.0", checksum="h1:def="),
        ),
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fELF", program(before=65), program(flags=0), program(go="rust")],
    ids=["empty", "no Go", "not at its place", "older Go", "no version"],
)
def test_nothing_is_read_where_nothing_was_written(content: bytes) -> None:
    assert buildinfo.parse(content) is None


def test_a_main_package_of_a_module_brings_that_module() -> None:
    found = buildinfo.parse(program("path\tk8s.io/x/cmd/y\nmod\tk8s.io/x\tv1.36.3\th1:abc=\n"))
    assert found is not None
    assert found.modules == (Module(path="k8s.io/x", version="v1.36.3", checksum="h1:abc="),)


def test_a_false_mark_before_the_true_one_is_passed_over() -> None:
    false = b"\xff Go buildinf:".ljust(32, b"\0")
    found = buildinfo.parse(false + program())
    assert found is not None
    assert len(found.modules) == 2


@given(st.lists(st.from_regex(r"[a-z]{1,9}(/[a-z]{1,9}){0,4}", fullmatch=True), max_size=300))
def test_any_number_of_modules(paths: list[str]) -> None:
    lines = "".join(f"dep\t{path}\tv1\th1:x\n" for path in paths)
    found = buildinfo.parse(program(lines))
    assert found is not None
    assert [module.path for module in found.modules] == paths
