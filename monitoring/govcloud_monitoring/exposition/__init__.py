"""The page of a scrape as bytes: rendered and compressed once a refresh, joined at each scrape."""
