"""A site file is either a checked Site or SiteInvalid with every fault at its place; nothing else ever comes out."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_api.errors import ConfigError
from govcloud_infra.site import source
from govcloud_infra.site.faults import SiteInvalid, dotted
from govcloud_infra.site.load import load
from support.sites import LAB, replaced, written


def faults(text: str | bytes, folder: Path) -> list[tuple[int, int, str, str]]:
    with pytest.raises(SiteInvalid) as caught:
        load(written(text, folder))
    return [(fault.line, fault.column, fault.path, fault.message) for fault in caught.value.faults]


def place(text: str, needle: str) -> tuple[int, int]:
    """Line and column (from 1) where `needle` begins."""
    before = text[: text.index(needle)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_the_lab_site_is_valid() -> None:
    site = load(LAB)
    assert site.name == "lab"
    assert (site.api_host, site.api_port) == (IPv4Address("10.77.0.11"), 6443)
    assert site.has_lab_machines
    assert [node.name for node in site.workers] == ["w1", "w2"]
    assert site.spec.network.gateway == IPv4Address("10.77.0.1")
    assert site.spec.network.dns_address == IPv4Address("10.79.0.10")


@pytest.mark.parametrize(
    ("raw", "where", "says"),
    [
        (b"", (1, 1), "the file is empty"),
        (b"# nothing but a remark\n", (1, 1), "the file is empty"),
        (b"a: b\nc: d\xff\n", (2, 5), "not UTF-8 text (byte 9)"),
        (b"\x7fELF\x02\x01\x01\x00", (1, 8), "holds NUL bytes"),
        (b"a: b\nc: \x01\n", (2, 4), "character '\\x01' is not allowed"),
        (b"a: [1, 2\nb: c\n", (2, 2), "not YAML: expected ',' or ']', but got ':'"),
        (b"a: b: c\n", (1, 5), "not YAML: mapping values are not allowed here"),
        (b"a:\n\tb: c\n", (2, 1), "not YAML: found character '\\t' that cannot start any token"),
        (b'a: "\\UFFFFFFFF"\n', (1, 7), "an escape in quoted text stands for no character"),
        (b'a: "\\U00110000"\n', (1, 7), "an escape in quoted text stands for no character"),
        (b"x" * (source.MAX_BYTES + 1), (1, 1), f"more than {source.MAX_BYTES} bytes"),
        (b"a: &x [1]\nb: *x\n", (1, 4), "anchors and aliases are not allowed"),
        (b"b: *x\n", (1, 4), "anchors and aliases are not allowed"),
        (b"a: b\n---\nc: d\n", (2, 1), "a second document starts here"),
        (b"[" * 2000, (1, source.MAX_DEPTH + 1), f"nested more than {source.MAX_DEPTH} levels deep"),
    ],
)
def test_text_that_is_no_site_file_is_one_fault(raw: bytes, where: tuple[int, int], says: str, tmp_path: Path) -> None:
    [(line, column, path, message)] = faults(raw, tmp_path)
    assert (line, column, path) == (*where, "")
    assert says in message


def test_an_alias_bomb_is_refused_before_it_is_built(tmp_path: Path) -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]
    [(line, _, _, message)] = faults("\n".join(["a0: &a0 [x]", *levels]), tmp_path)
    assert line == 1
    assert "anchors" in message


@pytest.mark.parametrize("name", ["no-such-file", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_a_fault(name: str, tmp_path: Path) -> None:
    with pytest.raises(SiteInvalid, match=r"cannot be read.*give the path of a site file"):
        load(tmp_path / name)


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(SiteInvalid, match="more than"):
        load(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("old", "new", "at", "path", "says"),
    [
        ("name: lab ", "name: Lab ", "name: Lab", "metadata.name", "must be at most 11 lower-case"),
        ("name: lab ", "name: 7 ", "name: 7", "metadata.name", "must be text; found 7"),
        ("kind: Site", "kind: Sites", "kind: Sites", "kind", "must be 'Site'; found 'Sites'"),
        ("v1.36.3", "1.36", "version", "spec.kubernetes.version", "must be text; found 1.36"),
        ("v1.36.3", "v1.36", "version", "spec.kubernetes.version", "must be a version such as v1"),
        ("v1.36.3", "v\N{ARABIC-INDIC DIGIT ONE}.36.3", "version", "spec.kubernetes.version", "must be a version"),
        ("v1.36.3", "2024-01-01", "version", "spec.kubernetes.version", "found '2024-01-01'"),
        ("gc-lab", "a-name-too-long-for-linux", "bridge", "spec.network.bridge", "must be 2 to 15"),
        ("10.77.0.0/24", "10.77.0.1/24", "nodeCidr", "spec.network.nodeCidr", "named by its first address"),
        ("10.77.0.0/24", "fd00::/64", "nodeCidr", "spec.network.nodeCidr", "must be an IPv4 range"),
        ("role: control-plane", "role: master", "role: master", "spec.nodes[0].role", "must be 'control-plane' or"),
        ("10.77.0.12", "10.77.0.300", "address: 10.77.0.300", "spec.nodes[1].address", "must be an IPv4 address"),
        ("podCidr", "podCird", "podCird", "spec.network.podCird", "did you mean podCidr?"),
        ("nodeCidr", "node_cidr", "node_cidr", "spec.network.node_cidr", "did you mean nodeCidr?"),
        ("metadata:", "metadata:\n  colour: red", "colour", "metadata.colour", "known here: name"),
        ("name: lab ", '"na\\e[31m": lab ', '"na', "metadata", "a key is plain text"),
        ("name: lab ", '"na\\ud800": lab ', '"na', "metadata", "a key is plain text"),
        ("name: lab ", 'name: "\\e[31m" ', "name:", "metadata.name", "found '\\x1b[31m'"),
        ("v1.36.3", "!!python/object:os.system {}", "!!python", "spec.kubernetes.version", "is not allowed here"),
        ("v1.36.3", "!!bool maybe", "!!bool", "spec.kubernetes.version", "cannot be read: 'maybe'"),
        ("v1.36.3", '!!int ""', "!!int", "spec.kubernetes.version", "cannot be read: ''"),
        ("v1.36.3", "=", "=  ", "spec.kubernetes.version", "is not allowed here"),
        ("kind: Site", "kind: Site\nkind: Site", "kind: Site\nmeta", "kind", "stands twice"),
        ("kind: Site", "kind: Site\n? [a, b]\n: c", "[a, b]", "", "a key is plain text"),
        ("nodes:", "nodes: few\n  others:", "nodes: few", "spec.nodes", "must be a list; found 'few'"),
        (
            "departments: dep",
            'api: {vip: 1, port: "1"}\n  departments: dep',
            "port:",
            "spec.api.port",
            "must be a whole number; found '1'",
        ),
        ("departments: dep", "api: {vip: 169}\n  departments: dep", "vip:", "spec.api.vip", "must be an IPv4 address"),
        (
            "departments: dep",
            "api: {vip: 10.77.0.9, port: 0}\n  departments: dep",
            "port:",
            "spec.api.port",
            "must be at least 1; found 0",
        ),
        ("departments: dep", "api: [1]\n  departments: dep", "api:", "spec.api", "must be a map of keys and values"),
        (
            "departments: dep",
            "time: {maxSkewSeconds: 0}\n  departments: dep",
            "maxSkew",
            "spec.time.maxSkewSeconds",
            "must be more than 0; found 0",
        ),
        (
            "departments: dep",
            "time: {maxSkewSeconds: yes}\n  departments: dep",
            "maxSkew",
            "spec.time.maxSkewSeconds",
            "must be a number; found True",
        ),
        (
            "departments: dep",
            "time: {servers: [a b]}\n  departments: dep",
            "a b]",
            "spec.time.servers[0]",
            "must be a host name or an address; found 'a b'",
        ),
        (
            "departments: dep",
            "etcd: {backup: {keep: 400}}\n  departments: dep",
            "keep:",
            "spec.etcd.backup.keep",
            "must be at most 365; found 400",
        ),
        (
            "departments: dep",
            "etcd: {backup: {shedule: x}}\n  departments: dep",
            "shedule",
            "spec.etcd.backup.shedule",
            "did you mean schedule?",
        ),
        (
            "departments: dep",
            "security: {hostProfile: cis}\n  departments: dep",
            "hostProfile",
            "spec.security.hostProfile",
            "must be 'baseline' or 'none'; found 'cis'",
        ),
        (
            "departments: dep",
            "storage: {path: volumes}\n  departments: dep",
            "path:",
            "spec.storage.path",
            "must be an absolute path such as",
        ),
        ("departments: dep", "vip: 10.77.0.9\n  departments: dep", "vip:", "spec.vip", "did you mean spec.api.vip?"),
        ("10.77.0.13}", "10.77.0.13, hostKey: rsa}", "hostKey:", "spec.nodes[2].hostKey", "must be a public key as in"),
        ("10.77.0.0/24", "10.77.0.0/255.255.255.0", "nodeCidr", "spec.network.nodeCidr", "must be an IPv4 range named"),
        ("nodes:", "nodes: []\n  others:", "nodes: []", "spec.nodes", "must have at least 1 item; found 0"),
    ],
)
def test_a_fault_names_its_place(old: str, new: str, at: str, path: str, says: str, tmp_path: Path) -> None:
    text = replaced(old, new)
    found = [item for item in faults(text, tmp_path) if item[2] == path]
    assert [(line, column) for line, column, _, _ in found] == [place(text, at)]
    assert says in found[0][3]


@pytest.mark.parametrize(
    ("old", "new", "at", "path", "says"),
    [
        ("role: control-plane", "role: worker", "nodes:", "spec.nodes", "no node has role control-plane"),
        ("w1, role: worker", "w1, role: control-plane", "nodes:", "spec.nodes", "make it 1 or 3"),
        ("name: w2", "name: w1", "name: w1, role: worker, address: 10.77.0.13", "spec.nodes[2].name",
         "w1 is taken by spec.nodes[1]"),
        ("10.77.0.13", "10.77.0.12", "address: 10.77.0.12}\n  dep", "spec.nodes[2].address",
         "10.77.0.12 is taken by spec.nodes[1]"),
        ("10.77.0.13", "10.76.0.13", "address: 10.76.0.13", "spec.nodes[2].address", "outside spec.network.nodeCidr"),
        ("10.77.0.13", "10.77.0.0}", "address: 10.77.0.0", "spec.nodes[2].address", "its broadcast address"),
        ("10.77.0.13", "10.77.0.255", "address: 10.77.0.255", "spec.nodes[2].address", "its broadcast address"),
        ("10.77.0.13", "10.77.0.1", "address: 10.77.0.1}", "spec.nodes[2].address", "the host's own address"),
        ("10.78.0.0/16", "10.77.0.0/16", "podCidr", "spec.network.podCidr", "overlaps nodeCidr 10.77.0.0/24"),
        ("10.79.0.0/16", "10.78.128.0/20", "serviceCidr", "spec.network.serviceCidr", "overlaps podCidr 10.78.0.0/16"),
        ("10.77.0.0/24", "10.77.0.0/29", "nodeCidr", "spec.network.nodeCidr", "at least 16 addresses (/28)"),
        ("10.78.0.0/16", "10.78.0.0/21", "podCidr", "spec.network.podCidr", "at least 4096 addresses (/20)"),
        ("10.79.0.0/16", "10.79.0.0/25", "serviceCidr", "spec.network.serviceCidr", "at least 256 addresses (/24)"),
        ("10.79.0.0/16", "11.0.0.0/8", "serviceCidr", "spec.network.serviceCidr", "too large, at most /12"),
    ],
)  # fmt: skip
def test_a_contradiction_names_its_place(old: str, new: str, at: str, path: str, says: str, tmp_path: Path) -> None:
    text = replaced(old, new.rstrip("}"))
    found = [item for item in faults(text, tmp_path) if item[2] == path and says in item[3]]
    assert [(line, column) for line, column, _, _ in found] == [place(text, at)]


def test_every_node_needs_a_range_of_the_pod_network(tmp_path: Path) -> None:
    more = "".join(f"\n    - {{name: x{n}, role: worker, address: 10.77.0.{n}}}" for n in range(20, 34))
    text = replaced("10.78.0.0/16", "10.78.0.0/20").replace("address: 10.77.0.13}", f"address: 10.77.0.13}}{more}")
    [(_, _, path, message)] = faults(text, tmp_path)
    assert path == "spec.network.podCidr"
    assert "for 16 nodes, the site has 17" in message


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        replaced("kind: Site", "kind: Town").replace("gc-lab", "GC").replace("10.77.0.12", "none").replace("w2", "w 2")
    )
    found = faults(text, tmp_path)
    assert [path for _, _, path, _ in found] == [
        "kind", "spec.network.bridge", "spec.nodes[1].address", "spec.nodes[2].name",
    ]  # fmt: skip
    assert found == sorted(found)


def test_missing_keys_are_named_where_they_belong(tmp_path: Path) -> None:
    text = replaced("    version: v1.36.3 ", "    # version: v1.36.3 ")
    assert (8, 3, "spec.kubernetes", "must be a map of keys and values; found None") in faults(text, tmp_path)
    text = replaced("    podCidr: 10.78.0.0/16\n", "")
    assert faults(text, tmp_path) == [(10, 3, "spec.network.podCidr", "is missing; add it")]


def test_a_refused_value_is_one_fault_not_two(tmp_path: Path) -> None:
    assert len(faults(replaced("v1.36.3", "!secret x"), tmp_path)) == 1


def test_the_message_is_what_an_editor_jumps_to(tmp_path: Path) -> None:
    file = written(replaced("kind: Site", "kind: Town"), tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).splitlines() == [
        f"{file} is not a valid site file (1 fault):",
        f"  {file}:4:1: kind: must be 'Site'; found 'Town'",
    ]


def test_locations_are_written_as_people_write_them() -> None:
    assert dotted(()) == ""
    assert dotted(("spec", "nodes", 2, "address")) == "spec.nodes[2].address"


def refused(raw: bytes, folder: Path) -> SiteInvalid | None:
    """The refusal, None when it loads; any other error fails the test by itself."""
    try:
        load(written(raw, folder))
    except SiteInvalid as error:
        return error
    return None


def is_in_place(raw: bytes, error: SiteInvalid | None) -> bool:
    """Every fault lies in the text, and the message can be printed."""
    last_line = len(raw.decode("utf-8", "replace").splitlines()) + 1
    lines = error.faults if error else []
    return bool(str(error).encode()) and all(1 <= fault.line <= last_line and fault.column >= 1 for fault in lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("sites")


@settings(max_examples=40)
@given(raw=st.binary(max_size=300))
def test_any_bytes_are_refused_with_faults(raw: bytes, folder: Path) -> None:
    assert is_in_place(raw, refused(raw, folder))


@settings(max_examples=40)
@given(text=st.text(alphabet=st.sampled_from("a:-[]{}&*!|>'\"%@`?#,\\xU0F \n\t"), max_size=60))
def test_any_yaml_like_text_is_refused_with_faults(text: str, folder: Path) -> None:
    assert is_in_place(text.encode(), refused(text.encode(), folder))


LAB_BYTES = LAB.read_bytes()
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"!!int ", b"!!bool ", b"!x ", b"&a ", b"*a", b"null", b"[]", b"{}", b"'", b'"', b"\n", b"---\n",
                     b"1e9", b"0x", b".nan", b"~", b"<<: ", b"? ", b"=", b"\\ud800", b"\xc2\x85"]),
)  # fmt: skip


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.integers(0, len(LAB_BYTES)), st.integers(0, 12), PIECES), min_size=1, max_size=3))
def test_a_site_file_with_any_mistake_loads_or_says_where(changes: list[tuple[int, int, bytes]], folder: Path) -> None:
    raw = LAB_BYTES
    for start, length, piece in changes:
        raw = raw[:start] + piece + raw[start + length :]
    assert is_in_place(raw, refused(raw, folder))
