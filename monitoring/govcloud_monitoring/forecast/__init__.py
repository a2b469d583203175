"""When a limit is reached: forecasts that have to beat "the same as last week" on the past, or say that they do not."""
