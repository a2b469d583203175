"""A month's closed hours in FOCUS 1.0, for programs of finance: https://focus.finops.org/focus-specification/v1-0/."""

from __future__ import annotations

import io

from govcloud_api.errors import ConfigError
from govcloud_monitoring.accountant.days import Days
from govcloud_monitoring.ledger.focus import Issuer, lines

FORMS = ("focus", "focus-parquet")


def document(form: str, days: Days, issuer_name: str) -> bytes:
    """The whole file: `focus` is CSV in UTF-8, `focus-parquet` Parquet. Raises ConfigError without its library."""
    try:
        from govcloud_monitoring.ledger import export
    except ImportError as error:
        raise ConfigError(f"FOCUS needs the package {error.name}: pip install 'govcloud[report]'") from error
    found = lines(days.lines, issuer(days, issuer_name))
    if form == "focus":
        text = io.StringIO(newline="")
        export.write_csv(found, text)
        return text.getvalue().encode()
    content = io.BytesIO()
    export.write_parquet(found, content)
    return content.getvalue()


def issuer(days: Days, name: str) -> Issuer:
    """Who runs the cloud, and what its departments are called; a private cloud has one account and one region."""
    return Issuer(
        currency=days.currency,
        provider_name=name,
        billing_account_id="govcloud",
        billing_account_name=name,
        region_id="govcloud",
        region_name=name,
        department_names=days.department_names,
    )
