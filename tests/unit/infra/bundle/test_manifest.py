"""The manifest survives a round trip and shows when it was tampered with."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle import listing, manifest

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
sizes = st.integers(0, 2**40)
names = st.text("abcdefghij-", min_size=1, max_size=12)
files = st.builds(manifest.FileEntry, sha256=hashes, size=sizes, mode=st.sampled_from(["0644", "0755"]))
images = st.builds(manifest.ImageEntry, manifest=hashes, size=sizes)
components = st.builds(
    manifest.Component, version=names, licence=names, key=hashes,
    files=st.dictionaries(names, files, max_size=3), images=st.dictionaries(names, images, max_size=3),
)  # fmt: skip
ZERO = "0" * 64


def whole(several: dict[str, manifest.Component]) -> manifest.Manifest:
    found = manifest.Manifest()
    for name, component in several.items():
        found = found.with_component(name, component)
    return found


@settings(max_examples=50)
@given(st.dictionaries(names, components, max_size=4))
def test_round_trip(several: dict[str, manifest.Component]) -> None:
    found = whole(several)
    assert manifest.parse(found.to_json(), "here") == found
    assert whole(dict(reversed(several.items()))).to_json() == found.to_json()


@settings(max_examples=50)
@given(components, components)
def test_the_digest_tells_bundles_apart(one: manifest.Component, two: manifest.Component) -> None:
    assert (whole({"a": one}).digest == whole({"a": two}).digest) == (one == two)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d | {"schema": 2}, "schema"),
        (lambda d: d | {"surprise": 1}, "surprise"),
        (lambda d: d | {"digest": ZERO}, "changed by hand"),
        (lambda d: d | {"components": {"a": {"version": "v1"}}}, "licence"),
    ],
)
def test_a_spoilt_manifest_is_refused_with_its_place(spoil: object, said: str) -> None:
    good = whole({"a": manifest.Component(version="v1", licence="MIT", key=ZERO)})
    assert callable(spoil)
    text = json.dumps(spoil(json.loads(good.to_json())))
    with pytest.raises(BundleCorrupt, match="here") as error:
        manifest.parse(text, "here")
    assert said in str(error.value)
    assert "bundle build" in str(error.value)


def test_what_is_missing_is_named_with_the_way_out() -> None:
    found = whole({"a": manifest.Component(version="v1", licence="MIT", key=ZERO)})
    with pytest.raises(BundleCorrupt, match=r"no component b.*bundle build b"):
        found.file("b", "x")
    with pytest.raises(BundleCorrupt, match=r"no file x.*bundle build a"):
        found.file("a", "x")
    with pytest.raises(BundleCorrupt, match="no image x:1"):
        found.image("x:1")


def test_the_table_shows_every_component_and_the_total() -> None:
    file = manifest.FileEntry(sha256=ZERO, size=2_500_000, mode="0755")
    found = whole({"tool": manifest.Component(version="v1", licence="MIT", key=ZERO, files={"t": file}),
                   "other-tool": manifest.Component(version="v2", licence="MIT", key=ZERO)})  # fmt: skip
    lines = listing.table(found).splitlines()
    assert lines[0].split() == ["COMPONENT", "VERSION", "SIZE", "LICENCE", "FILES", "IMAGES"]
    assert lines[1].split() == ["other-tool", "v2", "0", "B", "MIT", "-", "-"]
    assert lines[2].split() == ["tool", "v1", "2.5", "MB", "MIT", "t", "-"]
    assert lines[3] == "2 components, 2.5 MB"
    assert json.dumps(listing.document(found))


def test_what_says_where_content_came_from_is_no_content() -> None:
    plain = manifest.Component(version="v1", licence="MIT", key=ZERO)
    record = manifest.FileEntry(sha256="c" * 64, size=1)
    recorded = whole({"a": plain.model_copy(update={"debian": {"system": record}})})
    assert recorded.digest == whole({"a": plain}).digest
    assert recorded.with_sbom(record).digest == recorded.digest
    assert manifest.parse(recorded.with_sbom(record).to_json(), "here") == recorded.with_sbom(record)


def test_a_change_of_a_component_drops_the_bill_of_materials() -> None:
    plain = manifest.Component(version="v1", licence="MIT", key=ZERO)
    found = whole({"a": plain}).with_sbom(manifest.FileEntry(sha256=ZERO, size=1))
    assert found.with_component("b", plain).sbom is None


def test_a_manifest_of_before_there_were_records_is_read_and_written_as_it_was() -> None:
    old = whole({"a": manifest.Component(version="v1", licence="MIT", key=ZERO)}).to_json()
    assert "debian" not in old
    assert "sbom" not in old
    assert manifest.parse(old, "here").to_json() == old
