"""What the operator's page /services shows: names, labels and meanings.

The operator knows nothing of this package. A test holds what it writes against this list.
"""

from __future__ import annotations

from govcloud_monitoring.metric import Metric

_GROUP = ("department", "driver")
METRICS = (
    Metric(
        name="govcloud_service_connections",
        help=(
            "Connections that programs have open to a department's services. Not for services that cannot say it "
            "(buckets, programs)."
        ),
        labels=_GROUP,
    ),
    Metric(
        name="govcloud_service_connections_used_ratio",
        help=(
            "Open connections by those allowed, of the department's service where that is most; at 1 it refuses the "
            "next one."
        ),
        labels=_GROUP,
        unit="ratio",
    ),
    Metric(
        name="govcloud_service_stored_bytes",
        help=(
            "What the data of a department's services takes, in bytes, as their servers count it: databases on disk, "
            "caches in memory, streams on disk. What volumes hold is govcloud_volume_used_bytes."
        ),
        labels=_GROUP,
        unit="bytes",
    ),
    Metric(
        name="govcloud_service_folded_instances",
        help="Services whose department is not named, but other: only the first 500 departments are.",
    ),
)
