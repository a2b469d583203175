"""What a client asks for and what it gets."""

import pytest
from prometheus_client.exposition import choose_encoder

from govcloud_monitoring.exposition.negotiation import Format, format_for, gzip_wanted

OPENMETRICS_FIRST = (  # Prometheus 3.16, as it comes
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.7,"
    "application/openmetrics-text;version=0.0.1;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=0.0.4;q=0.4,*/*;q=0.3"
)
TEXT_FIRST = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.3"
)
PROTOBUF_FIRST = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.8,"
    + OPENMETRICS_FIRST
)


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        (OPENMETRICS_FIRST, True),
        (TEXT_FIRST, False),
        (PROTOBUF_FIRST, True),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores", True),
        ('Application/OpenMetrics-Text; Version="1.0.0"', True),
        ("application/*", True),
        ("text/*", False),
        ("application/openmetrics-text;version=0.0.1", False),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;version=1.0.0;q=0.1,text/plain;version=0.0.4;q=0.9", False),
        ("text/plain;q=0.1,application/openmetrics-text;q=0.9", True),
        ("text/plain,application/openmetrics-text", False),
        ("application/openmetrics-text,text/plain", True),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=high,text/plain;q=0.1", False),
        ("application/json", False),
        (",;=;q=,", False),
    ],
)
def test_the_preferred_format_is_chosen(accept: str, openmetrics: bool):
    assert format_for(accept) is (Format.OPENMETRICS if openmetrics else Format.TEXT)


@pytest.mark.parametrize("accept", ["", OPENMETRICS_FIRST, PROTOBUF_FIRST, "application/openmetrics-text"])
def test_where_the_client_library_chooses_one_of_ours_it_is_the_same(accept: str):
    content_type = choose_encoder(accept)[1]
    assert content_type.removesuffix("; escaping=allow-utf-8") == format_for(accept).value


@pytest.mark.parametrize(
    ("accept_encoding", "wanted"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("zstd, gzip", True),
        ("gzip;q=0.5, deflate", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=?", False),
        ("gzipped", False),
    ],
)
def test_gzip_is_sent_to_who_allows_it(accept_encoding: str, wanted: bool):
    assert gzip_wanted(accept_encoding) == wanted
