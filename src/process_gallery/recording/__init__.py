"""Run one example under watch, and return what happened as a record."""
