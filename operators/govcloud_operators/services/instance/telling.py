"""What a look at an instance found -> its figures, and whose they are. Pure."""

from __future__ import annotations

from govcloud_operators.services.figures import NONE, Told
from govcloud_operators.services.instance.observed import Observed


def told(observed: Observed | None) -> Told | None:
    """None: it is gone or going, was not asked, or has nothing to say."""
    if observed is None or observed.told is None or observed.told.figures == NONE:
        return None
    look = observed.look
    if look.place is None or look.case is None or look.case.offering is None:
        return None
    return Told(
        department=look.place.department.spec.code,
        driver=look.case.offering.spec.driver,
        figures=observed.told.figures,
    )
