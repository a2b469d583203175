"""Pages: joined, compressed once, and never older than their parts."""

from __future__ import annotations

import gzip
import zlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from govcloud_monitoring.collector import SOURCE_UP
from govcloud_monitoring.exposition import text
from govcloud_monitoring.exposition.block import Block
from govcloud_monitoring.exposition.lines import BLOCK_ROWS
from govcloud_monitoring.exposition.negotiation import Format
from govcloud_monitoring.exposition.page import Page, joined, respond
from govcloud_monitoring.metric import Metric
from support.monitoring import key, samples

QUOTA = Metric(name="govcloud_cpu_quota_cores", help="Quota.", labels=("department",), unit="cores")
BOTH = pytest.mark.parametrize("form", Format)
THREADS = 8


def quotas(**cores: float) -> Page:
    return Page.of([text.of_rows(QUOTA, [((department,), value) for department, value in cores.items()])])


def many(changed: int = -1, before: Page | None = None) -> Page:
    """Departments for three blocks of lines; one of them has another quota."""
    rows = [((f"d{number:05}",), float(number == changed)) for number in range(3 * BLOCK_ROWS)]
    return Page.of([text.of_rows(QUOTA, rows)], before)


def plain(*parts: Page, form: Format = Format.TEXT) -> bytes:
    return joined(parts, form, compressed=False)


def health(up: bool) -> Page:
    return Page.of([text.of_rows(SOURCE_UP, [(("kubernetes",), up)])])


def test_samples_of_a_page_are_counted_whatever_their_labels_say():
    page = Page.of([text.of_rows(QUOTA, [(("# HELP",), 1), (("\n# TYPE",), 2)]), text.of_rows(QUOTA, [])])
    assert page.series() == 2
    assert many().series() == 3 * BLOCK_ROWS
    assert Page.of([]).series() == 0


@BOTH
def test_a_compressed_answer_is_the_plain_answer(form: Format):
    parts = [health(up=True), quotas(tax=1, roads=2), many()]
    found = gzip.decompress(joined(parts, form, compressed=True))
    assert found == plain(*parts, form=form)
    assert (b"govcloud_source_up" in found, b"roads" in found) == (True, True)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=6), st.sampled_from(Format))
def test_any_blocks_come_out_of_gzip_as_they_went_in(lines: list[bytes], form: Format):
    blocks = tuple(map(Block, lines))
    page = Page(text=blocks, openmetrics=blocks)
    assert gzip.decompress(joined([page], form, compressed=True)) == plain(page, form=form)


def test_a_member_holds_no_date():
    assert Block(b"a 1\n").gzip()[4:8] == bytes(4)


def test_a_block_is_one_whole_member():
    decoder = zlib.decompressobj(31)
    assert decoder.decompress(Block(b"a 1\n").gzip()) == b"a 1\n"
    assert (decoder.eof, decoder.unused_data) == (True, b"")


@pytest.mark.parametrize(("form", "whole"), [(Format.TEXT, b""), (Format.OPENMETRICS, b"# EOF\n")])
def test_an_answer_without_parts_is_whole(form: Format, whole: bytes):
    assert plain(form=form) == gzip.decompress(joined([], form, compressed=True)) == whole


def test_openmetrics_ends_once_however_many_parts():
    body = plain(health(up=True), quotas(tax=1), form=Format.OPENMETRICS)
    assert body.count(b"# EOF") == 1
    names = [family.name for family in parse_openmetrics(body.decode())]
    assert names == ["govcloud_source_up", "govcloud_cpu_quota_cores"]


def test_what_is_gone_from_the_parts_is_gone_from_the_answer():
    before, after = samples(plain(quotas(tax=1, roads=2)).decode()), samples(plain(quotas(roads=2)).decode())
    assert set(before) - set(after) == {key("govcloud_cpu_quota_cores", department="tax")}


def test_a_fresh_part_beside_one_that_stands_shows_its_own_value():
    standing = quotas(tax=1)
    answers = [gzip.decompress(respond("", "gzip", [health(up=up), standing])[1]).decode() for up in (True, False)]
    assert [samples(each)[key("govcloud_source_up", source="kubernetes")] for each in answers] == [1, 0]
    assert [samples(each)[key("govcloud_cpu_quota_cores", department="tax")] for each in answers] == [1, 1]


def test_blocks_that_did_not_change_keep_their_compressed_form():
    before = many()
    after = many(BLOCK_ROWS, before)
    kept = [new is old for new, old in zip(after.text, before.text, strict=True)]
    assert kept == [True, True, False, True]  # HELP and TYPE, and three blocks of lines
    assert [new is old for new, old in zip(after.openmetrics, before.openmetrics, strict=True)] == kept
    assert plain(after) == plain(many(BLOCK_ROWS)) != plain(before)


def test_a_page_after_a_longer_one_has_nothing_of_it():
    assert plain(Page.of([text.of_rows(QUOTA, [(("tax",), 1)])], many())) == plain(quotas(tax=1))


def test_clients_at_the_same_time_get_the_same_answer():
    parts, together = [many()], Barrier(THREADS)

    def scrape(_: int) -> bytes:
        together.wait()
        return joined(parts, Format.TEXT, compressed=True)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = set(pool.map(scrape, range(THREADS)))
    assert {gzip.decompress(each) for each in answers} == {plain(*parts)}
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("accept", "accept_encoding", "headers"),
    [
        ("", "", {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}),
        ("*/*", "gzip", {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Content-Encoding": "gzip"}),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            "identity",
            {"Content-Type": "application/openmetrics-text; version=1.0.0; charset=utf-8"},
        ),
    ],
)
def test_headers_say_what_the_body_is(accept: str, accept_encoding: str, headers: dict[str, str]):
    found, body = respond(accept, accept_encoding, [quotas(tax=1)])
    assert dict(found) == headers | {"Vary": "Accept, Accept-Encoding"}
    assert body.startswith(b"\x1f\x8b") == ("Content-Encoding" in headers)
