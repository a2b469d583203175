"""A report in the form that was asked for. Pure."""

from __future__ import annotations

import json

from govcloud_cli.output import harmless
from govcloud_cli.usage import report_csv, report_text
from govcloud_cli.usage.report_sums import Figures


def document(form: str, found: Figures) -> str:
    """The whole of it, `text`, `html`, `csv` or `json`, with its last line ended."""
    if form == "html":
        from govcloud_cli.usage import report_page  # the others need no Jinja

        return report_page.page(found)
    if form == "csv":
        return report_csv.document(found.month)
    if form == "json":
        return json.dumps(found.month.plain(), indent=2) + "\n"
    return harmless(report_text.text(found)) + "\n"
