"""WorkCalendar: which days people work. Cluster-scoped, local: no deadline depends on the Internet."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import Conditions, Day, Kind, Model, Observed

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Holiday(Model):
    """A day off."""

    date: Day
    name: Annotated[str, Field(max_length=120)] = ""


class WorkCalendarSpec(Model):
    """The rule and its exceptions."""

    time_zone: Annotated[
        str, Field(max_length=64, pattern=r"^[A-Za-z0-9+_/-]+$", description="Name in the tz database.")
    ] = "UTC"
    days_off: Annotated[list[Weekday], Field(max_length=6)] = Field(
        default_factory=lambda: list[Weekday](["Saturday", "Sunday"])
    )
    holidays: Annotated[list[Holiday], Field(max_length=366)] = Field(default_factory=list)
    extra_work_days: Annotated[list[Day], Field(max_length=104)] = Field(
        default_factory=list, description="Days of a weekend on which people work all the same."
    )


class WorkCalendarStatus(Observed):
    """What the operator found. Only the operator writes it."""

    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class WorkCalendar(Kind):
    """Working days of those who decide."""

    spec: WorkCalendarSpec = WorkCalendarSpec()
    status: WorkCalendarStatus = WorkCalendarStatus()
