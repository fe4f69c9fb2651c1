"""Draw records: what a page and a terminal show of a run. Nothing here knows Sphinx."""
