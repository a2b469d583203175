"""The part of the health dashboard about sources, scrapes and pages."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, Row, Unit, View

FIGURES = Row(
    title="Can the figures be believed?",
    panels=(
        Panel(
            title="Exporters that answer",
            description="Without one there are no figures of departments, quotas and pools.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=6,
            height=5,
            queries=(Query(expr='sum(up{job="govcloud-exporter"})', legend="exporters"),),
            limit=Limit(alert="ExporterAbsent", at=1, good_above=True),
        ),
        Panel(
            title="Targets that cannot be scraped",
            description="By job. What they would have told is missing everywhere.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=18,
            height=5,
            queries=(Query(expr='sum by (job) (up{job!="govcloud-exporter"} == bool 0)', legend="{{job}}"),),
            limit=Limit(alert="TargetDown", at=1),
        ),
        Panel(
            title="Age of what each source told last",
            description=(
                "A source that cannot be read loses its series at once; this says for how long it is gone. Without "
                "those of long windows, which are read once an hour."
            ),
            unit=Unit.SECONDS,
            width=8,
            queries=(
                Query(
                    expr=(
                        "time() - max by (source) "
                        '(govcloud_source_last_success_timestamp_seconds{source!~"advice|idle|use"})'
                    ),
                    legend="{{source}}",
                ),
            ),
            limit=Limit(alert="SourceStale", at=600),
        ),
        Panel(
            title="Time to read each source",
            description="Whether it succeeded or not.",
            unit=Unit.SECONDS,
            width=8,
            queries=(Query(expr="max by (source) (govcloud_source_refresh_duration_seconds)", legend="{{source}}"),),
        ),
        Panel(
            title="Objects folded into other",
            description="Objects whose value of a label was replaced, because there are too many values.",
            unit=Unit.COUNT,
            width=8,
            queries=(Query(expr="max by (label) (govcloud_exporter_folded_objects)", legend="{{label}}"),),
        ),
        Panel(
            title="Series by source",
            description="What each source has on its page; at 20,000 on one page Prometheus refuses it whole.",
            unit=Unit.COUNT,
            view=View.STACK,
            width=24,
            height=6,
            queries=(Query(expr="max by (collector) (govcloud_exporter_series)", legend="{{collector}}"),),
        ),
        Panel(
            title="Time of a scrape",
            description="The slowest target of each job. At 10 s a scrape fails.",
            unit=Unit.SECONDS,
            queries=(Query(expr="max by (job) (scrape_duration_seconds)", legend="{{job}}"),),
            limit=Limit(alert="ScrapeSlow", at=5),
        ),
        Panel(
            title="Series of a scrape",
            description="The largest page of each job. The alert is about the exporter's page only.",
            unit=Unit.COUNT,
            queries=(Query(expr="max by (job) (scrape_samples_post_metric_relabeling)", legend="{{job}}"),),
            limit=Limit(alert="SeriesBudgetExceeded", at=10000),
        ),
    ),
)
