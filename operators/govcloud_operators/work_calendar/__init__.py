"""WorkCalendar: which days people work."""
