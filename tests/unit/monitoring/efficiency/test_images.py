"""References to images."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.efficiency.images import MAX_CHARS, Image, parse

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("text", "host", "path", "tag", "digest"),
    [
        ("postgres", "", "library/postgres", "", ""),
        ("postgres:16", "", "library/postgres", "16", ""),
        ("test_com:tag", "", "library/test_com", "tag", ""),
        # Without a slash a colon ends the name: this is a tag, not a port.
        ("test.com:5000", "", "library/test.com", "5000", ""),
        ("tax/portal:1.2", "", "tax/portal", "1.2", ""),
        ("registry.example:5000/tax/portal:1.2", "registry.example:5000", "tax/portal", "1.2", ""),
        (f"registry.example/portal@{DIGEST}", "registry.example", "portal", "", DIGEST),
        (f"registry.example:5000/a/b_c/d--e:v1@{DIGEST}", "registry.example:5000", "a/b_c/d--e", "v1", DIGEST),
        ("localhost/portal", "localhost", "portal", "", ""),
        ("localhost:5000/portal", "localhost:5000", "portal", "", ""),
        ("Registry/portal", "Registry", "portal", "", ""),
        ("[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000", "repo", "tag", ""),
        ("192.0.2.1/repo", "192.0.2.1", "repo", "", ""),
        ("xn--7o8h.example/myimage", "xn--7o8h.example", "myimage", "", ""),
        ("repo/a__b", "", "repo/a__b", "", ""),
    ],
)
def test_the_parts_of_a_reference(text: str, host: str, path: str, tag: str, digest: str):
    assert parse(text) == Image(host=host, path=path, tag=tag, digest=digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":tag",
        "@" + DIGEST,
        "Uppercase:tag",
        "registry.example/Uppercase",
        "a/b//c",
        "/a",
        "a/",
        "-a",
        "a-",
        "a___b",
        "a..b",
        "a:",
        "a:-tag",
        f"a:{'t' * 129}",
        "a@sha256:short",
        "a@sha256:" + "g" * 64,
        "registry.example:port/a",
        "registry..example/a",
        "-registry.example/a",
        "[fe80::1%eth0]/a",
        "a b",
        "a\n",
        "ａ",  # noqa: RUF001 - a full-width letter is not in the grammar
        "0a" * 32,
        f"registry.example/{'a' * 256}",
        f"registry.example/a:{'t' * 128}@sha256:{'0' * MAX_CHARS}",
    ],
)
def test_what_is_not_a_reference_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a reference to an image"):
        parse(text)


def test_the_repository_is_the_same_whatever_the_version():
    names = ("registry.example/tax/portal", "registry.example/tax/portal:1", f"registry.example/tax/portal:2@{DIGEST}")
    assert {parse(name).repository for name in names} == {"registry.example/tax/portal"}


def test_a_name_without_a_host_lives_in_the_default_registry():
    same = ("postgres:16", "library/postgres", "hub.example/postgres:15", "hub.example/library/postgres")
    assert {parse(name, "hub.example").repository for name in same} == {"hub.example/library/postgres"}
    assert parse("registry.example/postgres", "hub.example").repository == "registry.example/postgres"


alphanumeric = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6)
parts = st.builds(
    lambda a, sep, b: f"{a}{sep}{b}", alphanumeric, st.sampled_from([".", "_", "__", "-", "---"]), alphanumeric
)
paths = st.lists(alphanumeric | parts, min_size=2, max_size=4).map("/".join)
hosts = st.sampled_from(["registry.example", "a-b.c:5000", "localhost", "LAB", "[::1]:443", "10.0.0.1:1"])
tags = st.just("") | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
digests = st.just("") | st.text("0123456789abcdefABCDEF", min_size=32, max_size=64).map("sha256:{}".format)


@given(host=hosts, path=paths, tag=tags, digest=digests)
def test_parts_put_together_come_apart_again(host: str, path: str, tag: str, digest: str):
    text = f"{host}/{path}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    assert parse(text) == Image(host=host, path=path, tag=tag, digest=digest)


@given(text=st.text(string.ascii_letters + string.digits + "._-:/@[]", max_size=60))
def test_any_text_is_read_or_refused_and_a_repository_reads_as_itself(text: str):
    try:
        found = parse(text)
    except ValueError:
        return
    assert parse(found.repository).repository == found.repository
